/** The revocation endpoint (RFC 7009): a client gives back a token of its own. */
import { InvalidRefreshTokenError, InvalidTokenError } from '../errors.ts'
import { checkOptions } from '../options.ts'
import type { Receipt, RevokeOptions } from '../sessions/revoke.ts'
import type { RevokeTarget } from '../sessions/revoke-target.ts'
import { OAuthError } from './oauth-answer.ts'
import { type ClientOptions, clientAuthentication, clientOptionNames } from './oauth-client.ts'
import { type Asked, type Endpoint, oauthEndpoint, parameter } from './oauth-endpoint.ts'

/** What the endpoint needs of an issuer; Signet is one. */
export interface Revoker {
  revoke(target: RevokeTarget, options?: RevokeOptions): Promise<Receipt>
}

export interface RevocationEndpointOptions extends ClientOptions {}

/**
 * Revokes an access token, or the session of a refresh token, one that has long been rotated included. `token_type_hint`
 * is read by nobody: the token says what it is.
 *
 * @throws TypeError naming the option; the endpoint rejects only for faults of the service itself
 */
export function revocationEndpoint(
  signet: Revoker,
  options: RevocationEndpointOptions = {},
): Endpoint {
  checkOptions('revocationEndpoint', options, clientOptionNames)
  return oauthEndpoint(clientAuthentication(options), (asked) => revoke(signet, asked))
}

/** A token that is none of ours is invalid already, so it is as good as revoked (RFC 7009 section 2.2). */
async function revoke(signet: Revoker, { form, client }: Asked): Promise<Response> {
  const token = parameter(form, 'token')
  const { clientId } = client
  try {
    await signet.revoke(
      { token },
      { reason: 'revoked by its client', ...(clientId && { clientId }) },
    )
  } catch (error) {
    if (error instanceof InvalidTokenError && error.claim === 'client_id') {
      throw new OAuthError('invalid_grant', 'the token was issued to another client')
    }
    if (!(error instanceof InvalidTokenError || error instanceof InvalidRefreshTokenError))
      throw error
  }
  return new Response(null, { status: 200, headers: { 'cache-control': 'no-store' } })
}
