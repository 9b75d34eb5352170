/** An access token of ours, recognised by its signature alone: what revoking it needs, expired or not. */
import { InvalidTokenError } from '../errors.ts'
import { decodeUtf8 } from '../jose/bytes.ts'
import { parseJsonObject } from '../jose/json.ts'
import { verifyJws } from '../jose/jws.ts'
import type { KeySet } from '../jose/key.ts'

export interface OwnToken {
  readonly jti: string
  readonly exp: number
  readonly sub: string | undefined
  readonly sid: string | undefined
  readonly client: string | undefined
}

/**
 * What revoking a token that this issuer signed takes.
 *
 * @throws InvalidTokenError when it did not, or when the token has no id to revoke it by
 */
export function verifyOwnSignature(token: string, issuer: string, keys: KeySet): OwnToken {
  const { payload } = verifyJws(token, keys, undefined)
  const claims = parseJsonObject(decodeUtf8(payload) ?? '') ?? {}
  const { iss, jti, exp, sub, sid, client_id: client } = claims
  if (iss !== issuer)
    throw new InvalidTokenError('the token is from another issuer', { claim: 'iss' })
  if (typeof jti !== 'string' || typeof exp !== 'number') {
    throw new InvalidTokenError("the token has no 'jti' and 'exp' by which it could be revoked")
  }
  return { jti, exp, sub: textOf(sub), sid: textOf(sid), client: textOf(client) }
}

function textOf(claim: unknown): string | undefined {
  return typeof claim === 'string' ? claim : undefined
}
