/** The statements of the SQLite store by node:sqlite alone: same schema, same durability, one commit a group. */
import { hash, randomBytes } from 'node:crypto'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { sqliteMigrations } from '../../packages/signet/src/stores/schema.ts'
import type { Bare, Group } from './engines.ts'

/** The group that the store makes of more than so many. */
const MAX_GROUP = 64
const SESSIONS = 2000
const HISTORY = 'n 1795451185000 17 \n'.repeat(20)

export function bareSqlite(path: string): Bare & { readonly close: () => void } {
  const database = new DatabaseSync(path)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  for (const migration of sqliteMigrations) database.exec(migration)
  const inGroups =
    (one: () => void): Group =>
    (size) => {
      for (let left = size; left > 0; left -= MAX_GROUP) {
        database.exec('BEGIN IMMEDIATE')
        for (let i = 0; i < Math.min(left, MAX_GROUP); i++) one()
        database.exec('COMMIT')
      }
    }
  const issue = issues(database)
  database.exec('BEGIN IMMEDIATE')
  const sids = Array.from({ length: SESSIONS }, (_, i) => issue(`user ${i}`))
  database.exec('COMMIT')
  let next = 0
  const session = () => sids[next++ % sids.length] as string
  return {
    rotation: inGroups(rotations(database, session)),
    issue: inGroups(() => void issue(`subject ${next++}`)),
    revocation: inGroups(revocations(database, session)),
    close: () => database.close(),
  }
}

function rotations(database: DatabaseSync, session: () => string): () => void {
  const get = database.prepare('SELECT * FROM sessions WHERE sid = ?')
  const register = database.prepare('SELECT stamp, cut FROM registers WHERE hs = ?')
  const update = database.prepare(`
    UPDATE sessions SET claims = ?, epoch = ?, gen = ?, rotated_at = ?, replays = ?, attempt = ?, context_hash = ?,
      mac_kid = ?, idle_at = ?, revoked_at = ?, history = ? WHERE sid = ?`)
  return () => {
    const sid = session()
    const row = get.get(sid) as Record<string, SQLInputValue>
    register.get(sid.slice(0, 16))
    const { claims = null, epoch = null, gen, mac_kid = null, idle_at = null } = row
    const now = Date.now()
    const attempt = randomBytes(16).toString('base64url')
    const changed = [Number(gen) + 1, now, 0, attempt, null, mac_kid, idle_at, null, HISTORY, sid]
    update.run(claims, epoch, ...changed)
  }
}

function issues(database: DatabaseSync): (subject: string) => string {
  const register = database.prepare('SELECT stamp, cut FROM registers WHERE hs = ?')
  const setRegister = database.prepare('INSERT OR REPLACE INTO registers VALUES (?, ?, 0, ?)')
  const others = database.prepare('SELECT * FROM sessions WHERE sid >= ? AND sid < ?')
  const insert = database.prepare(`
    INSERT INTO sessions (sid, subject, audience, context, secret_hash, born_at, absolute_at, claims, epoch, gen,
      rotated_at, replays, attempt, mac_kid, idle_at, history, look_at)
    VALUES (?, ?, '"https://issuer.example"', '{}', ?, ?, ?, '{"role":"editor"}', ?, 0, ?, 0, ?, 'mac-1', ?, '', ?)`)
  return (subject) => {
    const hs = hash('sha256', subject, 'base64url').slice(0, 16)
    const [now, end] = [Date.now(), Date.now() + 90 * 86_400_000]
    register.get(hs)
    setRegister.run(hs, now, end)
    others.all(hs, `${hs}~`)
    const sid = hs + randomBytes(16).toString('base64url')
    const [secretHash, attempt] = [randomBytes(32), randomBytes(16)].map((each) =>
      each.toString('base64url'),
    ) as [string, string]
    insert.run(sid, subject, secretHash, now, end, now, now, attempt, end, end)
    return sid
  }
}

function revocations(database: DatabaseSync, session: () => string): () => void {
  const get = database.prepare('SELECT * FROM sessions WHERE sid = ?')
  const end = database.prepare(
    'UPDATE sessions SET revoked_at = ?, history = ?, look_at = ? WHERE sid = ?',
  )
  const head = database.prepare('SELECT p, tag, floor FROM head')
  const issuers = database.prepare('SELECT issuer, max_life FROM issuers')
  const append = database.prepare(
    "INSERT INTO log VALUES (?, ?, ?, 'session', 'https://issuer.example', ?, NULL, NULL, ?, ?)",
  )
  const setHead = database.prepare('UPDATE head SET p = ?, tag = ?')
  return () => {
    const sid = session()
    const now = Date.now()
    get.get(sid)
    end.run(now, HISTORY, now, sid)
    issuers.all()
    const p = Math.max(Number(head.get()?.p) + 1, now)
    const tag = randomBytes(8).toString('hex')
    append.run(p, tag, randomBytes(16).toString('base64url'), sid, now, now + 1_860_000)
    setHead.run(p, tag)
  }
}
