/** Access tokens, made of what a store step has decided and of nothing else. */
import { signJws } from '../jose/jws.ts'
import type { Key } from '../jose/key.ts'

/** Header parameter `typ` of access tokens (RFC 9068 section 2.1). */
export const ACCESS_TYP = 'at+jwt'

export interface AccessFacts {
  readonly issuer: string
  readonly subject: string
  readonly audience: string | readonly string[]
  readonly tokenId: string
  readonly sessionId: string | undefined
  readonly epoch: number
  readonly scope: string | undefined
  readonly clientId: string | undefined
  readonly cnf: string | undefined
  /** JSON text of the custom claims. */
  readonly claims: string
  /** Store milliseconds of the step that allowed the token, never the moment of signing: see mintAccessToken. */
  readonly issuedAt: number
  readonly expiresAt: number
}

/**
 * Signs an access token.
 *
 * `iat` and `exp` are those of the store step. A signer that was frozen after it can then not make a token that outlives
 * the revocation entries written meanwhile.
 */
export function mintAccessToken(facts: AccessFacts, key: Key): string {
  const claims = {
    iss: facts.issuer,
    sub: facts.subject,
    aud: facts.audience,
    exp: Math.floor(facts.expiresAt / 1000),
    iat: Math.floor(facts.issuedAt / 1000),
    jti: facts.tokenId,
    sid: facts.sessionId,
    epoch: facts.epoch,
    type: 'access',
    scope: facts.scope,
    client_id: facts.clientId,
    cnf: facts.cnf === undefined ? undefined : { jkt: facts.cnf },
    ...JSON.parse(facts.claims),
  }
  return signJws(JSON.stringify(claims), key, ACCESS_TYP)
}
