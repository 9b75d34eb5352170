/** The steps of the log port. Whoever appends takes the head's row lock last and holds it until the commit. */
import {
  ENTRY_MARGIN_MS,
  type Entry,
  FOREIGN_LIFE_MS,
  type LogEntry,
} from '../../revocation/entry.ts'
import { BEAT_LIMIT, type LogStore, type Tail } from '../../revocation/log-store.ts'
import type { Position } from '../../revocation/position.ts'
import { system } from '../../system.ts'
import type { Database, Query } from './database.ts'
import type { Row, SqlValue } from './driver.ts'
import { logEntry, memberRecord, type PackedEntry, positionOf, unpack } from './rows.ts'
import { arrayParameter, decodeText, parameter } from './text.ts'

/** What an entry says before it has a place and times. */
export interface Said extends Omit<Entry, 'at' | 'expiresAt'> {
  /** When the token it covers is dead, where that is known. */
  readonly tokenExpiresAt?: number | undefined
}

/** An entry's columns as a packed list, see PackedEntry. */
const packed = 'json_build_array(p, tag, id, kind, issuer, key, epoch, reason, at, expires_at)'

/** Entries get consecutive positions in the order given. The notification is sent by the server once they can be seen. */
const appendEntries = `
  WITH said AS (
    SELECT * FROM unnest($1::text::text[], $2::text::text[], $3::text::text[], $4::text::text[], $5::text::bigint[],
      $6::text::text[], $7::text::bigint[], $8::text::text[]) WITH ORDINALITY
      AS said (id, kind, issuer, key, epoch, reason, token_expires_at, tag, place)
  ), moved AS (
    UPDATE signet.head SET p = greatest(head.p + 1, signet.signet_now()) + last.place - 1, tag = last.tag
    FROM (SELECT place, tag FROM said ORDER BY place DESC LIMIT 1) last
    RETURNING head.p - last.place AS p, signet.signet_now() AS now
  ), appended AS (
    INSERT INTO signet.log (p, tag, id, kind, issuer, key, epoch, reason, at, expires_at)
    SELECT moved.p + place, tag, id, kind, said.issuer, key, epoch, reason, now,
      coalesce(token_expires_at, now + coalesce(max_life, ${FOREIGN_LIFE_MS})) + ${ENTRY_MARGIN_MS}
    FROM moved CROSS JOIN said LEFT JOIN signet.issuers ON issuers.issuer = said.issuer
    RETURNING *
  )
  SELECT json_agg(${packed} ORDER BY p)::text AS entries, pg_notify($9, '') FROM appended`

/** Appends entries at the end of the log, as the last thing a transaction does. */
export async function append(
  query: Query,
  database: Database,
  said: readonly Said[],
): Promise<readonly LogEntry[]> {
  const list = (value: (entry: Said) => string | number | undefined) =>
    arrayParameter(said.map(value))
  const [row = {}] = await query(appendEntries, [
    list(({ id }) => id),
    list(({ kind }) => kind),
    list(({ issuer }) => issuer),
    list(({ key }) => key),
    list(({ epoch }) => epoch),
    list(({ reason }) => reason),
    list(({ tokenExpiresAt }) => tokenExpiresAt),
    arrayParameter(newTags(said.length)),
    database.channel,
  ])
  return unpack<PackedEntry>(row.entries).map(logEntry)
}

/** 64 random bits in hex for each; drawn at once, since a draw costs as much as several of them. */
export function newTags(count: number): readonly string[] {
  const digits = Buffer.from(system.randomBytes(8 * count)).toString('hex')
  return Array.from({ length: count }, (_, index) => digits.slice(16 * index, 16 * (index + 1)))
}

/** Whether (p, tag) is in the log: the head's own position counts even when trimmed, and so does the origin. */
const isInLog = (p: string, tag: string) => `
  (${p} = 0 OR EXISTS (SELECT FROM signet.head WHERE head.p = ${p} AND head.tag = ${tag})
    OR EXISTS (SELECT FROM signet.log WHERE log.p = ${p} AND log.tag = ${tag}))`

/** Answers one row: where a member stands, and as one packed list what it has not seen, all of one moment. */
const readTail = `
  SELECT head.p, head.tag, head.floor, known::text,
    (SELECT version FROM signet.ring) AS ring_version,
    (SELECT json_agg(json_build_array(issuer, max_life))::text FROM signet.issuers) AS max_lives,
    (SELECT count(*) FROM signet.members) AS members,
    (SELECT json_agg(${packed} ORDER BY p)::text FROM (
      SELECT * FROM signet.log WHERE log.p > CASE WHEN known THEN $1::text::bigint ELSE 0 END
      ORDER BY log.p LIMIT ${BEAT_LIMIT}
    ) unseen) AS entries
  FROM signet.head CROSS JOIN LATERAL (SELECT ${isInLog('$1::text::bigint', '$2::text')} AS known) as_of`

