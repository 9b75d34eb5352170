import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Claims, createSignet, generateSecret } from 'signet-jwt'
import { memoryStore } from 'signet-jwt/stores/memory'
import { newAdminKey } from './admin-key.ts'
import { createApp } from './app.ts'
import { routes } from './routes/index.ts'

const adminKey = newAdminKey()
type Json = Record<string, unknown>

async function bench() {
  const signet = await createSignet<Claims>({
    issuer: 'http://localhost:8700',
    keys: { algorithm: 'ES256', masterKey: generateSecret() },
    store: memoryStore(),
  })
  const errors: unknown[] = []
  const app = createApp(signet, { adminKey, logError: (_, error) => errors.push(error) })
  const send = async (method: string, path: string, init: RequestInit = {}) => {
    const response = await app.request(path, { method, ...init })
    const text = await response.text()
    const isJson = text !== '' && /json/.test(response.headers.get('content-type') ?? '')
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (isJson ? JSON.parse(text) : {}) as Json,
    }
  }
  const admin = (method: string, path: string, body?: unknown, key = adminKey) =>
    send(method, path, {
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  const as = (token: unknown, method: string, path: string) =>
    send(method, path, { headers: { authorization: `Bearer ${token}` } })
  return { signet, errors, send, admin, as, [Symbol.asyncDispose]: () => signet.close() }
}

describe('the server', () => {
  it('leads from a log-in over refreshes to a token that is refused, the role in every one', async () => {
    await using at = await bench()
    const login = await at.admin('POST', '/v1/sessions', {
      subject: '42',
      claims: { role: 'editor' },
      context: { deviceLabel: 'phone' },
    })
    assert.equal(login.status, 201)
    assert.deepEqual(Object.keys(login.body).toSorted(), [
      'accessExpiresAt',
      'accessToken',
      'expiresInSeconds',
      'refreshExpiresAt',
      'refreshToken',
      'sessionId',
    ])
    let access = login.body.accessToken
    let refresh = login.body.refreshToken as string
    for (let i = 0; i < 3; i++) {
      const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refresh })
      const refreshed = await at.send('POST', '/oauth/token', { body: form })
      assert.equal(refreshed.status, 200)
      access = refreshed.body.access_token
      refresh = refreshed.body.refresh_token as string
      const whoami = await at.as(access, 'GET', '/v1/whoami')
      assert.deepEqual(
        [whoami.body.sub, whoami.body.role, whoami.body.client_id],
        ['42', 'editor', 'signet'],
      )
    }
    const out = await at.admin('POST', '/v1/revocations', { subject: '42', waitFor: 'fleet' })
    assert.equal(out.body.complete, true)
    const refused = await at.as(access, 'GET', '/v1/whoami')
    assert.equal(refused.status, 401)
    assert.match(refused.headers.get('www-authenticate') ?? '', /^Bearer error="invalid_token"/)
  })

  it('lists, shows and ends sessions', async () => {
    await using at = await bench()
    const { body } = await at.admin('POST', '/v1/sessions', { subject: '42' })
    const list = await at.admin('GET', '/v1/sessions?subject=42')
    const [session] = list.body.sessions as Json[]
    assert.equal(session?.sessionId, body.sessionId)
    assert.deepEqual((await at.admin('GET', `/v1/sessions/${body.sessionId}`)).body, session)
    assert.equal((await at.admin('DELETE', `/v1/sessions/${body.sessionId}`)).status, 200)
    assert.equal((await at.admin('GET', `/v1/sessions/${body.sessionId}`)).status, 404)
    assert.equal((await at.as(body.accessToken, 'GET', '/v1/whoami')).status, 401)
  })

  it('lets a holder see and end their own sessions', async () => {
    await using at = await bench()
    const { body } = await at.admin('POST', '/v1/sessions', { subject: '42' })
    await at.admin('POST', '/v1/sessions', { subject: '43' })
    const mine = await at.as(body.accessToken, 'GET', '/v1/me/sessions')
    assert.equal((mine.body.sessions as Json[]).length, 1)
    assert.equal(
      (await at.as(body.accessToken, 'DELETE', '/v1/me/sessions?waitFor=fleet')).body.complete,
      true,
    )
    assert.equal((await at.as(body.accessToken, 'GET', '/v1/me/sessions')).status, 401)
  })

  it('tells a proxy who it is', async () => {
    await using at = await bench()
    const { body } = await at.admin('POST', '/v1/sessions', {
      subject: 'zoë\n',
      claims: { role: 'editor' },
    })
    const { status, headers } = await at.as(body.accessToken, 'GET', '/v1/verify')
    assert.equal(status, 200)
    assert.equal(headers.get('x-auth-subject'), encodeURIComponent('zoë\n'))
    assert.equal(headers.get('x-auth-role'), 'editor')
    assert.equal(headers.get('x-auth-session'), body.sessionId)
  })

  it('issues access tokens without a session', async () => {
    await using at = await bench()
    const { status, body } = await at.admin('POST', '/v1/tokens', {
      subject: 'cron',
      lifetimeSeconds: 60,
    })
    assert.deepEqual([status, body.expiresInSeconds], [201, 60])
    assert.equal((await at.as(body.accessToken, 'GET', '/v1/whoami')).body.sub, 'cron')
  })

  it('publishes its public keys with an ETag', async () => {
    await using at = await bench()
    const { headers, body } = await at.send('GET', '/.well-known/jwks.json')
    assert.equal(headers.get('content-type'), 'application/jwk-set+json')
    assert.equal(headers.get('cache-control'), 'public, max-age=300')
    assert.deepEqual(body, JSON.parse(JSON.stringify(at.signet.keys.jwks())))
    const again = await at.send('GET', '/.well-known/jwks.json', {
      headers: { 'if-none-match': headers.get('etag') ?? '' },
    })
    assert.deepEqual([again.status, again.text], [304, ''])
  })

  it('is alive, and ready while it knows of revocations', async () => {
    await using at = await bench()
    assert.equal((await at.send('GET', '/livez')).status, 200)
    assert.equal((await at.send('GET', '/readyz')).status, 200)
    await at.signet.close()
    assert.equal((await at.send('GET', '/readyz')).status, 503)
    assert.equal((await at.send('GET', '/livez')).status, 200)
  })
})

