/** Sessions as people see them. */
import type { JsonObject } from '../jose/json.ts'
import { checkOptions, checkText } from '../options.ts'
import { subjectHash, subjectHashOf } from './session-id.ts'
import type { SessionRow } from './session-row.ts'
import type { StoredSession } from './session-store.ts'

/** What is known of the caller, at issue and at refresh. */
export interface Context {
  /** A name the user will recognise in a list of devices. */
  readonly deviceLabel?: string
  readonly userAgent?: string
  readonly ip?: string
  /** The thumbprint of the key the session is bound to (RFC 9449). */
  readonly dpopThumbprint?: string
}

export interface Session<C> {
  readonly sessionId: string
  readonly subject: string
  readonly claims: C
  readonly audience: string | readonly string[]
  readonly scope?: string
  readonly clientId?: string
  readonly deviceLabel?: string
  readonly userAgent?: string
  readonly createdAt: Date
  readonly refreshedAt: Date
  /** When it ends unless it is refreshed before. */
  readonly expiresAt: Date
}

const MAX_CONTEXT_TEXT = 512
export const contextNames: readonly string[] = ['deviceLabel', 'userAgent', 'ip', 'dpopThumbprint']

/** Checks a context and cuts its texts: they come from request headers, which are as long as a client likes. */
export function readContext(context: Context, extra: readonly string[] = []): Context {
  checkOptions('context', context, [...contextNames, ...extra], {
    undefinedIsAbsent: [...contextNames, ...extra],
  })
  const cut = (name: keyof Context) =>
    context[name] === undefined
      ? {}
      : { [name]: checkText(`context.${name}`, context[name]).slice(0, MAX_CONTEXT_TEXT) }
  return { ...cut('deviceLabel'), ...cut('userAgent'), ...cut('dpopThumbprint') }
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
    expiresAt: new Date(row.idleAt),
  }
}

/** Whether it was ended by name or by a log-out-everywhere. */
export function isOver({ row, cut }: StoredSession): boolean {
  return row.revokedAt !== undefined || row.epoch < cut
}

/** Whether the row belongs to this issuer: several may share a store. */
export function isOfIssuer(row: SessionRow, issuer: string): boolean {
  return subjectHash(issuer, row.subject) === subjectHashOf(row.sid)
}
