/**
 * Refresh tokens in a cookie that no script can read, for browsers (RFC 10017 section 6.1). The access token is answered
 * in JSON and lives in memory; the refresh token never leaves the cookie.
 */
import { InvalidRefreshTokenError, SignetError } from '../errors.ts'
import { checkOptions, describe } from '../options.ts'
import type { Receipt, RevokeOptions } from '../sessions/revoke.ts'
import type { RevokeTarget } from '../sessions/revoke-target.ts'
import type { TokenPair } from '../sessions/token-pair.ts'
import { cookieValue, isCookieName } from './cookies.ts'
import type { Endpoint } from './oauth-endpoint.ts'
import { refusal, refusalHeaders } from './refusal.ts'
import type { Refresher } from './token-endpoint.ts'

/** What the endpoints need of an issuer; Signet is one. */
export interface CookieIssuer extends Refresher {
  revoke(target: RevokeTarget, options?: RevokeOptions): Promise<Receipt>
}

export interface CookieSessionOptions {
  /** The origins of the pages that may use the endpoints, such as 'https://app.example'. Exact; there are no patterns. */
  readonly origins: readonly string[]
  /**
   * Default '__Host-Http-refresh': browsers take a cookie of such a name from this host alone, over https, and keep it from
   * scripts. A name of your own must begin with '__Host-', too.
   */
  readonly cookie?: string
  /** 'localhost' leaves out the prefix and `Secure`, for http on one's own machine. Default: https only. */
  readonly allowHttp?: 'localhost'
}

export interface CookieSessions {
  /** The Set-Cookie header with which a login handler hands the refresh token over. Its answer holds no refresh token. */
  setCookie(pair: TokenPair): string
  /** POST: rotates the session of the cookie, answers the access token, and sets the cookie anew. */
  readonly refresh: Endpoint
  /** POST: ends the session of the cookie, and the cookie. */
  readonly logOut: Endpoint
}

/** A header that a foreign page cannot send without asking first (Fetch standard, CORS-preflight fetch). */
const GUARD_HEADER = 'x-signet'
const PREFIX = '__Host-'

/** @throws TypeError naming the option */
export function cookieSessions(
  signet: CookieIssuer,
  options: CookieSessionOptions,
): CookieSessions {
  const { origins, name, attributes } = readOptions(options)
  const cookie = (value: string, maxAge: number) =>
    `${name}=${value}; Max-Age=${maxAge}; Path=/; HttpOnly; SameSite=Strict${attributes}`
  const cleared = cookie('', 0)
  const guarded =
    (answer: (token: string | undefined) => Promise<Response>): Endpoint =>
    async (request) => {
      const from = readOrigin(request, origins)
      if (request.method === 'OPTIONS') return allowCrossOrigin(preflight(from), from)
      const response = refuseForeign(request, from) ?? (await answer(readCookie(request, name)))
      return allowCrossOrigin(response, from)
    }
  return {
    setCookie: (pair) => cookie(pair.refreshToken, secondsUntil(pair)),
    refresh: guarded(async (token) => {
      if (token === undefined) return refuse(401, 'no_session', 'there is no session: log in')
      try {
        const pair = await signet.refresh(token)
        return answerPair(pair, cookie(pair.refreshToken, secondsUntil(pair)))
      } catch (error) {
        return explain(error, cleared)
      }
    }),
    logOut: guarded(async (token) => {
      try {
        // A token that is none of ours has no session to end.
        if (token !== undefined) await signet.revoke({ token }).catch(ignoreInvalid)
        return new Response(null, { status: 204, headers: { 'set-cookie': cleared, ...noStore } })
      } catch (error) {
        return explain(error, cleared)
      }
    }),
  }
}

const noStore = { 'cache-control': 'no-store' }

