/** The steps of the session port over tables: each function is one transaction. */
import { ENTRY_MARGIN_MS, type Entry } from '../../revocation/entry.ts'
import type { Position } from '../../revocation/position.ts'
import { noteOf, remember } from '../../sessions/history.ts'
import { type Decision, decide, type Presentation } from '../../sessions/rotation.ts'
import { subjectHash, subjectHashOf } from '../../sessions/session-id.ts'
import type { SessionRow } from '../../sessions/session-row.ts'
import type {
  Birth,
  Delivery,
  Revocation,
  Revoked,
  SessionPage,
  Stamp,
  StoredSession,
} from '../../sessions/session-store.ts'
import { append, trim } from './log-steps.ts'
import type { Tables } from './tables.ts'

export function createSession(tables: Tables, birth: Birth): SessionRow {
  const hs = subjectHashOf(birth.sid)
  const { epoch, now } = stampSubject(tables, hs)
  makeRoom(tables, hs, birth, now)
  const { issuer: _i, idleLifetime, absoluteLifetime, maxPerSubject: _m, ...facts } = birth
  const absoluteAt = now + absoluteLifetime
  const row: SessionRow = {
    ...facts,
    epoch,
    gen: 0,
    rotatedAt: now,
    replays: 0,
    bornAt: now,
    idleAt: Math.min(now + idleLifetime, absoluteAt),
    absoluteAt,
    revokedAt: undefined,
    history: '',
  }
  tables.putSession(row)
  return row
}

/**
 * The stamp of a birth. It is written back, so that births and log-outs of a subject are ordered by the register alone;
 * the clock is a floor that keeps a lost register from repeating itself.
 */
export function stampSubject(tables: Tables, hs: string): Stamp {
  const now = tables.now()
  const { stamp, cut } = tables.register(hs)
  const epoch = Math.max(stamp, now)
  tables.setRegister(hs, { stamp: epoch, cut })
  return { epoch, now }
}

/** Revokes the longest unused sessions until one more fits. Eviction is a revocation: their access tokens die, too. */
function makeRoom(
  tables: Tables,
  hs: string,
  { issuer, maxPerSubject, sid }: Birth,
  now: number,
): void {
  const live = liveSessions(tables, hs, now).toSorted((a, b) => a.rotatedAt - b.rotatedAt)
  for (const row of live.slice(0, Math.max(0, live.length - maxPerSubject + 1))) {
    end(tables, row, 'too many sessions', now)
    // Derived, so that a repeat of the step by a replaying engine writes the same entry.
    const id = `${sid}>${row.sid}`
    append(tables, { id, kind: 'session', issuer, key: row.sid, reason: 'too many sessions' })
  }
}

function liveSessions(tables: Tables, hs: string, now: number): readonly SessionRow[] {
  const { cut } = tables.register(hs)
  return tables.sessionsOf(hs).filter((row) => isLive(row, cut, now))
}

/** Whether the session would still rotate. */
function isLive(row: SessionRow, cut: number, now: number): boolean {
  return row.revokedAt === undefined && row.epoch >= cut && now < row.idleAt && now < row.absoluteAt
}

export function rotate(tables: Tables, presentation: Presentation): Decision {
  const row = tables.session(presentation.sid)
  const { cut } = tables.register(subjectHashOf(presentation.sid))
  const decision = decide(row, cut, presentation, tables.now())
  if (decision.row !== undefined && decision.row !== row) tables.putSession(decision.row)
  if (decision.outcome === 'reused') {
    const { issuer, sid, entryId } = presentation
    append(tables, { id: entryId, kind: 'session', issuer, key: sid, reason: 'reused' })
  }
  return decision
}

export function revoke(tables: Tables, revocation: Revocation): Revoked {
  const { issuer, reason, entryId: id } = revocation
  const base = { id, issuer, ...(reason === undefined ? {} : { reason }) }
  switch (revocation.kind) {
    case 'token': {
      const { tokenId, expiresAt } = revocation
      return done(append(tables, { ...base, kind: 'token', key: tokenId }, expiresAt))
    }
    case 'session': {
      const row = tables.session(revocation.sid)
      if (row !== undefined) end(tables, row, reason, tables.now())
      return done(append(tables, { ...base, kind: 'session', key: revocation.sid }))
    }
    case 'subject':
      return revokeSubject(tables, revocation, base)
  }
}

