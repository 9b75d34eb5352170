/** The same small application in every framework: what it answers must not depend on the framework. */
import type { Signet } from 'signet-jwt'

export interface Custom {
  readonly role: 'editor' | 'reader'
}

export const OTHER_AUDIENCE = 'https://other.example'
export const COOKIE_SECRET = 'a secret of the framework'

/**
 * - GET /me: sub, role, and whether `auth` is the object that `claims` answers
 * - GET, OPTIONS /edit: one of the roles editor, admin · GET /write: scopes read and write
 * - GET /maybe: optional · GET /maybe/edit: optional, and the role all the same
 * - GET /cookie, GET /signed: in the cookie `token`, plain or signed · GET /other: another audience
 * - GET /broken: a fault of the application · GET /store: the store does not answer
 * - GET /early: claims without the guard · GET /early/role: a role without the guard
 *
 * Errors that are not Signet's are answered with 500 and `{ passedOn: message }`.
 */
export interface App {
  readonly name: string
  readonly origin: string
  close(): Promise<void>
}

export type Start = (signet: Signet<Custom>) => Promise<App>
