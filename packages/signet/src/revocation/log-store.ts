/**
 * The port to the revocation log. The follower calls `beat` every quarter of its lease and whenever it is woken; receipts
 * call `readReceipt`. Every method is one atomic step of the store and rejects when the store cannot answer; appends are
 * made by the steps that change state (session-store.ts, ring-store.ts, `reoffer`), so that a state change and its entry
 * are one.
 */
import type { Entry, LogEntry } from './entry.ts'
import type { Position } from './position.ts'

export type OnStale = 'deny' | 'allow'

export interface LogStore {
  /**
   * Says the longest access token this issuer signs, in milliseconds. The store keeps the largest value it was told;
   * raising it appends an entry, whose position is answered, so that verifiers know before longer tokens appear.
   */
  declareIssuer(
    issuer: string,
    maxLife: number,
  ): Promise<{ readonly raisedAt: Position | undefined }>
  /** Writes the member's record and answers what it has not applied yet. The record is visible before the log is read. */
  beat(report: BeatReport): Promise<BeatReply>
  /** What a beat would answer, without a record: a wake-up looks before it writes. */
  look(position: Position): Promise<Tail>
  /** The newest position. */
  head(): Promise<Position>
  /** Where the fleet stands relative to a position. */
  readReceipt(position: Position): Promise<ReceiptReading>
  /** Deletes a member's record; with `beats`, only if it has not changed since. */
  removeMember(id: string, beats?: number): Promise<void>
  /**
   * Writes an entry again that the store has lost, under its own id, with the state that belongs to it: a session is
   * ended, a subject's register raised to the entry's epoch at least.
   */
  reoffer(entry: Entry): Promise<Position>
  /** Calls back soon after the log may have grown or a member has reported. A hint: it may come late, twice or never. */
  watch(onWake: () => void): () => void
}

/** What a follower needs of the log. A feed over HTTP has no `reoffer`: its server repairs its own store. */
export interface FollowedLog
  extends Pick<LogStore, 'look' | 'removeMember' | 'watch'>,
    Partial<Pick<LogStore, 'reoffer'>> {
  beat(report: BeatReport): Promise<BeatReply & { readonly age?: number }>
}

/** A member is one revocation index in one thread. */
export interface BeatReport {
  /** Random per start: a restarted process is another member, with an older snapshot. */
  readonly id: string
  /** The last position applied. */
  readonly position: Position
  /** The member's lease in milliseconds. */
  readonly maxStaleness: number
  readonly onStale: OnStale
}

/** The log as seen from a position. */
export interface Tail {
  /**
   * - ok: the reported position is in the log
   * - resync: it was trimmed · diverged: the log has another entry there, or none: writes were lost
   */
  readonly state: 'ok' | 'resync' | 'diverged'
  readonly head: Position
  /** Entries after the reported position, or from the start when the state is not ok. Fewer than the limit: all there are. */
  readonly entries: readonly LogEntry[]
  /** The longest access token of each issuer, in milliseconds. */
  readonly maxLife: { readonly [issuer: string]: number }
  readonly ringVersion: number
}

export interface BeatReply extends Tail {
  /** Members with a record, this one included. */
  readonly members: number
}

/** The most entries in one reply. */
export const BEAT_LIMIT = 1000

export interface MemberRecord {
  readonly id: string
  readonly position: Position
  /** Counts the beats, so that an unchanged record can be told from a fresh one. */
  readonly beats: number
  readonly maxStaleness: number
  readonly onStale: OnStale
}

export interface ReceiptReading {
  /** Whether the position is in the log. If not, the write was lost and must be made again. */
  readonly present: boolean
  readonly members: readonly (MemberRecord & {
    /** Its own position is in the log, so its number can be compared. */
    readonly confirmed: boolean
  })[]
}
