/** An access token of ours, recognised by its signature alone: what revoking it needs, expired or not. */
import { InvalidTokenError } from '../errors.ts'
import { parseJsonObject } from '../jose/json.ts'
import { verifyJws } from '../jose/jws.ts'
import type { KeySet } from '../jose/key.ts'

/**
 * The id and expiry of a token this issuer signed.
 *
 * @throws InvalidTokenError when it did not, or when the token has no id to revoke it by
 */
export function verifyOwnSignature(
  token: string,
  issuer: string,
  keys: KeySet,
): { readonly jti: string; readonly exp: number } {
  const { payload } = verifyJws(token, keys, undefined)
  const claims = typeof payload === 'string' ? (parseJsonObject(payload) ?? {}) : {}
  const { iss, jti, exp } = claims
  if (iss !== issuer)
    throw new InvalidTokenError('the token is from another issuer', { claim: 'iss' })
  if (typeof jti !== 'string' || typeof exp !== 'number') {
    throw new InvalidTokenError("the token has no 'jti' and 'exp' by which it could be revoked")
  }
  return { jti, exp }
}
