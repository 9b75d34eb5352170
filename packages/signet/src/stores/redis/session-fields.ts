/** A session row as the fields of a Redis hash. Every field is always there, and holds no NUL. */
import type { SessionRow } from '../../sessions/session-row.ts'

/** In the order in which scripts read and answer them. The session id is in the key. */
export const sessionFields: readonly (keyof SessionRow)[] = [
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
]

/** How scripts answer a row: its fields with this between them. */
const SEPARATOR = '\0'

/** A text from outside as a field, or nothing for one that is absent. JSON holds no NUL, whatever the text does. */
export function toField(text: string | undefined): string {
  return text === undefined ? '' : JSON.stringify(text)
}

function fromField(field: string): string | undefined {
  return field === '' ? undefined : (JSON.parse(field) as string)
}

/** The parts of a script's answer. */
export function unpack(reply: string): readonly string[] {
  return reply.split(SEPARATOR)
}

/** The row whose fields are among the parts of an answer, from a place on. */
export function readSession(sid: string, parts: readonly string[], from = 0): SessionRow {
  const field = (place: number) => parts[from + place] as string
  return {
    sid,
    subject: fromField(field(16)) as string,
    claims: field(7),
    audience: field(17),
    scope: fromField(field(18)),
    client: fromField(field(13)),
    cnf: fromField(field(14)),
    context: field(19),
    epoch: Number(field(10)),
    gen: Number(field(0)),
    rotatedAt: Number(field(1)),
    replays: Number(field(2)),
    attempt: field(3),
    contextHash: fromField(field(4)),
    secretHash: field(12),
    macKid: field(5),
    bornAt: Number(field(15)),
    idleAt: Number(field(6)),
    absoluteAt: Number(field(11)),
    revokedAt: field(9) === '' ? undefined : Number(field(9)),
    history: field(8),
  }
}
