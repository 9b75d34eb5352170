/** A session row as the fields of a Redis hash. Every field is always there, so that one HMGET reads a whole row. */
import type { SessionRow } from '../../sessions/session-row.ts'

/** In the order in which scripts read and answer them. The session id is in the key. */
export const sessionFields = [
  'gen',
  'rotatedAt',
  'replays',
  'attempt',
  'contextHash',
  'macKid',
  'idleAt',
  'claims',
  'history',
  'revokedAt',
  'epoch',
  'absoluteAt',
  'secretHash',
  'client',
  'cnf',
  'bornAt',
  'subject',
  'audience',
  'scope',
  'context',
] as const satisfies readonly (keyof SessionRow)[]

/** A text that may be absent: nothing is written for absence, and `=` before what is there, were it empty. */
export function optional(text: string | undefined): string {
  return text === undefined ? '' : `=${text}`
}

export function fromOptional(text: string): string | undefined {
  return text === '' ? undefined : text.slice(1)
}

/** The row whose fields a script has answered. */
export function readSession(sid: string, fields: readonly string[]): SessionRow {
  const [gen, rotatedAt, replays, attempt, contextHash, macKid, idleAt, claims, history] = fields
  const [revokedAt, epoch, absoluteAt, secretHash, client, cnf, bornAt] = fields.slice(9)
  const [subject, audience, scope, context] = fields.slice(16)
  return {
    sid,
    subject: String(subject),
    claims: String(claims),
    audience: String(audience),
    scope: fromOptional(String(scope)),
    client: fromOptional(String(client)),
    cnf: fromOptional(String(cnf)),
    context: String(context),
    epoch: Number(epoch),
    gen: Number(gen),
    rotatedAt: Number(rotatedAt),
    replays: Number(replays),
    attempt: String(attempt),
    contextHash: fromOptional(String(contextHash)),
    secretHash: String(secretHash),
    macKid: String(macKid),
    bornAt: Number(bornAt),
    idleAt: Number(idleAt),
    absoluteAt: Number(absoluteAt),
    revokedAt: revokedAt === '' ? undefined : Number(revokedAt),
    history: String(history),
  }
}
