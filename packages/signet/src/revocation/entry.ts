/** What is said in the revocation log. */
import type { Position } from './position.ts'

/**
 * - token: one `jti` · session: one `sid` · subject: all tokens of a `sub` older than `epoch`
 * - ring: the key ring has changed; nothing is refused by the entry itself
 */
export type EntryKind = 'token' | 'session' | 'subject' | 'ring'

export interface Entry {
  /** Random, 128 bits: the same entry written again (re-appended, re-offered) keeps it. */
  readonly id: string
  readonly kind: EntryKind
  readonly issuer: string
  /** The `jti`, `sid`, `sub` or ring version. */
  readonly key: string
  /** Of a subject entry: tokens with a smaller epoch are refused. */
  readonly epoch?: number
  readonly reason?: string
  /** Store time of the append, in milliseconds. */
  readonly at: number
  /** Store time after which no token it covers is alive, in milliseconds. */
  readonly expiresAt: number
}

export interface LogEntry extends Entry {
  readonly position: Position
}

/** How much longer an entry lives than any token it covers, in milliseconds: the clocks of two nodes may differ by this. */
export const ENTRY_MARGIN_MS = 60_000

/** How long entries for another issuer's tokens live when nobody has said how long those tokens do, in milliseconds. */
export const FOREIGN_LIFE_MS: number = 24 * 3600 * 1000

/**
 * When an entry may be forgotten: once the longest-lived token it can cover is dead.
 *
 * @param maxLife the longest access token of the issuer, in milliseconds
 * @param tokenExpiresAt of a token entry, where its own expiry is known
 */
export function entryExpiry(
  now: number,
  maxLife: number | undefined,
  tokenExpiresAt: number | undefined,
): number {
  return (tokenExpiresAt ?? now + (maxLife ?? FOREIGN_LIFE_MS)) + ENTRY_MARGIN_MS
}
