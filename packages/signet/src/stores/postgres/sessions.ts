/** Births, reads and the end of sessions. Locks are taken in the order subject, sessions, head, everywhere. */
import { subjectHashOf } from '../../sessions/session-id.ts'
import type { SessionRow } from '../../sessions/session-row.ts'
import type { Birth, SessionStore } from '../../sessions/session-store.ts'
import type { Database, Query } from './database.ts'
import type { Row } from './driver.ts'
import { append } from './log.ts'
import { sessionColumns, sessionRow, unpack } from './rows.ts'
import { parameter } from './text.ts'
import { trim } from './trim.ts'

/** Milliseconds of a day; see the column ends_on. */
export const DAY_MS = 86_400_000
/** How much longer than its last token anything is kept, in milliseconds. */
const KEEP_MARGIN_MS = 60_000

const longestToken = '(SELECT coalesce(max(max_life), 0) FROM signet.issuers)'
const isLive = (cut: string, now: string) =>
  `revoked_at IS NULL AND epoch >= ${cut} AND idle_at > ${now} AND absolute_at > ${now}`

/**
 * A birth or a token: the stamp is written back, so the register alone orders births and log-outs. `signet_now()` in the
 * second half is read under the row's lock.
 */
const stampRegister = `
  INSERT INTO signet.registers AS r (hs, stamp, cut, keep_until)
  VALUES ($1, signet.signet_now(), 0, signet.signet_now() + greatest($2::text::bigint, ${longestToken}))
  ON CONFLICT (hs) DO UPDATE SET stamp = greatest(r.stamp, signet.signet_now()),
    keep_until = greatest(r.keep_until, signet.signet_now() + greatest($2::text::bigint, ${longestToken}))
  RETURNING stamp, cut, signet.signet_now() AS now`

/** Ends the longest unused sessions until one more fits, then inserts it. The register's lock keeps other births away. */
const admit = `
  WITH live AS (
    SELECT sid, row_number() OVER (ORDER BY rotated_at, born_at, sid) AS place, count(*) OVER () AS total
    FROM signet.sessions WHERE hs = $2 AND ${isLive('$18::text::bigint', '$17::text::bigint')}
  ), surplus AS MATERIALIZED (
    SELECT sessions.sid FROM signet.sessions JOIN live ON live.sid = sessions.sid
    WHERE place <= total - $16::text::bigint + 1 AND revoked_at IS NULL
    ORDER BY sessions.sid FOR UPDATE OF sessions
  ), evicted AS (
    UPDATE signet.sessions AS s SET revoked_at = $17::text::bigint, ends_on = $17::text::bigint / ${DAY_MS},
      history = signet.remember(history, 'x', $17::text::bigint, gen, 'too many sessions')
    FROM surplus WHERE s.sid = surplus.sid RETURNING s.sid
  ), born AS (
    INSERT INTO signet.sessions AS s (sid, hs, subject, claims, audience, scope, client, cnf, context, secret_hash,
      context_hash, mac_kid, attempt, epoch, gen, rotated_at, replays, born_at, idle_at, absolute_at, revoked_at,
      history, ends_on)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $19::text::bigint, 0, now, 0, now,
      least(now + idle, now + absolute), now + absolute, NULL, '{}', least(now + idle, now + absolute) / ${DAY_MS}
    FROM (VALUES ($17::text::bigint, $14::text::bigint, $15::text::bigint)) AS t (now, idle, absolute)
    ON CONFLICT (sid) DO UPDATE SET claims = excluded.claims, epoch = excluded.epoch, gen = excluded.gen,
      rotated_at = excluded.rotated_at, replays = excluded.replays, attempt = excluded.attempt,
      context_hash = excluded.context_hash, mac_kid = excluded.mac_kid, idle_at = excluded.idle_at,
      revoked_at = excluded.revoked_at, history = excluded.history, ends_on = excluded.ends_on
    RETURNING *
  )
  SELECT ${sessionColumns}, (SELECT json_agg(sid)::text FROM evicted) AS evicted FROM born`

const readSession = `
  SELECT ${sessionColumns}, coalesce((SELECT cut FROM signet.registers r WHERE r.hs = s.hs), 0) AS cut
  FROM signet.sessions s WHERE sid = $1`

