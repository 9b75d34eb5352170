/** The tables over prepared statements; each row is translated here and nowhere else. */
import type { RingDocument } from '../keys/ring-store.ts'
import type { EntryKind, LogEntry } from '../revocation/entry.ts'
import type { MemberRecord, OnStale } from '../revocation/log-store.ts'
import { subjectHashOf } from '../sessions/session-id.ts'
import type { SessionRow } from '../sessions/session-row.ts'
import type { SqliteDatabase, SqlRow } from './sqlite-database.ts'
import type { Register, Tables } from './tables/tables.ts'

export interface SqliteTablesOptions {
  readonly now: () => number
  readonly tag: () => string
  readonly wake: () => void
}

export function sqliteTables(database: SqliteDatabase, options: SqliteTablesOptions): Tables {
  return {
    ...options,
    ...sessionTables(database),
    ...logTables(database),
    ...memberTables(database),
    ...ringTables(database),
  }
}

function sessionTables(database: SqliteDatabase) {
  const get = database.prepare('SELECT * FROM sessions WHERE sid = ?')
  const put = database.prepare(`
    INSERT INTO sessions (sid, hs, subject, claims, audience, scope, client, cnf, context, epoch, gen, rotated_at,
      replays, attempt, context_hash, secret_hash, mac_kid, born_at, idle_at, absolute_at, revoked_at,
      history)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (sid) DO UPDATE SET claims = excluded.claims, epoch = excluded.epoch, gen = excluded.gen,
      rotated_at = excluded.rotated_at, replays = excluded.replays, attempt = excluded.attempt,
      context_hash = excluded.context_hash, mac_kid = excluded.mac_kid, idle_at = excluded.idle_at,
      revoked_at = excluded.revoked_at, history = excluded.history`)
  const remove = database.prepare('DELETE FROM sessions WHERE sid = ?')
  const ofSubject = database.prepare('SELECT * FROM sessions WHERE hs = ? ORDER BY born_at, sid')
  const ended = database.prepare(
    'SELECT * FROM sessions WHERE min(coalesce(revoked_at, idle_at), idle_at) < ? LIMIT ?',
  )
  const register = database.prepare('SELECT stamp, cut FROM registers WHERE hs = ?')
  const setRegister = database.prepare('INSERT OR REPLACE INTO registers VALUES (?, ?, ?)')
  return {
    session: (sid: string) => mapRow(get.get(sid), sessionRow),
    putSession: (row: SessionRow) => put.run(...sessionValues(row)),
    deleteSession: (sid: string) => remove.run(sid),
    sessionsOf: (hs: string) => ofSubject.all(hs).map(sessionRow),
    endedSessions: (instant: number, limit: number) => ended.all(instant, limit).map(sessionRow),
    register: (hs: string) => mapRow(register.get(hs), registerRow) ?? { stamp: 0, cut: 0 },
    setRegister: (hs: string, { stamp, cut }: Register) => setRegister.run(hs, stamp, cut),
  }
}

function registerRow(row: SqlRow): Register {
  return { stamp: row.stamp as number, cut: row.cut as number }
}

