/** Sessions and registers over prepared statements. */
import type { SessionRow } from '../sessions/session-row.ts'
import { mapRow, type SqliteDatabase, type SqlRow, type SqlValue } from './sqlite-database.ts'
import type { Register, Tables } from './tables/tables.ts'

type SessionTables = Pick<
  Tables,
  | 'session'
  | 'insertSession'
  | 'updateSession'
  | 'deleteSession'
  | 'sessionsOf'
  | 'endedSessions'
  | 'register'
  | 'setRegister'
  | 'deleteRegisters'
>

export function sessionTables(database: SqliteDatabase): SessionTables {
  return { ...rowTables(database), ...sweepTables(database), ...registerTables(database) }
}

/** Comes after every character of base64url: the end of the range of ids that begin with a subject's hash. */
const LAST = '~'

function rowTables(database: SqliteDatabase) {
  const get = database.prepare('SELECT * FROM sessions WHERE sid = ?')
  const insert = database.prepare(`
    INSERT INTO sessions (sid, subject, audience, scope, client, cnf, context, secret_hash, born_at, absolute_at,
      claims, epoch, gen, rotated_at, replays, attempt, context_hash, mac_kid, idle_at, revoked_at, history, look_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const update = database.prepare(`
    UPDATE sessions SET claims = ?, epoch = ?, gen = ?, rotated_at = ?, replays = ?, attempt = ?, context_hash = ?,
      mac_kid = ?, idle_at = ?, revoked_at = ?, history = ? WHERE sid = ?`)
  const hasten = database.prepare('UPDATE sessions SET look_at = ? WHERE sid = ? AND look_at > ?')
  const remove = database.prepare('DELETE FROM sessions WHERE sid = ?')
  const ofSubject = database.prepare(
    'SELECT * FROM sessions WHERE sid >= ? AND sid < ? ORDER BY born_at, sid',
  )
  return {
    session: (sid: string) => mapRow(get.get(sid), sessionRow),
    insertSession: (row: SessionRow) =>
      insert.run(...boundValues(row), ...changingValues(row), row.idleAt),
    updateSession: (row: SessionRow) => {
      update.run(...changingValues(row), row.sid)
      if (row.revokedAt !== undefined) hasten.run(row.revokedAt, row.sid, row.revokedAt)
    },
    deleteSession: (sid: string) => remove.run(sid),
    sessionsOf: (hs: string) => ofSubject.all(hs, hs + LAST).map(sessionRow),
  }
}

/** How many rows the sweep looks at for each that it may delete. */
const LOOKS = 4

function sweepTables(database: SqliteDatabase) {
  const due = database.prepare(`
    SELECT sid, min(coalesce(revoked_at, idle_at), idle_at) AS over_at FROM sessions WHERE look_at < ?
    ORDER BY look_at LIMIT ?`)
  const postpone = database.prepare('UPDATE sessions SET look_at = ? WHERE sid = ?')
  return {
    endedSessions: (instant: number, limit: number) => {
      const ended: string[] = []
      for (const { sid, over_at } of due.all(instant, limit * LOOKS)) {
        if ((over_at as number) >= instant) postpone.run(over_at, sid)
        else if (ended.length < limit) ended.push(sid as string)
      }
      return ended
    },
  }
}

function registerTables(database: SqliteDatabase) {
  const get = database.prepare('SELECT stamp, cut, needed_until FROM registers WHERE hs = ?')
  const set = database.prepare('INSERT OR REPLACE INTO registers VALUES (?, ?, ?, ?)')
  const remove = database.prepare(`
    DELETE FROM registers WHERE hs IN (SELECT hs FROM registers r WHERE needed_until < ? AND NOT EXISTS
      (SELECT 1 FROM sessions WHERE sid >= r.hs AND sid < r.hs || '${LAST}') ORDER BY needed_until LIMIT ?)`)
  return {
    register: (hs: string) =>
      mapRow(get.get(hs), registerRow) ?? { stamp: 0, cut: 0, neededUntil: 0 },
    setRegister: (hs: string, { stamp, cut, neededUntil }: Register) =>
      set.run(hs, stamp, cut, neededUntil),
    deleteRegisters: (instant: number, limit: number) => remove.run(instant, limit),
  }
}

function registerRow(row: SqlRow): Register {
  return {
    stamp: row.stamp as number,
    cut: row.cut as number,
    neededUntil: row.needed_until as number,
  }
}

/** What a session is bound to for life. */
function boundValues(row: SessionRow) {
  return [
    row.sid,
    row.subject,
    row.audience,
    row.scope,
    row.client,
    row.cnf,
    row.context,
    row.secretHash,
    row.bornAt,
    row.absoluteAt,
  ]
}

function changingValues(row: SessionRow) {
  return [
    row.claims,
    row.epoch,
    row.gen,
    row.rotatedAt,
    row.replays,
    row.attempt,
    row.contextHash,
    row.macKid,
    row.idleAt,
    row.revokedAt,
    row.history,
  ]
}

function sessionRow(row: SqlRow): SessionRow {
  return {
    sid: row.sid as string,
    subject: row.subject as string,
    claims: row.claims as string,
    audience: row.audience as string,
    scope: optional<string>(row.scope),
    client: optional<string>(row.client),
    cnf: optional<string>(row.cnf),
    context: row.context as string,
    epoch: row.epoch as number,
    gen: row.gen as number,
    rotatedAt: row.rotated_at as number,
    replays: row.replays as number,
    attempt: row.attempt as string,
    contextHash: optional<string>(row.context_hash),
    secretHash: row.secret_hash as string,
    macKid: row.mac_kid as string,
    bornAt: row.born_at as number,
    idleAt: row.idle_at as number,
    absoluteAt: row.absolute_at as number,
    revokedAt: optional<number>(row.revoked_at),
    history: row.history as string,
  }
}

function optional<T extends string | number>(value: SqlValue | undefined): T | undefined {
  return (value ?? undefined) as T | undefined
}
