/** The token endpoint: the refresh grant for public clients (RFC 6749 section 6). */
import { checkOptions, checkText } from '../options.ts'
import type { RefreshContext } from '../sessions/refresh.ts'
import type { TokenPair } from '../sessions/token-pair.ts'
import { RequestError } from './body.ts'
import { readForm } from './form.ts'
import { refusal, refusalHeaders } from './refusal.ts'

/** What the endpoint needs of an issuer; Signet is one. */
export interface Refresher {
  refresh(refreshToken: string, context?: RefreshContext): Promise<TokenPair>
}

export interface TokenEndpointOptions {
  /** The client that a request without `client_id` comes from. Default: none, for sessions that belong to no client. */
  readonly defaultClientId?: string
}

/** An endpoint of the Fetch API: it answers every request and never rejects for what a client has sent. */
export type Endpoint = (request: Request) => Promise<Response>

/** The error codes of RFC 6749 section 5.2 that this endpoint finds by itself. */
type OAuthError = 'invalid_request' | 'invalid_client' | 'invalid_scope' | 'unsupported_grant_type'

/**
 * Exchanges a refresh token. Whatever is wrong with it, the client reads the same `invalid_grant`.
 *
 * @throws TypeError naming the option; the endpoint rejects only for faults of the service itself
 */
export function tokenEndpoint(signet: Refresher, options: TokenEndpointOptions = {}): Endpoint {
  checkOptions('tokenEndpoint', options, ['defaultClientId'])
  const defaultClientId =
    options.defaultClientId === undefined
      ? undefined
      : checkText('defaultClientId', options.defaultClientId)
  return async (request) => {
    if (request.method !== 'POST') {
      return refuse('invalid_request', 'the method must be POST', 405, { allow: 'POST' })
    }
    try {
      const form = await readForm(request)
      return (
        refuseClientSecret(request, form) ?? (await grant(signet, request, form, defaultClientId))
      )
    } catch (error) {
      if (error instanceof RequestError)
        return refuse('invalid_request', error.message, error.status)
      throw error
    }
  }
}

/**
 * Clients here are public and have nothing to prove. One that tries all the same is told so, with a challenge of the
 * scheme it used (RFC 6749 section 5.2), rather than left to believe that its secret was checked.
 */
function refuseClientSecret(
  request: Request,
  form: ReadonlyMap<string, string>,
): Response | undefined {
  if (request.headers.has('authorization')) {
    const challenge = { 'www-authenticate': 'Basic realm="token"' }
    return refuse('invalid_client', 'clients are public: send client_id alone', 401, challenge)
  }
  if (!form.has('client_secret') && !form.has('client_assertion')) return undefined
  return refuse('invalid_client', 'clients are public: send client_id alone')
}

async function grant(
  signet: Refresher,
  request: Request,
  form: ReadonlyMap<string, string>,
  defaultClientId: string | undefined,
): Promise<Response> {
  const grantType = form.get('grant_type')
  if (grantType === undefined) return refuse('invalid_request', 'grant_type is missing')
  if (grantType !== 'refresh_token') {
    return refuse('unsupported_grant_type', 'the grant here is refresh_token')
  }
  const refreshToken = form.get('refresh_token')
  if (refreshToken === undefined) return refuse('invalid_request', 'refresh_token is missing')
  if (form.has('scope')) {
    return refuse('invalid_scope', 'the scope of a session is fixed: leave the parameter out')
  }
  const clientId = form.get('client_id') ?? defaultClientId
  const userAgent = request.headers.get('user-agent') || undefined
  const context = {
    ...(clientId === undefined ? {} : { clientId }),
    ...(userAgent === undefined ? {} : { userAgent }),
  }
  try {
    return answer(200, tokenResponse(await signet.refresh(refreshToken, context)))
  } catch (error) {
    const refused = refusal(error)
    return answer(refused.status, refused.body, refusalHeaders(refused))
  }
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

function refuse(
  error: OAuthError,
  description: string,
  status = 400,
  headers: { readonly [name: string]: string } = {},
): Response {
  return answer(status, { error, error_description: description }, headers)
}

/** Nothing that is said here may be kept by a cache (RFC 6749 section 5.1); Pragma is for the oldest of them. */
function answer(
  status: number,
  body: object,
  headers: { readonly [name: string]: string } = {},
): Response {
  return Response.json(body, {
    status,
    headers: { ...headers, 'cache-control': 'no-store', pragma: 'no-cache' },
  })
}
