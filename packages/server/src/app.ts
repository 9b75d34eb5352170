/** The application: the routes, behind one way in and one way out. */
import { Hono, type Context as HonoContext } from 'hono'
import type { AccessClaims, Claims, Signet } from 'signet-jwt'
import { createGuard, type Guard, type RevocationFeed, tokenEndpoint } from 'signet-jwt/http'
import { ADMIN_KEY_PREFIX, checkAdminKey } from './admin-key.ts'
import { readJson } from './body.ts'
import { type LogError, logError } from './log.ts'
import { Problem, problemOf, problemResponse, schemaProblem } from './problem.ts'
import type { Answer, Context, Inputs, Route } from './route.ts'
import { DEFAULT_CLIENT_ID, routes } from './routes/index.ts'

export interface AppConfig {
  /** The key that admin routes ask for. */
  readonly adminKey: string
  /** The revocation log, from the store that the Signet stands on. Closing it is the caller's. */
  readonly feed: RevocationFeed
  /** Told of faults of ours. Default: one JSON line on stderr. */
  readonly logError?: LogError
}

/** What every request shares. */
interface Services {
  readonly signet: Signet<Claims>
  readonly adminKey: string
  readonly guard: Guard<Claims>
  readonly oauthToken: Context['oauthToken']
  readonly feed: RevocationFeed
}

/** The server without its socket: `app.fetch(request)` answers every request. */
export function createApp(signet: Signet<Claims>, config: AppConfig): Hono {
  const log = config.logError ?? logError
  const services: Services = {
    signet,
    adminKey: config.adminKey,
    guard: createGuard(signet, {}),
    oauthToken: tokenEndpoint(signet, { defaultClientId: DEFAULT_CLIENT_ID }),
    feed: config.feed,
  }
  const app = new Hono()
  for (const route of routes) {
    app.on(route.method, route.path, (c) => answer(route, c, services))
  }
  for (const path of new Set(routes.map((route) => route.path)))
    app.all(path, () => refuseMethod(path))
  app.notFound(() => problemResponse({ status: 404, detail: 'there is nothing at this path' }))
  app.onError((error, c) => {
    const problem = problemOf(error)
    if (problem !== undefined) return problemResponse(problem)
    log(`${c.req.method} ${c.req.routePath}`, error)
    return problemResponse({ status: 500, detail: 'the server failed; its log says how' })
  })
  return app
}

async function answer(route: Route, c: HonoContext, services: Services): Promise<Response> {
  const claims = await admit(route, c.req.raw, services)
  const input = await readInput(route.input, c)
  const { signet, oauthToken, feed } = services
  const context: Context = {
    signet,
    oauthToken,
    feed,
    request: c.req.raw,
    claims: () => present(claims),
  }
  const answered = await route.handle(input, context)
  return answered instanceof Response ? answered : toResponse(answered)
}

/** Before anything of the request is read: who is asking. */
async function admit(
  { access }: Route,
  { headers }: Request,
  { guard, adminKey }: Services,
): Promise<AccessClaims<Claims> | undefined> {
  if (access === 'public') return undefined
  const authorization = headers.get('authorization') ?? undefined
  if (access !== 'token') {
    checkAdminKey(authorization, adminKey)
    return undefined
  }
  if (authorization?.includes(ADMIN_KEY_PREFIX)) throw wrongCredential()
  return guard({ authorization, cookie: undefined })
}

function wrongCredential(): Problem {
  return new Problem({
    status: 401,
    detail: 'an admin key was sent where an access token belongs',
    headers: {
      'www-authenticate':
        'Bearer error="invalid_token", error_description="this is not an access token"',
    },
  })
}

async function readInput({ params, query, body }: Inputs, c: HonoContext) {
  return {
    ...(params && { params: await check('query', params, c.req.param()) }),
    ...(query && { query: await check('query', query, readQuery(c)) }),
    ...(body && { body: await check('body', body, await readJson(c.req.raw)) }),
  }
}

/** @throws Problem for a parameter that is given twice: two readers would take different ones */
function readQuery(c: HonoContext): { readonly [name: string]: string } {
  const query: [string, string][] = []
  for (const [name, [value = '', ...others]] of Object.entries(c.req.queries())) {
    if (others.length > 0) {
      const detail = `the parameter '${name.slice(0, 80)}' is given twice`
      throw new Problem({ status: 400, detail, errors: [{ detail, parameter: name.slice(0, 80) }] })
    }
    query.push([name, value])
  }
  return Object.fromEntries(query)
}

async function check(
  place: 'body' | 'query',
  schema: NonNullable<Inputs['body']>,
  value: unknown,
): Promise<unknown> {
  const result = await schema.safeParseAsync(value)
  if (result.success) return result.data
  throw new Problem(schemaProblem(place, result.error))
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
