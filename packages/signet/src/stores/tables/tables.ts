/**
 * What an engine must keep, as a synchronous transaction sees it. The steps (session-steps, log-steps, ring-steps) hold
 * the protocol over this interface once, for the engines that live in this process: memory and SQLite.
 */
import type { RingDocument } from '../../keys/ring-store.ts'
import type { LogEntry } from '../../revocation/entry.ts'
import type { MemberRecord } from '../../revocation/log-store.ts'
import type { Position } from '../../revocation/position.ts'
import type { SessionRow } from '../../sessions/session-row.ts'

/** The end of the log, and what has been cut off its beginning. */
export interface Head {
  readonly position: Position
  /** The highest number ever trimmed: a follower at or below it must read the log again. */
  readonly floor: number
}

/** What orders the logins and log-outs of a subject. Both numbers only grow; 0 when nothing has happened yet. */
export interface Register {
  /** Raised by every birth and every log-out-everywhere. */
  readonly stamp: number
  /** The stamp of the last log-out-everywhere: sessions and tokens with a smaller epoch are over. */
  readonly cut: number
  /**
   * Store milliseconds up to which the numbers matter: the end of the longest session born under them, and no less than
   * the stamp. A register that is lost earlier would make a later log-out miss what was born before the loss.
   */
  readonly neededUntil: number
}

export interface Tables {
  /** Store time in milliseconds. */
  now(): number
  /** 64 random bits in hex, for the tag of a position. */
  tag(): string
  /** Asks that whoever watches be woken, in every process, once the step's changes can be seen. */
  wake(): void

  session(sid: string): SessionRow | undefined
  insertSession(row: SessionRow): void
  /** Writes what can change of a session: not what it is bound to, nor its birth and absolute end. */
  updateSession(row: SessionRow): void
  deleteSession(sid: string): void
  /** Sessions of a subject's register, oldest first. */
  sessionsOf(hs: string): readonly SessionRow[]
  /** Ids of up to `limit` sessions that ended, by any limit or by revocation, before `instant`. */
  endedSessions(instant: number, limit: number): readonly string[]

  register(hs: string): Register
  setRegister(hs: string, register: Register): void
  /** Deletes up to `limit` registers not needed since `instant`, of subjects without a session; answers how many went. */
  deleteRegisters(instant: number, limit: number): number

  head(): Head
  setHead(head: Head): void
  appendEntry(entry: LogEntry): void
  entryAt(p: number): LogEntry | undefined
  entriesAfter(p: number, limit: number): readonly LogEntry[]
  removeEntry(p: number): void

  /** The longest access token of each issuer, in milliseconds. */
  maxLives(): { readonly [issuer: string]: number }
  setMaxLife(issuer: string, maxLife: number): void

  member(id: string): MemberRecord | undefined
  members(): readonly MemberRecord[]
  putMember(record: MemberRecord): void
  deleteMember(id: string): void

  ring(): RingDocument | undefined
  setRing(ring: RingDocument): void
}
