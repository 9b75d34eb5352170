/** Rows of the tables as the ports know them. Whatever a driver makes of an integer, `Number` takes. */
import type { RingDocument } from '../../keys/ring-store.ts'
import type { EntryKind, LogEntry } from '../../revocation/entry.ts'
import type { MemberRecord, OnStale } from '../../revocation/log-store.ts'
import type { Position } from '../../revocation/position.ts'
import type { SessionRow } from '../../sessions/session-row.ts'
import type { Row } from './driver.ts'
import { decodeText } from './text.ts'

/** The columns of a session as `sessionRow` takes them. */
export const sessionColumns =
  "sid, subject, claims, audience, scope, client, cnf, context, epoch, gen, rotated_at, replays, attempt, context_hash, secret_hash, mac_kid, born_at, idle_at, absolute_at, revoked_at, array_to_string(history, '') AS history"

export function sessionRow(row: Row): SessionRow {
  return {
    sid: row.sid as string,
    subject: decodeText(row.subject as string),
    claims: decodeText(row.claims as string),
    audience: decodeText(row.audience as string),
    scope: optionalText(row.scope),
    client: optionalText(row.client),
    cnf: optionalText(row.cnf),
    context: decodeText(row.context as string),
    epoch: Number(row.epoch),
    gen: Number(row.gen),
    rotatedAt: Number(row.rotated_at),
    replays: Number(row.replays),
    attempt: row.attempt as string,
    contextHash: optionalText(row.context_hash),
    secretHash: row.secret_hash as string,
    macKid: decodeText(row.mac_kid as string),
    bornAt: Number(row.born_at),
    idleAt: Number(row.idle_at),
    absoluteAt: Number(row.absolute_at),
    revokedAt: row.revoked_at === null ? undefined : Number(row.revoked_at),
    history: decodeText(row.history as string),
  }
}

/** An entry as the log statements pack it: a list, since a thousand objects would name each member a thousand times. */
export type PackedEntry = readonly [
  p: number,
  tag: string,
  id: string,
  kind: EntryKind,
  issuer: string,
  key: string,
  epoch: number | null,
  reason: string | null,
  at: number,
  expiresAt: number,
]

export function logEntry(packed: PackedEntry): LogEntry {
  const [p, tag, id, kind, issuer, key, epoch, reason, at, expiresAt] = packed
  return {
    id: decodeText(id),
    kind,
    issuer: decodeText(issuer),
    key: decodeText(key),
    ...(epoch === null ? {} : { epoch }),
    ...(reason === null ? {} : { reason: decodeText(reason) }),
    at,
    expiresAt,
    position: { p, tag },
  }
}

/** A list that a statement has packed as JSON; NULL is an empty one. */
export function unpack<T>(json: unknown): readonly T[] {
  return json === null || json === undefined ? [] : JSON.parse(json as string)
}

export function memberRecord(row: Row): MemberRecord {
  return {
    id: decodeText(row.id as string),
    position: positionOf(row),
    beats: Number(row.beats),
    maxStaleness: Number(row.max_staleness),
    onStale: row.on_stale as OnStale,
  }
}

export function positionOf(row: Row): Position {
  return { p: Number(row.p), tag: row.tag as string }
}

export function ringDocument(row: Row): RingDocument {
  return {
    version: Number(row.version),
    publicPart: decodeText(row.public_part as string),
    sealed: JSON.parse(row.sealed as string),
  }
}

function optionalText(value: unknown): string | undefined {
  return value === null ? undefined : decodeText(value as string)
}
