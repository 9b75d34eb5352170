/** The application: the routes, behind one way in and one way out. */
import { Hono, type Context as HonoContext } from 'hono'
import type { AccessClaims, Claims, Signet } from 'signet-jwt'
import {
  createGuard,
  introspectionEndpoint,
  type OAuthClient,
  type RevocationFeed,
  revocationEndpoint,
  tokenEndpoint,
} from 'signet-jwt/http'
import { ADMIN_KEY_PREFIX, type AdminKeySource, checkAdminKey } from './admin-keys.ts'
import { addressOf, admit, type Caller, type CallerChecks, requestIdOf } from './caller.ts'
import { readInput } from './input.ts'
import { type Log, noLog } from './log.ts'
import { Metrics } from './metrics.ts'
import { openApi } from './openapi.ts'
import { problemOf, problemResponse } from './problem.ts'
import { type RateLimit, rateLimit } from './rate-limit.ts'
import type { Answer, Context, Endpoints, Route } from './route.ts'
import { DEFAULT_CLIENT_ID, routes } from './routes/index.ts'
import { system } from './system.ts'

export interface AppConfig {
  /** Claim `iss`, and the URL in front of the paths in the server's metadata. */
  readonly issuer: string
  /** The keys that admin routes ask for. */
  readonly adminKeys: AdminKeySource
  /** The revocation log, from the store that the Signet stands on. Closing it is the caller's. */
  readonly feed: RevocationFeed
  /** OAuth clients. Default: one public client, to which the sessions of this server belong. */
  readonly clients?: readonly OAuthClient[]
  /** Default: none. */
  readonly log?: Log
  readonly metrics?: Metrics
  /** Requests a minute to the OAuth endpoints from one address. Default 600. */
  readonly oauthRequestsPerMinute?: number
  /** Whether X-Forwarded-For is believed: only behind a proxy that sets it. Default false. */
  readonly hasProxy?: boolean
}

/** What every request shares. */
interface Services extends CallerChecks, Pick<Context, 'signet' | 'feed' | 'issuer' | 'clientIds'> {
  readonly endpoints: Endpoints
  readonly log: Log
  readonly limit: RateLimit
  readonly hasProxy: boolean
}

/** The server without its socket: `app.fetch(request)` answers every request. */
export function createApp(signet: Signet<Claims>, config: AppConfig): Hono {
  const { log = noLog, metrics = new Metrics(), hasProxy = false } = config
  metrics.watch(signet)
  const services: Services = {
    signet: measured(signet, metrics),
    issuer: config.issuer,
    clientIds: new Set(clientsOf(config).map(({ clientId }) => clientId)),
    feed: config.feed,
    adminKeys: config.adminKeys,
    guard: createGuard(signet, {}),
    endpoints: endpointsOf(signet, config),
    limit: rateLimit(config.oauthRequestsPerMinute ?? 600),
    ...{ log, metrics, hasProxy },
  }
  const app = new Hono()
  for (const route of routes) {
    app.on(route.method, route.path, (c) => attend(c, route, services))
  }
  for (const path of new Set(routes.map((route) => route.path)))
    app.all(path, () => refuseMethod(path))
  app.notFound(() => problemResponse({ status: 404, detail: 'there is nothing at this path' }))
  return app
}

/** The client of this server's own sessions is one of them, unless the configuration says what it is. */
function clientsOf({ clients = [] }: AppConfig): readonly OAuthClient[] {
  const hasDefault = clients.some(({ clientId }) => clientId === DEFAULT_CLIENT_ID)
  return hasDefault ? clients : [{ clientId: DEFAULT_CLIENT_ID }, ...clients]
}

