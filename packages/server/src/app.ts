/** The server as a function from Request to Response, made from the routes. */
import { type Context, Hono } from 'hono'
import type { Signet } from 'signet-jwt'
import { bearerToken, createGuard, type Guard, refusal } from 'signet-jwt/http'
import { adminKeyCheck } from './admin-key.ts'
import { readJson } from './body.ts'
import type { Config } from './config.ts'
import { invalidFields, ProblemError, problemResponse } from './problem.ts'
import type { Answer, CustomClaims, Route } from './route.ts'
import { routes } from './routes/index.ts'

export interface AppOptions {
  readonly signet: Signet<CustomClaims>
  readonly config: Config
  readonly adminKey: string
  /** Told of errors nobody expected. The client hears only that there was one. */
  readonly onError: (error: unknown) => void
}

interface Desk extends AppOptions {
  readonly guard: Guard<CustomClaims>
  readonly isAdminKey: (presented: string) => boolean
}

export function createApp(options: AppOptions): Hono {
  const desk: Desk = {
    ...options,
    guard: createGuard(options.signet, {}),
    isAdminKey: adminKeyCheck(options.adminKey),
  }
  const app = new Hono()
  for (const route of routes) {
    app.on(route.method, route.path, (context) => answer(desk, route, context))
  }
  for (const path of new Set(routes.map((route) => route.path)))
    app.all(path, () => wrongMethod(path))
  app.notFound(() => problemResponse({ status: 404, title: 'there is no such path' }))
  app.onError((error) => errorResponse(error, options.onError))
  return app
}

async function answer(desk: Desk, route: Route, context: Context): Promise<Response> {
  const request = context.req.raw
  const claims = await admit(desk, route, request)
  const query = readQuery(route, new URL(request.url))
  const body = route.body === undefined ? undefined : await readBody(route, request)
  const { signet, config } = desk
  const params = context.req.param() as { readonly [name: string]: string }
  const result = await route.handle({
    request,
    signet,
    config,
    claims,
    params,
    body: body as never,
    query: query as never,
  })
  return result instanceof Response ? result : json(result)
}

/** Lets the caller in, or throws. Answers the claims where an access token is what lets in. */
async function admit({ guard, isAdminKey }: Desk, { access }: Route, request: Request) {
  const authorization = request.headers.get('authorization')
  if (access.kind === 'access token') return guard({ authorization, cookie: undefined })
  if (access.kind === 'admin key' && !isAdminKey(bearerToken(authorization))) {
    throw new ProblemError({
      status: 401,
      title: 'this is not the admin key',
      detail: `this needs the admin key, with the scope ${access.scope}`,
      headers: {
        'www-authenticate': 'Bearer error="invalid_token", error_description="not the admin key"',
      },
    })
  }
  return undefined
}

function readQuery(route: Route, url: URL): unknown {
  if (route.query === undefined) return undefined
  const given = Object.fromEntries(url.searchParams)
  if (Object.keys(given).length !== url.searchParams.size) {
    throw new ProblemError({ status: 400, title: 'a query parameter is repeated' })
  }
  const result = route.query.safeParse(given)
  if (!result.success) throw invalidFields('query', result.error)
  return result.data
}

async function readBody(route: Route, request: Request): Promise<unknown> {
  const result = route.body?.safeParse(await readJson(request))
  if (result?.success === false) throw invalidFields('body', result.error)
  return result?.data
}

function json({ status, body, headers }: Answer): Response {
  const all = { 'cache-control': 'no-store', ...headers }
  return body === undefined
    ? new Response(null, { status, headers: all })
    : new Response(`${JSON.stringify(body)}\n`, {
        status,
        headers: { 'content-type': 'application/json', ...all },
      })
}

function wrongMethod(path: string): Response {
  const allowed = routes.filter((route) => route.path === path).map(({ method }) => method)
  return problemResponse({
    status: 405,
    title: `this path answers to ${allowed.join(', ')}`,
    headers: { allow: allowed.join(', ') },
  })
}

/** Every error as an answer: ours by the one table, anything else as a 500 without details. */
function errorResponse(error: unknown, onError: (error: unknown) => void): Response {
  if (error instanceof ProblemError) return problemResponse(error.problem)
  const refused = refusal(error)
  if (refused !== undefined) {
    const { status, body, challenge, retryAfterSeconds } = refused
    const headers = {
      ...(challenge === undefined ? {} : { 'www-authenticate': challenge }),
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    }
    return json({ status, body, headers })
  }
  onError(error)
  return problemResponse({
    status: 500,
    title: 'something went wrong here; the log of the server says what',
  })
}
