/** The steps of the log port over tables: each exported function is one transaction, or part of one. */
import { ENTRY_MARGIN_MS, type Entry, entryExpiry, type LogEntry } from '../../revocation/entry.ts'
import {
  BEAT_LIMIT,
  type BeatReply,
  type BeatReport,
  type ReceiptReading,
  type Tail,
} from '../../revocation/log-store.ts'
import { nextPosition, origin, type Position, samePosition } from '../../revocation/position.ts'
import type { Tables } from './tables.ts'

/** Appends an entry at the end of the log. The head is the last thing written before the commit. */
export function append(
  tables: Tables,
  said: Omit<Entry, 'at' | 'expiresAt'>,
  tokenExpiresAt?: number,
): LogEntry {
  const now = tables.now()
  const head = tables.head()
  const maxLife = tables.maxLives()[said.issuer]
  const entry: LogEntry = {
    ...said,
    at: now,
    expiresAt: entryExpiry(now, maxLife, tokenExpiresAt),
    position: nextPosition(head.position.p, now, tables.tag()),
  }
  tables.appendEntry(entry)
  tables.setHead({ ...head, position: entry.position })
  tables.wake()
  return entry
}

export function declareIssuer(
  tables: Tables,
  issuer: string,
  maxLife: number,
  entryId: string,
): { raisedAt: Position | undefined } {
  const known = tables.maxLives()[issuer]
  if (known !== undefined && known >= maxLife) return { raisedAt: undefined }
  tables.setMaxLife(issuer, maxLife)
  if (known === undefined) return { raisedAt: undefined }
  // Any entry will do: the reply that carries it carries the new value, and a receipt can wait for it.
  const ringVersion = String(tables.ring()?.version ?? 0)
  const entry = append(tables, {
    id: entryId,
    kind: 'ring',
    issuer,
    key: ringVersion,
    reason: 'longer tokens',
  })
  return { raisedAt: entry.position }
}

/** Writes the record, then reads the log for the reply: a receipt that sees the entry sees the record, too. */
export function beat(tables: Tables, report: BeatReport): BeatReply {
  const position = knownFrom(tables, report.position)
  const known = tables.member(report.id)
  const { id, maxStaleness, onStale } = report
  tables.putMember({ id, position, beats: (known?.beats ?? 0) + 1, maxStaleness, onStale })
  // A receipt may be waiting for this move; a beat that only renews a lease is nobody else's concern.
  if (known === undefined || !samePosition(known.position, position)) tables.wake()
  return { ...look(tables, report.position), members: tables.members().length }
}

export function look(tables: Tables, position: Position): Tail {
  return {
    state: stateOf(tables, position),
    head: tables.head().position,
    entries: tables.entriesAfter(knownFrom(tables, position).p, BEAT_LIMIT),
    maxLife: tables.maxLives(),
    ringVersion: tables.ring()?.version ?? 0,
  }
}

/** A follower whose position is not in the log begins again. */
function knownFrom(tables: Tables, position: Position): Position {
  return stateOf(tables, position) === 'ok' ? position : origin
}

function stateOf(tables: Tables, position: Position): BeatReply['state'] {
  if (isInLog(tables, position)) return 'ok'
  return position.p <= tables.head().floor ? 'resync' : 'diverged'
}

/** The head counts as in the log even when trimming has removed its entry, and so does the origin. */
function isInLog(tables: Tables, position: Position): boolean {
  if (position.p === 0 || samePosition(position, tables.head().position)) return true
  return tables.entryAt(position.p)?.position.tag === position.tag
}

export function readReceipt(tables: Tables, position: Position): ReceiptReading {
  const members = tables
    .members()
    .map((member) => ({ ...member, confirmed: isInLog(tables, member.position) }))
  return { present: isInLog(tables, position), members }
}

export function removeMember(tables: Tables, id: string, beats: number | undefined): void {
  if (beats === undefined || tables.member(id)?.beats === beats) tables.deleteMember(id)
}

/**
 * Removes expired entries from the front of the log, so that what remains is a suffix. A long-lived entry at the front is
 * written again at the end, under its own id, when expired ones wait behind it.
 */
export function trim(tables: Tables, limit: number): number {
  const now = tables.now()
  const isOver = (entry: LogEntry) => entry.expiresAt + ENTRY_MARGIN_MS < now
  const oldest = tables.entriesAfter(0, limit)
  const lastOver = oldest.findLastIndex(isOver)
  const waiting = oldest.filter(isOver).length
  // Moving half of what is read to free the other half would be work without end.
  if (waiting === 0 || waiting * 2 <= lastOver + 1) return 0
  for (const entry of oldest.slice(0, lastOver + 1)) {
    if (!isOver(entry)) moveToEnd(tables, entry)
    tables.removeEntry(entry.position.p)
    tables.setHead({ ...tables.head(), floor: entry.position.p })
  }
  return waiting
}

function moveToEnd(tables: Tables, entry: LogEntry): void {
  const head = tables.head()
  const position = nextPosition(head.position.p, tables.now(), tables.tag())
  tables.appendEntry({ ...entry, position })
  tables.setHead({ ...head, position })
}
