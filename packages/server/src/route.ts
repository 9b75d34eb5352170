/**
 * What a route is: data, from which the application is built, and with which anything else that must know the routes
 * (their documentation, their tests) stays in step.
 */
import type { AccessClaims, Claims, Signet } from 'signet-jwt'
import type { Endpoint, RevocationFeed } from 'signet-jwt/http'
import type { z } from 'zod'
import type { AdminScope } from './admin-keys.ts'
import type { Metrics } from './metrics.ts'

/** Who may: anybody, whoever holds an access token, or an admin key with this scope. */
export type Access = 'public' | 'token' | { readonly admin: AdminScope }

/** Schemas of what a request brings. Query and body are strict: an unknown name is refused, never ignored. */
export interface Inputs {
  readonly params?: z.ZodType
  readonly query?: z.ZodType
  /** Of a JSON body. */
  readonly body?: z.ZodType
}

/** What a route reads that an endpoint of its own checks: for the documentation only. */
export interface Described {
  readonly query?: z.ZodType
  readonly body?: z.ZodType
  /** Of a form body (RFC 6749). */
  readonly form?: z.ZodType
}

export type Read<I extends Inputs> = { readonly [Name in keyof I]: z.output<I[Name] & z.ZodType> }

/** What a handler has at hand beside its input. */
export interface Context {
  readonly signet: Signet<Claims>
  readonly request: Request
  /** The routes in the terms of OpenAPI. */
  document(): object
  /** The caller's claims. @throws TypeError unless the route is for holders of a token */
  claims(): AccessClaims<Claims>
  readonly issuer: string
  /** Ids of the OAuth clients there are. */
  readonly clientIds: ReadonlySet<string>
  readonly metrics: Metrics
  /** The revocation log for followers, and the OAuth endpoints: they read and answer requests by their own rules. */
  readonly feed: RevocationFeed
  readonly endpoints: Endpoints
}

/** Endpoints of the OAuth protocol. */
export interface Endpoints {
  readonly token: Endpoint
  readonly revocation: Endpoint
  readonly introspection: Endpoint
}

export interface Answer {
  readonly status: number
  /** Becomes JSON; without it the answer is empty. */
  readonly body?: unknown
  readonly headers?: { readonly [name: string]: string }
}

export interface AnswerKind {
  readonly description: string
  /** Media type of the body. Default application/json. */
  readonly type?: string
  readonly body?: z.ZodType
}

export interface Route<I extends Inputs = Inputs> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** With parameters as `:name`. */
  readonly path: string
  /** What it does, in one sentence. */
  readonly summary: string
  readonly access: Access
  readonly input: I
  readonly described?: Described
  /** Anybody may ask, so how often is limited by address. */
  readonly isLimited?: boolean
  /** By status; problems, which every route can answer, are not listed. */
  readonly answers: { readonly [status: number]: AnswerKind }
  handle(input: Read<I>, context: Context): Answer | Response | Promise<Answer | Response>
}

/** Ties the handler's input to the route's schemas. */
export function route<const I extends Inputs>(spec: Route<I>): Route {
  return spec as unknown as Route
}