describe('a request that is not right', () => {
  const session = (changes: object) => ({ subject: '42', ...changes })
  const refused: readonly [string, string, string, unknown, number, RegExp][] = [
    ['no JSON', 'POST', '/v1/sessions', '{', 400, /the body is not valid JSON/],
    ['a list', 'POST', '/v1/sessions', [], 400, /the body must be object, not array/],
    ['no subject', 'POST', '/v1/sessions', {}, 400, /'subject' is missing.*#.subject/],
    [
      'a numeric subject',
      'POST',
      '/v1/sessions',
      session({ subject: 42 }),
      400,
      /'subject' must be string, not number/,
    ],
    [
      'an unknown member',
      'POST',
      '/v1/sessions',
      session({ subjekt: 'x' }),
      400,
      /unknown member 'subjekt'.*#.subjekt/,
    ],
    [
      'an unknown member deep inside',
      'POST',
      '/v1/sessions',
      session({ context: { label: 'x' } }),
      400,
      /unknown member 'context.label'.*#.context.label/,
    ],
    [
      'a reserved claim',
      'POST',
      '/v1/sessions',
      session({ claims: { sub: '1' } }),
      400,
      /claim 'sub' is set by Signet/,
    ],
    [
      'a secret in the claims',
      'POST',
      '/v1/sessions',
      session({ claims: { password: 'x' } }),
      400,
      /claim 'password' names something secret/,
    ],
    [
      'a member called __proto__',
      'POST',
      '/v1/sessions',
      '{"subject":"42","__proto__":{"x":1}}',
      400,
      /__proto__/,
    ],
    [
      'too much',
      'POST',
      '/v1/sessions',
      session({ claims: { text: 'x'.repeat(70_000) } }),
      413,
      /65536|64/,
    ],
    [
      'too many claims',
      'POST',
      '/v1/sessions',
      session({ claims: { text: 'x'.repeat(5000) } }),
      400,
      /at most 4096 travel/,
    ],
    [
      'two targets',
      'POST',
      '/v1/revocations',
      { subject: '1', sessionId: '2' },
      400,
      /must name exactly one of/,
    ],
    ['no target', 'POST', '/v1/revocations', {}, 400, /must name exactly one of/],
    [
      'everything but not true',
      'POST',
      '/v1/revocations',
      { everything: false },
      400,
      /'everything' must be/,
    ],
    [
      'a token of nobody',
      'POST',
      '/v1/revocations',
      { token: 'a.b.c' },
      400,
      /'token' is no token of this issuer/,
    ],
    [
      'a life that is too long',
      'POST',
      '/v1/tokens',
      session({ lifetimeSeconds: 9999 }),
      400,
      /above maxLifetimeSeconds/,
    ],
    [
      'no query',
      'GET',
      '/v1/sessions',
      undefined,
      400,
      /'subject' is missing.*"parameter":"subject"/,
    ],
    [
      'a repeated query',
      'GET',
      '/v1/sessions?subject=1&subject=2',
      undefined,
      400,
      /the parameter 'subject' is given twice/,
    ],
    ['an unknown path', 'GET', '/v2/sessions', undefined, 404, /there is nothing at this path/],
    ['a wrong method', 'PUT', '/v1/sessions', {}, 405, /the methods here are POST, GET, HEAD/],
  ]
  for (const [what, method, path, body, status, answer] of refused) {
    it(`with ${what} gets a ${status} that names it`, async () => {
      await using at = await bench()
      const response = await at.admin(method, path, body)
      assert.equal(response.status, status, response.text)
      assert.match(response.text, answer)
      assert.deepEqual(at.errors, [])
    })
  }

  it('without a key, with a wrong one or with an access token in its place gets a 401', async () => {
    await using at = await bench()
    const { body } = await at.admin('POST', '/v1/sessions', { subject: '42' })
    for (const key of ['wrong', body.accessToken as string, `${adminKey}x`]) {
      const response = await at.admin('POST', '/v1/sessions', { subject: '42' }, key)
      assert.equal(response.status, 401)
      assert.match(response.headers.get('www-authenticate') ?? '', /invalid_token/)
    }
    const none = await at.send('POST', '/v1/sessions')
    assert.deepEqual(
      [none.status, none.headers.get('www-authenticate')],
      [401, 'Bearer realm="admin"'],
    )
  })

  it('with a token of the wrong kind gets a 401', async () => {
    await using at = await bench()
    const { body } = await at.admin('POST', '/v1/sessions', { subject: '42' })
    for (const token of [body.refreshToken, adminKey, 'x']) {
      assert.equal((await at.as(token, 'GET', '/v1/whoami')).status, 401)
    }
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: body.accessToken as string,
    })
    const { body: answer } = await at.send('POST', '/oauth/token', { body: form })
    assert.equal(answer.error, 'invalid_grant')
  })

  it('as text gets a 415', async () => {
    await using at = await bench()
    const response = await at.send('POST', '/v1/sessions', {
      body: 'x',
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'text/plain' },
    })
    assert.equal(response.status, 415)
  })

  it('is never logged with what it holds: a bug is, and the client hears only that there was one', async () => {
    await using at = await bench()
    Object.assign(at.signet, { issue: () => Promise.reject(new Error('bug')) })
    const response = await at.admin('POST', '/v1/sessions', { subject: '42' })
    assert.equal(response.status, 500)
    assert.ok(!response.text.includes('bug'))
    assert.match(String(at.errors[0]), /bug/)
  })
})

it('routes are data: each is reached by its own method and path, and says what it is', async () => {
  const names = routes.map(({ method, path }) => `${method} ${path}`)
  assert.equal(new Set(names).size, names.length)
  assert.ok(routes.every(({ summary }) => summary.length > 10))
})
