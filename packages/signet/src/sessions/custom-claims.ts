/** The caller's own claims of a session: proved by the schema, kept small, and never in the way of Signet's. */
import { registeredClaimNames } from '../jose/claims.ts'
import { checkJson, isPlainObject } from '../jose/json.ts'
import { describeIssue, type Schema } from '../jose/schema.ts'
import { refuseSensitiveClaims } from '../jose/sensitive-claims.ts'
import { describe } from '../options.ts'

/** The claims Signet sets in access tokens, and words that would be taken for something else. */
export const reservedClaimNames: ReadonlySet<string> = new Set([
  ...registeredClaimNames,
  'sid',
  'epoch',
  'scope',
  'client_id',
  'cnf',
  'claims',
  'header',
  'key',
  'token',
  'session',
])

/** The most that custom claims may take as JSON text, in bytes: they are in every access token of the session. */
export const MAX_CLAIMS_BYTES = 4096

/**
 * The JSON text of custom claims, after the schema has proved, and perhaps completed, them.
 *
 * @throws TypeError, RangeError naming the claim and what to write instead
 */
export async function encodeCustomClaims<C>(
  claims: unknown,
  schema: Schema<C> | undefined,
  allowSensitive: readonly string[],
): Promise<string> {
  const proved = schema === undefined ? (claims ?? {}) : await prove(schema, claims ?? {})
  if (!isPlainObject(proved))
    throw new TypeError(`'claims' must be a plain object, got ${describe(proved)}`)
  checkJson(proved, 'claims')
  for (const name of Object.keys(proved)) {
    if (reservedClaimNames.has(name)) {
      throw new TypeError(`claim '${name}' is set by Signet and cannot be given in 'claims'`)
    }
  }
  refuseSensitiveClaims(proved, allowSensitive)
  const text = JSON.stringify(proved)
  if (Buffer.byteLength(text) > MAX_CLAIMS_BYTES) {
    throw new RangeError(
      `'claims' take ${Buffer.byteLength(text)} bytes as JSON; at most ${MAX_CLAIMS_BYTES} travel with every request`,
    )
  }
  return text
}

async function prove<C>(schema: Schema<C>, claims: unknown): Promise<C> {
  const result = await schema['~standard'].validate(claims)
  if (result.issues === undefined) return result.value
  const { claim, text } = describeIssue(result.issues[0])
  throw new TypeError(`claim '${claim}' does not fit the schema: ${text}`)
}