function revokeSubject(
  tables: Tables,
  { subject, hs, keepSid }: Extract<Revocation, { kind: 'subject' }>,
  base: Pick<Entry, 'id' | 'issuer' | 'reason'>,
): Revoked {
  const kept = keepSid === undefined ? undefined : tables.session(keepSid)
  if (
    keepSid !== undefined &&
    (kept === undefined || !isLive(kept, tables.register(hs).cut, tables.now()))
  ) {
    const { position } = tables.head()
    return {
      position,
      entry: { ...base, kind: 'subject', key: subject, at: 0, expiresAt: 0 },
      kept: false,
    }
  }
  // One more than every stamp given out before: what was born in this very millisecond is older, too.
  const epoch = Math.max(tables.register(hs).stamp + 1, tables.now())
  tables.setRegister(hs, { stamp: epoch, cut: epoch })
  if (kept !== undefined) tables.putSession({ ...kept, epoch })
  return done(append(tables, { ...base, kind: 'subject', key: subject, epoch }))
}

/** Ends a session that has not been ended before: the first reason is the one to tell. */
function end(tables: Tables, row: SessionRow, reason: string | undefined, now: number): void {
  if (row.revokedAt !== undefined) return
  const history = remember(row.history, { mark: 'x', at: now, gen: row.gen, note: noteOf(reason) })
  tables.putSession({ ...row, revokedAt: now, history })
}

export function undelivered(tables: Tables, { sid, gen, attempt }: Delivery): boolean {
  const row = tables.session(sid)
  const isLast = row !== undefined && row.gen === gen + 1 && row.attempt === attempt
  if (!isLast || row.revokedAt !== undefined) return false
  tables.putSession({ ...row, rotatedAt: tables.now() })
  return true
}

export function reoffer(tables: Tables, entry: Entry): Position {
  const { at: _at, expiresAt, ...said } = entry
  if (entry.kind === 'session') {
    const row = tables.session(entry.key)
    if (row !== undefined) end(tables, row, entry.reason, tables.now())
  }
  if (entry.kind === 'subject') {
    const hs = subjectHash(entry.issuer, entry.key)
    const { stamp, cut } = tables.register(hs)
    const epoch = entry.epoch ?? 0
    tables.setRegister(hs, { stamp: Math.max(stamp, epoch), cut: Math.max(cut, epoch) })
  }
  // Of a token its own end is known; what covers many tokens lives as long as any entry made now.
  const tokenExpiresAt = entry.kind === 'token' ? expiresAt - ENTRY_MARGIN_MS : undefined
  return append(tables, said, tokenExpiresAt).position
}

export function getSession(tables: Tables, sid: string): StoredSession | undefined {
  const row = tables.session(sid)
  return row === undefined ? undefined : { row, cut: tables.register(subjectHashOf(sid)).cut }
}

function done(entry: ReturnType<typeof append>): Revoked {
  return { position: entry.position, entry, kept: true }
}

export function listSessions(
  tables: Tables,
  { hs, after, limit }: { hs: string; after: string | undefined; limit: number },
): SessionPage {
  const live = liveSessions(tables, hs, tables.now())
  const start = after === undefined ? 0 : live.findIndex((row) => row.sid === after) + 1
  const rows = live.slice(start, start + limit)
  const next = start + limit < live.length ? rows.at(-1)?.sid : undefined
  return { rows, next }
}

/** How long an ended session's row is kept beyond its last access token, in milliseconds. */
const ROW_MARGIN_MS = 60_000

export function sweep(tables: Tables, limit: number): number {
  const longestToken = Math.max(0, ...Object.values(tables.maxLives()))
  const rows = tables.endedSessions(tables.now() - longestToken - ROW_MARGIN_MS, limit)
  for (const { sid } of rows) tables.deleteSession(sid)
  return rows.length + trim(tables, limit)
}
