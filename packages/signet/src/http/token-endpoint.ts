/** The token endpoint of OAuth, as far as it concerns a session: the refresh grant (RFC 6749 section 6). */
import { checkOptions, checkText } from '../options.ts'
import type { RefreshContext } from '../sessions/refresh.ts'
import type { TokenPair } from '../sessions/token-pair.ts'
import { refusal } from './refusal.ts'

export interface TokenEndpointOptions {
  /** The client of a request that names none: for issuers with one public client. Default: none. */
  readonly defaultClientId?: string
}

/** The part of an issuer that the endpoint uses. */
export interface Refresher {
  refresh(refreshToken: string, context?: RefreshContext): Promise<TokenPair>
}

/** Longest form read, in bytes: a refresh token has at most 1024. */
const MAX_FORM_BYTES = 8192

type OAuthError = 'invalid_request' | 'unsupported_grant_type' | 'invalid_client'

/**
 * Makes the endpoint. It answers everything a request can be and throws only for what is a bug.
 *
 * @throws TypeError naming the option
 */
export function tokenEndpoint(
  issuer: Refresher,
  options: TokenEndpointOptions = {},
): (request: Request) => Promise<Response> {
  checkOptions('tokenEndpoint', options, ['defaultClientId'])
  const { defaultClientId } = options
  if (defaultClientId !== undefined) checkText('defaultClientId', defaultClientId)
  return async (request) => {
    const form = await readForm(request)
    if (form instanceof Response) return form
    const grantType = form.get('grant_type')
    if (grantType === undefined) return oauthError('invalid_request', 'grant_type is missing')
    if (grantType !== 'refresh_token') {
      return oauthError('unsupported_grant_type', 'grant_type must be refresh_token')
    }
    const refreshToken = form.get('refresh_token')
    if (refreshToken === undefined) return oauthError('invalid_request', 'refresh_token is missing')
    const clientId = form.get('client_id') ?? defaultClientId
    const userAgent = request.headers.get('user-agent')
    return answer(issuer, refreshToken, {
      ...(clientId === undefined ? {} : { clientId }),
      ...(userAgent === null || userAgent === '' ? {} : { userAgent }),
    })
  }
}

async function answer(
  issuer: Refresher,
  refreshToken: string,
  context: RefreshContext,
): Promise<Response> {
  try {
    const pair = await issuer.refresh(refreshToken, context)
    return json(200, {
      access_token: pair.accessToken,
      token_type: 'Bearer',
      expires_in: pair.expiresInSeconds,
      refresh_token: pair.refreshToken,
      ...(pair.scope === undefined ? {} : { scope: pair.scope }),
    })
  } catch (error) {
    const refused = refusal(error)
    if (refused === undefined) throw error
    const { status, body, retryAfterSeconds } = refused
    return json(
      status,
      body,
      retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
    )
  }
}

/** The parameters of a form, or the answer to a request that is none. An empty value counts as left out (RFC 6749 section 3.2). */
async function readForm(request: Request): Promise<ReadonlyMap<string, string> | Response> {
  if (request.method !== 'POST') {
    return json(
      405,
      { error: 'invalid_request', error_description: 'POST is needed' },
      { allow: 'POST' },
    )
  }
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded') {
    return oauthError('invalid_request', 'the body must be application/x-www-form-urlencoded')
  }
  const text = await readText(request)
  if (text === undefined)
    return oauthError('invalid_request', `the body is larger than ${MAX_FORM_BYTES} bytes`, 413)
  const form = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(text)) {
    if (form.has(name)) return oauthError('invalid_request', 'a parameter is repeated')
    form.set(name, value)
  }
  for (const [name, value] of form) if (value === '') form.delete(name)
  return form
}

/** The body, or undefined as soon as it is too long: nobody waits for the rest. */
async function readText(request: Request): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength
    if (size > MAX_FORM_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function oauthError(error: OAuthError, description: string, status = 400): Response {
  return json(status, { error, error_description: description })
}

/** Answers of this endpoint must not be cached, errors included (RFC 6749 section 5.1). */
function json(
  status: number,
  body: object,
  headers: { readonly [name: string]: string } = {},
): Response {
  return Response.json(body, {
    status,
    headers: { 'cache-control': 'no-store', pragma: 'no-cache', ...headers },
  })
}