/** One more than asked for shows whether there is another page. */
const listLive = `
  SELECT ${sessionColumns} FROM signet.sessions
  CROSS JOIN (SELECT signet.signet_now() AS now, coalesce((SELECT cut FROM signet.registers WHERE hs = $1), 0) AS cut) o
  WHERE hs = $1 AND ${isLive('cut', 'now')}
    AND ($2::text IS NULL OR (born_at, sid) > (SELECT born_at, sid FROM signet.sessions WHERE sid = $2))
  ORDER BY born_at, sid LIMIT $3::text::bigint + 1`

const beginGraceAgain = `
  UPDATE signet.sessions SET rotated_at = signet.signet_now()
  WHERE sid = $1 AND gen = $2::text::bigint + 1 AND attempt = $3 AND revoked_at IS NULL RETURNING sid`

/** Whoever else sweeps or rotates is not waited for. */
const deleteEnded = `
  DELETE FROM signet.sessions USING (
    SELECT sid AS over FROM signet.sessions
    CROSS JOIN (SELECT signet.signet_now() - ${longestToken} - ${KEEP_MARGIN_MS} AS instant) o
    WHERE ends_on <= instant / ${DAY_MS} AND least(revoked_at, idle_at) < instant
    LIMIT $1::text::bigint FOR UPDATE OF sessions SKIP LOCKED
  ) ended WHERE sid = over RETURNING sid`
const deleteRegisters = `
  DELETE FROM signet.registers r
  WHERE hs IN (
      SELECT hs FROM signet.registers WHERE keep_until + ${KEEP_MARGIN_MS} < signet.signet_now()
      LIMIT $1::text::bigint FOR UPDATE SKIP LOCKED)
    AND NOT EXISTS (SELECT FROM signet.sessions s WHERE s.hs = r.hs)`

type Steps = Omit<SessionStore, 'rotate' | 'revoke' | 'reoffer'>

export function sessionSteps(database: Database): Steps {
  return {
    createSession: (birth) =>
      database.transaction((query) => createSession(query, database, birth)),
    stampSubject: async (hs) => {
      const { stamp, now } = first(await database.write(stampRegister, [hs, '0']))
      return { epoch: Number(stamp), now: Number(now) }
    },
    undelivered: async ({ sid, gen, attempt }) => {
      const values = [parameter(sid), parameter(gen), parameter(attempt)]
      return (await database.write(beginGraceAgain, values)).length > 0
    },
    getSession: async (sid) => {
      const [row] = await database.read(readSession, [parameter(sid)])
      return row === undefined ? undefined : { row: sessionRow(row), cut: Number(row.cut) }
    },
    listSessions: async ({ hs, after, limit }) => {
      const found = await database.read(listLive, [hs, parameter(after), parameter(limit)])
      const rows = found.slice(0, limit).map(sessionRow)
      return { rows, next: found.length > limit ? rows.at(-1)?.sid : undefined }
    },
    sweep: async (limit) => {
      const ended = await database.write(deleteEnded, [String(limit)])
      await database.write(deleteRegisters, [String(limit)])
      return ended.length + (await database.transaction((query) => trim(query, limit)))
    },
  }
}

async function createSession(query: Query, database: Database, birth: Birth): Promise<SessionRow> {
  const { sid, issuer, idleLifetime, absoluteLifetime, maxPerSubject } = birth
  const hs = subjectHashOf(sid)
  const { stamp, cut, now } = first(await query(stampRegister, [hs, parameter(absoluteLifetime)]))
  const born = first(
    await query(
      admit,
      [
        sid,
        hs,
        ...[birth.subject, birth.claims, birth.audience, birth.scope, birth.client, birth.cnf],
        ...[birth.context, birth.secretHash, birth.contextHash, birth.macKid, birth.attempt],
        ...[idleLifetime, absoluteLifetime, maxPerSubject, Number(now), Number(cut), Number(stamp)],
      ].map(parameter),
    ),
  )
  const evicted = unpack<string>(born.evicted)
  if (evicted.length > 0) {
    const reason = 'too many sessions'
    // Derived ids, so that a repeat of the step writes the same entries.
    await append(
      query,
      database,
      evicted.map((key) => ({ id: `${sid}>${key}`, kind: 'session', issuer, key, reason })),
    )
  }
  return sessionRow(born)
}

export function first(rows: readonly Row[]): Row {
  return rows[0] ?? {}
}
