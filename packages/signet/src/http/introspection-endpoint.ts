/** The introspection endpoint (RFC 7662): what a token is worth now, for those who cannot verify it themselves. */
import { checkOptions } from '../options.ts'
import type { Introspection } from '../sessions/introspect.ts'
import { oauthAnswer } from './oauth-answer.ts'
import {
  type ClientOptions,
  clientAuthentication,
  clientOptionNames,
  clientRefusal,
} from './oauth-client.ts'
import { type Asked, type Endpoint, oauthEndpoint, parameter } from './oauth-endpoint.ts'

/** What the endpoint needs of an issuer; Signet is one. */
export interface Introspector {
  introspect(token: string): Promise<Introspection>
}

export interface IntrospectionEndpointOptions extends ClientOptions {
  /**
   * Lets a caller in that is no client, for example by an API key; undefined has it authenticate as a client. May throw
   * an OAuthError or answer false to refuse.
   */
  readonly isTrusted?: (request: Request) => boolean | Promise<boolean>
}

/**
 * Tells confidential clients, and callers that `isTrusted` knows, what a token is. Anything that is not good now is
 * `{"active":false}` and nothing else (section 2.2).
 *
 * @throws TypeError naming the option; the endpoint rejects only for faults of the service itself
 */
export function introspectionEndpoint(
  signet: Introspector,
  options: IntrospectionEndpointOptions = {},
): Endpoint {
  const { isTrusted, ...clients } = options
  checkOptions('introspectionEndpoint', options, [...clientOptionNames, 'isTrusted'])
  const authenticated = oauthEndpoint(clientAuthentication(clients), async (asked) => {
    // Anybody may call itself a public client, and tokens are nobody's business (section 2.1).
    if (asked.client.isConfidential) return introspect(signet, asked)
    throw clientRefusal('the caller must authenticate')
  })
  const trusted = oauthEndpoint(
    () => ({ clientId: undefined, isConfidential: false }),
    (asked) => introspect(signet, asked),
  )
  return async (request) =>
    isTrusted !== undefined && (await isTrusted(request))
      ? trusted(request)
      : authenticated(request)
}

async function introspect(signet: Introspector, { form }: Asked): Promise<Response> {
  return oauthAnswer(200, await signet.introspect(parameter(form, 'token')))
}