function sessionValues(row: SessionRow) {
  return [
    row.sid,
    subjectHashOf(row.sid),
    row.subject,
    row.claims,
    row.audience,
    row.scope,
    row.client,
    row.cnf,
    row.context,
    row.epoch,
    row.gen,
    row.rotatedAt,
    row.replays,
    row.attempt,
    row.contextHash,
    row.secretHash,
    row.macKid,
    row.bornAt,
    row.idleAt,
    row.absoluteAt,
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

function logTables(database: SqliteDatabase) {
  const head = database.prepare('SELECT p, tag, floor FROM head')
  const setHead = database.prepare('UPDATE head SET p = ?, tag = ?, floor = ?')
  const append = database.prepare('INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const at = database.prepare('SELECT * FROM log WHERE p = ?')
  const after = database.prepare('SELECT * FROM log WHERE p > ? ORDER BY p LIMIT ?')
  const remove = database.prepare('DELETE FROM log WHERE p = ?')
  const maxLives = database.prepare('SELECT issuer, max_life FROM issuers')
  const setMaxLife = database.prepare(
    'INSERT INTO issuers VALUES (?, ?) ON CONFLICT (issuer) DO UPDATE SET max_life = excluded.max_life',
  )
  return {
    head: () => {
      const row = head.get() as SqlRow
      return {
        position: { p: row.p as number, tag: row.tag as string },
        floor: row.floor as number,
      }
    },
    setHead: ({ position, floor }: ReturnType<Tables['head']>) =>
      setHead.run(position.p, position.tag, floor),
    appendEntry: ({ position, ...entry }: LogEntry) =>
      append.run(
        position.p,
        position.tag,
        entry.id,
        entry.kind,
        entry.issuer,
        entry.key,
        entry.epoch,
        entry.reason,
        entry.at,
        entry.expiresAt,
      ),
    entryAt: (p: number) => mapRow(at.get(p), logEntry),
    entriesAfter: (p: number, limit: number) => after.all(p, limit).map(logEntry),
    removeEntry: (p: number) => remove.run(p),
    maxLives: () =>
      Object.fromEntries(maxLives.all().map((row) => [row.issuer, row.max_life as number])),
    setMaxLife: (issuer: string, maxLife: number) => setMaxLife.run(issuer, maxLife),
  }
}

function logEntry(row: SqlRow): LogEntry {
  return {
    id: row.id as string,
    kind: row.kind as EntryKind,
    issuer: row.issuer as string,
    key: row.key as string,
    ...(row.epoch === null ? {} : { epoch: row.epoch as number }),
    ...(row.reason === null ? {} : { reason: row.reason as string }),
    at: row.at as number,
    expiresAt: row.expires_at as number,
    position: { p: row.p as number, tag: row.tag as string },
  }
}

function memberTables(database: SqliteDatabase) {
  const get = database.prepare('SELECT * FROM members WHERE id = ?')
  const all = database.prepare('SELECT * FROM members')
  const put = database.prepare('INSERT OR REPLACE INTO members VALUES (?, ?, ?, ?, ?, ?)')
  const remove = database.prepare('DELETE FROM members WHERE id = ?')
  return {
    member: (id: string) => mapRow(get.get(id), memberRecord),
    members: () => all.all().map(memberRecord),
    putMember: ({ id, position, beats, maxStaleness, onStale }: MemberRecord) =>
      put.run(id, position.p, position.tag, beats, maxStaleness, onStale),
    deleteMember: (id: string) => remove.run(id),
  }
}

function memberRecord(row: SqlRow): MemberRecord {
  return {
    id: row.id as string,
    position: { p: row.p as number, tag: row.tag as string },
    beats: row.beats as number,
    maxStaleness: row.max_staleness as number,
    onStale: row.on_stale as OnStale,
  }
}

function ringTables(database: SqliteDatabase) {
  const get = database.prepare('SELECT version, public_part, sealed FROM ring')
  const set = database.prepare('INSERT OR REPLACE INTO ring VALUES (1, ?, ?, ?)')
  return {
    ring: () => mapRow(get.get(), ringDocument),
    setRing: ({ version, publicPart, sealed }: RingDocument) =>
      set.run(version, publicPart, JSON.stringify(sealed)),
  }
}

function ringDocument(row: SqlRow): RingDocument {
  return {
    version: row.version as number,
    publicPart: row.public_part as string,
    sealed: JSON.parse(row.sealed as string),
  }
}

function mapRow<T>(row: SqlRow | undefined, translate: (row: SqlRow) => T): T | undefined {
  return row === undefined ? undefined : translate(row)
}

function optional<T extends string | number>(value: SqlRow[string] | undefined): T | undefined {
  return (value ?? undefined) as T | undefined
}
