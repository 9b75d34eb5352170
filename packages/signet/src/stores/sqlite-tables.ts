/** The tables over prepared statements; each row is translated here and nowhere else. */
import type { RingDocument } from '../keys/ring-store.ts'
import type { EntryKind, LogEntry } from '../revocation/entry.ts'
import type { MemberRecord, OnStale } from '../revocation/log-store.ts'
import { mapRow, type SqliteDatabase, type SqlRow } from './sqlite-database.ts'
import { sessionTables } from './sqlite-sessions.ts'
import type { Tables } from './tables/tables.ts'

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
