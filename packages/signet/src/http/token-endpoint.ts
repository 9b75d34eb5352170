/** The token endpoint: the refresh grant (RFC 6749 section 6). */
import { checkOptions } from '../options.ts'
import type { RefreshContext } from '../sessions/refresh.ts'
import type { TokenPair } from '../sessions/token-pair.ts'
import { OAuthError, oauthAnswer } from './oauth-answer.ts'
import { type ClientOptions, clientAuthentication, clientOptionNames } from './oauth-client.ts'
import { type Asked, type Endpoint, oauthEndpoint, parameter } from './oauth-endpoint.ts'

/** What the endpoint needs of an issuer; Signet is one. */
export interface Refresher {
  refresh(refreshToken: string, context?: RefreshContext): Promise<TokenPair>
}

export interface TokenEndpointOptions extends ClientOptions {}

/**
 * Exchanges a refresh token. Whatever is wrong with it, the client reads the same `invalid_grant`.
 *
 * @throws TypeError naming the option; the endpoint rejects only for faults of the service itself
 */
export function tokenEndpoint(signet: Refresher, options: TokenEndpointOptions = {}): Endpoint {
  checkOptions('tokenEndpoint', options, clientOptionNames)
  return oauthEndpoint(clientAuthentication(options), (asked) => grant(signet, asked))
}

async function grant(signet: Refresher, { request, form, client }: Asked): Promise<Response> {
  if (parameter(form, 'grant_type') !== 'refresh_token') {
    throw new OAuthError('unsupported_grant_type', 'the grant here is refresh_token')
  }
  const refreshToken = parameter(form, 'refresh_token')
  if (form.has('scope')) {
    throw new OAuthError(
      'invalid_scope',
      'the scope of a session is fixed: leave the parameter out',
    )
  }
  const userAgent = request.headers.get('user-agent') || undefined
  const context = {
    ...(client.clientId === undefined ? {} : { clientId: client.clientId }),
    ...(userAgent === undefined ? {} : { userAgent }),
  }
  return oauthAnswer(200, tokenResponse(await signet.refresh(refreshToken, context)))
}

/** RFC 6749 section 5.1. */
function tokenResponse(pair: TokenPair): object {
  return {
    access_token: pair.accessToken,
    token_type: 'Bearer',
    expires_in: pair.expiresInSeconds,
    refresh_token: pair.refreshToken,
    ...(pair.scope === undefined ? {} : { scope: pair.scope }),
  }
}