function readOptions(options: CookieSessionOptions) {
  checkOptions('cookieSessions', options, ['origins', 'cookie', 'allowHttp'])
  const { origins, allowHttp } = options
  if (allowHttp !== undefined && allowHttp !== 'localhost') {
    throw new TypeError(`'allowHttp' can only be 'localhost', got ${describe(allowHttp)}`)
  }
  const isOpen = allowHttp === 'localhost'
  const name = options.cookie ?? (isOpen ? 'refresh' : `${PREFIX}Http-refresh`)
  if (!isCookieName(name) || (!isOpen && !name.startsWith(PREFIX))) {
    throw new TypeError(`'cookie' must be the name of a cookie that begins with ${PREFIX}`)
  }
  if (!Array.isArray(origins) || origins.length === 0) {
    throw new TypeError(
      "'origins' must list the origins of your pages, such as ['https://app.example']",
    )
  }
  for (const origin of origins) checkOrigin(origin, isOpen)
  return { origins: new Set<string>(origins), name, attributes: isOpen ? '' : '; Secure' }
}

function checkOrigin(origin: unknown, isOpen: boolean): void {
  const url = URL.parse(String(origin))
  const isLocal = isOpen && url?.protocol === 'http:' && url.hostname === 'localhost'
  if (url?.origin === origin && (url?.protocol === 'https:' || isLocal)) return
  throw new TypeError(
    `'origins' must hold origins, scheme and host and no path, of https; got ${describe(origin)}`,
  )
}

/** The allowed origin the request comes from; undefined for any other, and for a request that names none. */
function readOrigin({ headers }: Request, origins: ReadonlySet<string>): string | undefined {
  const origin = headers.get('origin')
  return origin !== null && origins.has(origin) ? origin : undefined
}

/**
 * Three defences against a page that is not ours (RFC 10017 section 6.1.3.3), since SameSite does not stop a neighbouring
 * host: the origin, what the browser itself says of the request, and a header that needs a preflight.
 */
function refuseForeign(
  { method, headers }: Request,
  from: string | undefined,
): Response | undefined {
  if (method !== 'POST') return refuse(405, 'invalid_request', 'the method must be POST')
  const site = headers.get('sec-fetch-site')
  if (from === undefined || site === 'cross-site') {
    return refuse(403, 'forbidden', 'the request does not come from a page that may send it')
  }
  if (headers.has(GUARD_HEADER)) return undefined
  return refuse(403, 'forbidden', `the header ${GUARD_HEADER} is missing`)
}

function preflight(from: string | undefined): Response {
  if (from === undefined) return new Response(null, { status: 403 })
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': GUARD_HEADER,
      'access-control-max-age': '600',
    },
  })
}

/** Only for an allowed origin, named exactly: with credentials there are no wildcards. */
function allowCrossOrigin(response: Response, from: string | undefined): Response {
  response.headers.append('vary', 'origin')
  if (from !== undefined) {
    response.headers.set('access-control-allow-origin', from)
    response.headers.set('access-control-allow-credentials', 'true')
    response.headers.set('access-control-expose-headers', 'retry-after')
  }
  return response
}

/** Two cookies of one name: a neighbour has set one, and neither is believed. */
function readCookie({ headers }: Request, name: string): string | undefined {
  try {
    return cookieValue(headers.get('cookie') ?? undefined, name) || undefined
  } catch (error) {
    if (error instanceof SignetError) return undefined
    throw error
  }
}

function answerPair(pair: TokenPair, setCookie: string): Response {
  const { accessToken, expiresInSeconds, sessionId, scope } = pair
  const body = { accessToken, expiresInSeconds, sessionId, ...(scope && { scope }) }
  return Response.json(body, { headers: { 'set-cookie': setCookie, ...noStore } })
}

/** The cookie goes when its session is over, and stays when the store is away or another tab was faster. */
function explain(error: unknown, cleared: string): Response {
  const refused = refusal(error)
  const isOver = error instanceof InvalidRefreshTokenError
  return Response.json(refused.body, {
    status: isOver ? 401 : refused.status,
    headers: { ...refusalHeaders(refused), ...(isOver && { 'set-cookie': cleared }) },
  })
}

function ignoreInvalid(error: unknown): void {
  if (!(error instanceof SignetError) || error.status === 503) throw error
}

function refuse(status: number, error: string, description: string): Response {
  const body = { error, error_description: description }
  return Response.json(body, { status, headers: noStore })
}

/** Never longer than the session. */
function secondsUntil({ refreshExpiresAt, accessExpiresAt, expiresInSeconds }: TokenPair): number {
  const issuedAt = accessExpiresAt.getTime() / 1000 - expiresInSeconds
  return Math.max(0, Math.floor(refreshExpiresAt.getTime() / 1000 - issuedAt))
}