/** A member that is not where it says it is begins again. Whoever waits for it to move is woken, and nobody else. */
const writeRecord = `
  WITH known AS (
    SELECT ${isInLog('$2::text::bigint', '$3::text')} AS known
  ), before AS MATERIALIZED (
    SELECT p, tag FROM signet.members WHERE id = $1
  ), record AS (
    INSERT INTO signet.members AS m (id, p, tag, beats, max_staleness, on_stale)
    SELECT $1, CASE WHEN known THEN $2::text::bigint ELSE 0 END, CASE WHEN known THEN $3::text ELSE '' END, 1,
      $4::text::double precision, $5
    FROM known
    ON CONFLICT (id) DO UPDATE SET p = excluded.p, tag = excluded.tag, beats = m.beats + 1,
      max_staleness = excluded.max_staleness, on_stale = excluded.on_stale
    RETURNING p, tag
  )
  SELECT pg_notify($6, '') FROM record LEFT JOIN before ON true
  WHERE (before.p, before.tag) IS DISTINCT FROM (record.p, record.tag)`

const readHead = 'SELECT p, tag FROM signet.head'
const membersOfReceipt = `
  SELECT ${isInLog('$1::text::bigint', '$2::text')}::text AS present, members.*,
    ${isInLog('members.p', 'members.tag')}::text AS confirmed
  FROM (SELECT 1) always LEFT JOIN signet.members ON true`
const deleteMember =
  'DELETE FROM signet.members WHERE id = $1 AND beats = coalesce($2::text::bigint, beats)'

const insertIssuer = `
  INSERT INTO signet.issuers VALUES ($1, $2::text::bigint) ON CONFLICT DO NOTHING RETURNING issuer`
const raiseIssuer = `
  UPDATE signet.issuers SET max_life = $2::text::bigint WHERE issuer = $1 AND max_life < $2::text::bigint
  RETURNING coalesce((SELECT version FROM signet.ring), 0) AS ring_version`

export function logSteps(database: Database): Omit<LogStore, 'watch' | 'reoffer'> {
  return {
    declareIssuer: (issuer, maxLife) =>
      database.transaction((query) => declareIssuer(query, database, issuer, maxLife)),
    // Two statements, and the first is committed before the second begins. In one, an entry could be committed between
    // its reading of the log and the record becoming visible, and a receipt would wait for nobody.
    beat: async ({ id, position, maxStaleness, onStale }) => {
      const record = [parameter(id), ...placeOf(position), String(maxStaleness), onStale]
      await database.write(writeRecord, [...record, database.channel])
      const [row = {}] = await database.read(readTail, placeOf(position))
      return { ...tailOf(row, position), members: Number(row.members) }
    },
    look: async (position) => {
      const [row = {}] = await database.read(readTail, placeOf(position))
      return tailOf(row, position)
    },
    head: () => readPosition(database.read.bind(database)),
    readReceipt: async (position) => {
      const rows = await database.read(membersOfReceipt, placeOf(position))
      const members = rows
        .filter(({ id }) => id !== null)
        .map((row) => ({ ...memberRecord(row), confirmed: row.confirmed === 'true' }))
      return { present: rows[0]?.present === 'true', members }
    },
    removeMember: async (id, beats) => {
      await database.write(deleteMember, [parameter(id), parameter(beats)])
    },
  }
}

export async function readPosition(query: Query): Promise<Position> {
  const [row = {}] = await query(readHead)
  return positionOf(row)
}

async function declareIssuer(
  query: Query,
  database: Database,
  issuer: string,
  maxLife: number,
): Promise<{ readonly raisedAt: Position | undefined }> {
  const values = [parameter(issuer), parameter(maxLife)]
  const isNew = (await query(insertIssuer, values)).length > 0
  const [raised] = isNew ? [] : await query(raiseIssuer, values)
  if (raised === undefined) return { raisedAt: undefined }
  // Any entry will do: the reply that carries it carries the new value, and a receipt can wait for it.
  const key = String(raised.ring_version)
  const said = { id: system.uuid(), kind: 'ring', issuer, key, reason: 'longer tokens' } as const
  const [entry] = await append(query, database, [said])
  return { raisedAt: entry?.position }
}

function placeOf({ p, tag }: Position): readonly SqlValue[] {
  return [String(p), tag]
}

function tailOf(row: Row, { p }: Position): Tail {
  const lives = unpack<readonly [string, number]>(row.max_lives)
  return {
    state: row.known === 'true' ? 'ok' : p <= Number(row.floor) ? 'resync' : 'diverged',
    head: positionOf(row),
    entries: unpack<PackedEntry>(row.entries).map(logEntry),
    maxLife: Object.fromEntries(lives.map(([issuer, life]) => [decodeText(issuer), life])),
    ringVersion: Number(row.ring_version ?? 0),
  }
}
