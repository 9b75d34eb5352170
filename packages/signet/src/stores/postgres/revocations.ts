/** Revoking: the change of state and its entry are one transaction. */
import { ENTRY_MARGIN_MS, type Entry } from '../../revocation/entry.ts'
import type { LogStore } from '../../revocation/log-store.ts'
import type { Position } from '../../revocation/position.ts'
import { noteOf } from '../../sessions/history.ts'
import { subjectHash } from '../../sessions/session-id.ts'
import type { Revocation, Revoked, SessionStore } from '../../sessions/session-store.ts'
import type { Database, Query } from './database.ts'
import { append, readPosition, type Said } from './log.ts'
import { DAY_MS, first } from './sessions.ts'
import { parameter } from './text.ts'

/** A session that has not been ended before: the first reason is the one to tell. */
const endSession = `
  UPDATE signet.sessions s SET revoked_at = now, ends_on = now / ${DAY_MS},
    history = signet.remember(history, 'x', now, gen, $2)
  FROM (SELECT sid, signet.signet_now() AS now FROM (
      SELECT sid FROM signet.sessions WHERE sid = $1 AND revoked_at IS NULL FOR UPDATE
    ) locked) o
  WHERE s.sid = o.sid`

const lockRegister = `
  INSERT INTO signet.registers AS r (hs, stamp, cut, keep_until) VALUES ($1, 0, 0, 0)
  ON CONFLICT (hs) DO UPDATE SET cut = r.cut RETURNING stamp, cut`

/** Read under the register's lock, which every log-out and every birth takes. */
const lockKept = `
  SELECT sid FROM (SELECT * FROM signet.sessions WHERE sid = $1 FOR UPDATE) kept
  CROSS JOIN (SELECT signet.signet_now() AS now) o
  WHERE revoked_at IS NULL AND epoch >= $2::text::bigint AND idle_at > now AND absolute_at > now`

/** One more than every stamp given out before: what was born in this very millisecond is older, too. */
const raiseRegister = `
  UPDATE signet.registers r SET stamp = greatest(r.stamp + 1, now), cut = greatest(r.stamp + 1, now),
    keep_until = greatest(keep_until, now + longest)
  FROM (SELECT signet.signet_now() AS now, coalesce(max(max_life), 0) AS longest FROM signet.issuers) o
  WHERE hs = $1 RETURNING cut`
const renewKept = 'UPDATE signet.sessions SET epoch = $2::text::bigint WHERE sid = $1'

const raiseRegisterTo = `
  INSERT INTO signet.registers AS r (hs, stamp, cut, keep_until)
  SELECT $1, $2::text::bigint, $2::text::bigint, signet.signet_now() + coalesce(max(max_life), 0)
  FROM signet.issuers
  ON CONFLICT (hs) DO UPDATE SET stamp = greatest(r.stamp, excluded.stamp), cut = greatest(r.cut, excluded.cut),
    keep_until = greatest(r.keep_until, excluded.keep_until)`

type Steps = Pick<SessionStore, 'revoke'> & Pick<LogStore, 'reoffer'>

export function revocationSteps(database: Database): Steps {
  return {
    revoke: (revocation) => database.transaction((query) => revoke(query, database, revocation)),
    reoffer: (entry) => database.transaction((query) => reoffer(query, database, entry)),
  }
}

async function revoke(query: Query, database: Database, asked: Revocation): Promise<Revoked> {
  const { issuer, reason, entryId: id } = asked
  const base = { id, issuer, ...(reason === undefined ? {} : { reason }) }
  switch (asked.kind) {
    case 'token': {
      const { tokenId: key, expiresAt: tokenExpiresAt } = asked
      return done(query, database, { ...base, kind: 'token', key, tokenExpiresAt })
    }
    case 'session':
      await query(endSession, [parameter(asked.sid), parameter(noteOf(reason))])
      return done(query, database, { ...base, kind: 'session', key: asked.sid })
    case 'subject':
      return revokeSubject(query, database, asked, base)
  }
}

async function revokeSubject(
  query: Query,
  database: Database,
  { subject, hs, keepSid }: Extract<Revocation, { kind: 'subject' }>,
  base: Pick<Entry, 'id' | 'issuer' | 'reason'>,
): Promise<Revoked> {
  const said = { ...base, kind: 'subject', key: subject } as const
  const { cut } = first(await query(lockRegister, [hs]))
  if (keepSid !== undefined) {
    const kept = await query(lockKept, [parameter(keepSid), String(cut)])
    if (kept.length === 0) {
      const position = await readPosition(query)
      return { position, entry: { ...said, at: 0, expiresAt: 0 }, kept: false }
    }
  }
  const epoch = Number(first(await query(raiseRegister, [hs])).cut)
  if (keepSid !== undefined) await query(renewKept, [parameter(keepSid), String(epoch)])
  return done(query, database, { ...said, epoch })
}

async function reoffer(query: Query, database: Database, entry: Entry): Promise<Position> {
  const { at: _at, expiresAt, ...said } = entry
  if (entry.kind === 'session') {
    await query(endSession, [parameter(entry.key), parameter(noteOf(entry.reason))])
  }
  if (entry.kind === 'subject') {
    const hs = subjectHash(entry.issuer, entry.key)
    await query(raiseRegisterTo, [hs, String(entry.epoch ?? 0)])
  }
  // Of a token its own end is known; what covers many tokens lives as long as any entry made now.
  const tokenExpiresAt = entry.kind === 'token' ? expiresAt - ENTRY_MARGIN_MS : undefined
  return (await done(query, database, { ...said, tokenExpiresAt })).position
}

async function done(query: Query, database: Database, said: Said): Promise<Revoked> {
  const [appended] = await append(query, database, [said])
  if (appended === undefined) throw new Error('the statement that appends answered no entry')
  const { position, ...entry } = appended
  return { position, entry, kept: true }
}