function endpointsOf(signet: Signet<Claims>, config: AppConfig): Endpoints {
  const clients = clientsOf(config)
  const options = { clients, defaultClientId: DEFAULT_CLIENT_ID }
  return {
    token: tokenEndpoint(signet, options),
    revocation: revocationEndpoint(signet, options),
    introspection: introspectionEndpoint(signet, {
      clients,
      isTrusted: ({ headers }) => {
        const authorization = headers.get('authorization') ?? ''
        if (!authorization.includes(ADMIN_KEY_PREFIX)) return false
        checkAdminKey(authorization, config.adminKeys(), 'introspect')
        return true
      },
    }),
  }
}

/** Receipts are what this product promises, so they are measured wherever they are made. */
function measured(signet: Signet<Claims>, metrics: Metrics): Signet<Claims> {
  return {
    ...signet,
    revoke: async (target, options) => {
      const receipt = await signet.revoke(target, options)
      if (options?.waitFor === 'fleet') metrics.receipt(receipt.complete, receipt.waitedMs / 1000)
      return receipt
    },
  }
}

/** One request from its arrival to its line in the log. */
async function attend(c: HonoContext, route: Route, services: Services): Promise<Response> {
  const startedAt = system.monotonic()
  const requestId = requestIdOf(c.req.raw, system.uuid)
  const caller: { -readonly [name in keyof Caller]: Caller[name] } = {}
  const response = await answer(c, route, services, caller).catch((error) =>
    explain(error, `${route.method} ${route.path}`, services.log, requestId),
  )
  const seconds = (system.monotonic() - startedAt) / 1000
  services.metrics.request(route.path, c.req.method, response.status, seconds)
  services.log.request({
    requestId,
    method: c.req.method,
    route: route.path,
    status: response.status,
    durationMs: Math.round(seconds * 1e6) / 1000,
    ...(caller.adminKey && { adminKeyId: caller.adminKey.id }),
    ...(caller.claims && { subject: caller.claims.sub }),
  })
  response.headers.set('x-request-id', requestId)
  return response
}

async function answer(
  c: HonoContext,
  route: Route,
  services: Services,
  caller: { -readonly [name in keyof Caller]: Caller[name] },
): Promise<Response> {
  const request = c.req.raw
  if (route.isLimited === true) {
    await services.limit(addressOf(request, socketAddress(c), services.hasProxy))
  }
  Object.assign(caller, await admit(route.access, request, services))
  const input = await readInput(route.input, c)
  const { signet, feed, issuer, clientIds, endpoints, metrics } = services
  const claims = () => present(caller.claims)
  const answered = await route.handle(input, {
    ...{ signet, feed, issuer, clientIds, endpoints, metrics },
    request,
    claims,
    document: () => openApi(routes, issuer),
  })
  return answered instanceof Response ? answered : toResponse(answered)
}

function explain(error: unknown, about: string, log: Log, requestId: string): Response {
  const problem = problemOf(error)
  if (problem !== undefined) return problemResponse(problem)
  log.error(about, error, requestId)
  return problemResponse({ status: 500, detail: 'the server failed; its log says how' })
}

/** The node server puts the connection here; a request that came from elsewhere has none. */
function socketAddress(c: HonoContext): string | undefined {
  const { incoming } = (c.env ?? {}) as { incoming?: { socket?: { remoteAddress?: string } } }
  return incoming?.socket?.remoteAddress
}

function toResponse({ status, body, headers }: Answer): Response {
  const all = { 'cache-control': 'no-store', ...headers }
  return body === undefined
    ? new Response(null, { status, headers: all })
    : Response.json(body, { status, headers: all })
}

function present(claims: AccessClaims<Claims> | undefined): AccessClaims<Claims> {
  if (claims === undefined) throw new TypeError('this route is not for holders of a token')
  return claims
}

function refuseMethod(path: string): Response {
  const methods = routes.filter((route) => route.path === path).map(({ method }) => method)
  // Whoever may GET may HEAD (RFC 9110 section 9.3.2).
  const allowed = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  const allow = allowed.join(', ')
  return problemResponse({
    status: 405,
    detail: `the methods here are ${allow}`,
    headers: { allow },
  })
}
