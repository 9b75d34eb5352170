/**
 * The port to sessions and their revocation. Each method is one atomic step under the store's own clock, says what
 * happened, and rejects when the store cannot answer; then it may or may not have happened, and repeating it is safe.
 */
import type { Entry } from '../revocation/entry.ts'
import type { Position } from '../revocation/position.ts'
import type { Decision, Presentation } from './rotation.ts'
import type { SessionRow } from './session-row.ts'

/** A session about to be born; the store adds its times and the subject's stamp. */
export interface Birth
  extends Pick<
    SessionRow,
    | 'sid'
    | 'subject'
    | 'claims'
    | 'audience'
    | 'scope'
    | 'client'
    | 'cnf'
    | 'context'
    | 'secretHash'
    | 'contextHash'
    | 'macKid'
    | 'attempt'
  > {
  readonly issuer: string
  /** Lifetimes in milliseconds. */
  readonly idleLifetime: number
  readonly absoluteLifetime: number
  /** Live sessions a subject may have, this one included; the longest unused are revoked to make room. */
  readonly maxPerSubject: number
}

/** The stamp a token without a session takes from its subject's register. */
export interface Stamp {
  readonly epoch: number
  readonly now: number
}

/** What to revoke. The state changes and the entry is appended in one step. */
export type Revocation = {
  readonly issuer: string
  /** One line of at most 200 characters. */
  readonly reason: string | undefined
  /** The id the entry gets; the same one makes a repeat recognisable. */
  readonly entryId: string
} & (
  | { readonly kind: 'token'; readonly tokenId: string; readonly expiresAt: number | undefined }
  | { readonly kind: 'session'; readonly sid: string }
  | {
      readonly kind: 'subject'
      readonly subject: string
      readonly hs: string
      readonly keepSid: string | undefined
    }
)

export interface Revoked {
  readonly position: Position
  readonly entry: Entry
  /** Of `keepSid`: false when there is no such live session; then nothing was changed or appended. */
  readonly kept: boolean
}

/** A rotation whose answer may be lost. */
export interface Delivery extends Pick<Presentation, 'sid' | 'gen' | 'attempt'> {}

export interface StoredSession {
  readonly row: SessionRow
  /** The stamp of the subject's last log-out-everywhere, 0 for none: a session with a smaller epoch is over. */
  readonly cut: number
}

export interface SessionPage {
  readonly rows: readonly SessionRow[]
  /** The `after` of the next page; undefined on the last. */
  readonly next: string | undefined
}

export interface SessionStore {
  /** Stamps the subject, makes room, inserts. The row is as inserted, so tokens are made of it alone. */
  createSession(birth: Birth): Promise<SessionRow>
  /** Stamps the subject for a token without a session. `hs` names the register. */
  stampSubject(hs: string): Promise<Stamp>
  /** Decides by `decide` of rotation.ts and carries the decision out, an entry for a reused session included. */
  rotate(presentation: Presentation): Promise<Decision>
  /**
   * The answer to a rotation may never have arrived: begins its grace again, so that an outage logs nobody out. Only
   * while `gen` was the last generation presented, by this attempt, in a live session; answers whether it was.
   */
  undelivered(delivery: Delivery): Promise<boolean>
  revoke(revocation: Revocation): Promise<Revoked>
  getSession(sid: string): Promise<StoredSession | undefined>
  /** Live sessions of a subject's register, oldest first. */
  listSessions(query: {
    readonly hs: string
    readonly after: string | undefined
    readonly limit: number
  }): Promise<SessionPage>
  /** Deletes up to `limit` rows and entries that can matter to no token any more; answers how many went. */
  sweep(limit: number): Promise<number>
}
