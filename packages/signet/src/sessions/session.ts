/** Sessions as people see them. */
import type { JsonObject } from '../jose/json.ts'
import type { Authority } from './authority.ts'
import { chronicleOf } from './chronicle.ts'
import { type Context, deviceOf } from './context.ts'
import { subjectHash, subjectHashOf } from './session-id.ts'
import type { SessionRow } from './session-row.ts'
import type { StoredSession } from './session-store.ts'

export interface Session<C> {
  readonly sessionId: string
  readonly subject: string
  readonly claims: C
  readonly audience: string | readonly string[]
  readonly scope?: string
  readonly clientId?: string
  readonly deviceLabel?: string
  readonly userAgent?: string
  /** The address it was begun from, with `session.recordIp`. */
  readonly ip?: string
  readonly createdAt: Date
  readonly refreshedAt: Date
  /** The device that refreshed it last, in one short line. Absent while that is the one it was begun on. */
  readonly refreshedBy?: string
  /** When it ends unless it is refreshed before. */
  readonly expiresAt: Date
}

export function sessionOf<C>(row: SessionRow): Session<C> {
  const context: Context = JSON.parse(row.context)
  return {
    sessionId: row.sid,
    subject: row.subject,
    claims: JSON.parse(row.claims) as JsonObject as C,
    audience: JSON.parse(row.audience),
    ...(row.scope === undefined ? {} : { scope: row.scope }),
    ...(row.client === undefined ? {} : { clientId: row.client }),
    ...context,
    createdAt: new Date(row.bornAt),
    refreshedAt: new Date(row.rotatedAt),
    ...refreshedBy(row, context),
    expiresAt: new Date(row.idleAt),
  }
}

function refreshedBy(row: SessionRow, begunBy: Context): { readonly refreshedBy?: string } {
  const last = chronicleOf(row).find(({ type }) => type === 'rotated' || type === 'recovered')
  const { device } = last ?? {}
  return device === undefined || device === deviceOf(begunBy) ? {} : { refreshedBy: device }
}

/** Whether our own index holds the session by name, whatever a restored store says of it. */
export function isKnownRevoked<C>(
  { index, issuer }: Pick<Authority<C>, 'index' | 'issuer'>,
  sessionId: string,
): boolean {
  const identity = { issuer, sessionId, subject: undefined, tokenId: undefined, epoch: 0 }
  return index.revokes(identity) !== undefined
}

/** Whether it was ended by name or by a log-out-everywhere. */
export function isOver({ row, cut }: StoredSession): boolean {
  return row.revokedAt !== undefined || row.epoch < cut
}

/** Whether the row belongs to this issuer: several may share a store. */
export function isOfIssuer(row: SessionRow, issuer: string): boolean {
  return subjectHash(issuer, row.subject) === subjectHashOf(row.sid)
}
