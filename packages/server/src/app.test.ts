import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Claims, createSignet, generateSecret, type Signet } from 'signet-jwt'
import { revocationFeed } from 'signet-jwt/http'
import { memoryStore } from 'signet-jwt/stores/memory'
import { firstAdminKey, newAdminKey } from './admin-keys.ts'
import { createApp } from './app.ts'
import { noLog } from './log.ts'
import { routes } from './routes/index.ts'

type Json = { readonly [name: string]: unknown }

describe('the application', () => {
  const adminKey = newAdminKey()
  const adminKeys = () => [firstAdminKey(adminKey)]
  const faults: unknown[] = []
  let signet: Signet<Claims>
  let app: ReturnType<typeof createApp>

  before(async () => {
    const store = memoryStore()
    const keys = { algorithm: 'ES256', masterKey: generateSecret() } as const
    signet = await createSignet({ issuer: 'http://localhost:8700', keys, store })
    const feed = revocationFeed(store)
    app = createApp(signet, {
      issuer: 'http://localhost:8700',
      adminKeys,
      feed,
      log: { ...noLog, error: (_about, error) => faults.push(error) },
    })
  })
  after(async () => {
    await signet.close()
    assert.deepEqual(faults, [], 'nothing a client sends is a fault of the server')
  })

  const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` })
  const admin = bearer(adminKey)

  /** Every answer is held to what its route declares. */
  async function send(method: string, path: string, init: RequestInit = {}) {
    const response = await app.request(path, { method, ...init })
    const text = await response.text()
    const json = text === '' ? undefined : (JSON.parse(text) as Json)
    const route = routes.find(
      (each) =>
        each.method === method &&
        new RegExp(`^${each.path.replace(/:\w+/, '[^/]+')}$`).test(path.replace(/\?.*/, '')),
    )
    const declared = route?.answers[response.status]
    if (declared?.body !== undefined) declared.body.parse(json)
    else if (response.status < 400) assert.ok(declared, `${method} ${path}: ${response.status}`)
    return { response, status: response.status, json: json ?? {} }
  }
  const post = (path: string, body: unknown, headers: Record<string, string> = admin) =>
    send('POST', path, {
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    })
  const get = (path: string, headers: Record<string, string> = admin) =>
    send('GET', path, { headers })

  async function login(subject: string, more: Json = {}) {
    const { status, json } = await post('/v1/sessions', { subject, ...more })
    assert.equal(status, 201)
    return json as { accessToken: string; refreshToken: string; sessionId: string }
  }

  async function problem(answered: ReturnType<typeof send>, status: number, detail: RegExp) {
    const { response, json } = await answered
    assert.equal(response.status, status, JSON.stringify(json))
    assert.equal(response.headers.get('content-type'), 'application/problem+json')
    assert.equal(json.status, status)
    assert.match(String(json.detail), detail)
    return { response, json }
  }

  it('begins a session with its client_id, claims and scope', async () => {
    const { accessToken } = await login('anna', {
      claims: { role: 'editor' },
      scope: 'read write',
      context: { deviceLabel: 'Phone' },
    })
    const { json } = await get('/v1/whoami', bearer(accessToken))
    assert.equal(json.sub, 'anna')
    assert.equal(json.role, 'editor')
    assert.equal(json.client_id, 'signet')
    assert.equal(json.scope, 'read write')
  })

  it('keeps the role through any number of refreshes', async () => {
    let { accessToken, refreshToken } = await login('bert', { claims: { role: 'editor' } })
    for (let round = 0; round < 20; round++) {
      const form = { grant_type: 'refresh_token', refresh_token: refreshToken }
      const { status, json } = await send('POST', '/oauth/token', {
        body: new URLSearchParams(form),
      })
      assert.equal(status, 200)
      accessToken = String(json.access_token)
      refreshToken = String(json.refresh_token)
      assert.equal((await get('/v1/whoami', bearer(accessToken))).json.role, 'editor')
    }
  })

  it('signs tokens without a session', async () => {
    const { status, json } = await post('/v1/tokens', { subject: 'job', lifetimeSeconds: 60 })
    assert.equal(status, 201)
    assert.equal(json.expiresInSeconds, 60)
    assert.equal((await get('/v1/whoami', bearer(String(json.accessToken)))).status, 200)
    await problem(
      post('/v1/tokens', { subject: 'job', lifetimeSeconds: 86_400 }),
      400,
      /lifetimeSeconds/,
    )
  })

  it('shows, lists and ends sessions', async () => {
    const { sessionId, accessToken } = await login('carl')
    await login('carl')
    const page = await get('/v1/sessions?subject=carl')
    assert.equal((page.json.sessions as unknown[]).length, 2)
    assert.equal((await get(`/v1/sessions/${sessionId}`)).json.subject, 'carl')
    const ended = await send('DELETE', `/v1/sessions/${sessionId}?waitFor=fleet`, {
      headers: admin,
    })
    assert.equal(ended.json.complete, true)
    await problem(get(`/v1/sessions/${sessionId}`), 404, /no live session/)
    await problem(get('/v1/whoami', bearer(accessToken)), 401, /revoked/)
    assert.equal(((await get('/v1/sessions?subject=carl')).json.sessions as []).length, 1)
  })

  it('shows callers their own sessions, and logs them out everywhere but not anybody else', async () => {
    const { accessToken } = await login('dora')
    const other = await login('emil')
    const own = await get('/v1/me/sessions', bearer(accessToken))
    assert.equal((own.json.sessions as unknown[]).length, 1)
    const out = await send('DELETE', '/v1/me/sessions?waitFor=fleet', {
      headers: bearer(accessToken),
    })
    assert.equal(out.status, 200)
    assert.equal((await get('/v1/whoami', bearer(accessToken))).status, 401)
    assert.equal((await get('/v1/whoami', bearer(other.accessToken))).status, 200)
  })

  it('revokes by each target', async () => {
    const first = await login('fred')
    const second = await login('fred')
    const status = async (token: string) => (await get('/v1/whoami', bearer(token))).status
    assert.equal((await post('/v1/revocations', { token: first.accessToken })).status, 200)
    assert.equal(await status(first.accessToken), 401)
    assert.equal(await status(second.accessToken), 200)
    const others = { subject: 'fred', sessionId: second.sessionId }
    assert.equal((await post('/v1/revocations', { othersThan: others })).status, 200)
    assert.equal((await post('/v1/revocations', { token: second.refreshToken })).status, 200)
    assert.equal(await status(second.accessToken), 401)
    const third = await login('fred')
    const { jti } = (await get('/v1/whoami', bearer(third.accessToken))).json
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    assert.equal((await post('/v1/revocations', { tokenId: jti, expiresAt })).status, 200)
    assert.equal(await status(third.accessToken), 401)
    const fourth = await login('fred')
    const [key] = signet.keys.list()
    assert.equal((await post('/v1/revocations', { keyId: key?.kid })).status, 200)
    assert.equal(await status(fourth.accessToken), 401)
    const fifth = await login('fred')
    assert.equal((await post('/v1/revocations', { everything: true })).status, 200)
    assert.equal(await status(fifth.accessToken), 401)
  })

  it('says how much a revocation would hit, and revokes nothing', async () => {
    const one = await login('hugo')
    const two = await login('hugo')
    const would = async (target: Json) => {
      const { status, json } = await post('/v1/revocations?dryRun=1', target)
      assert.equal(status, 200)
      assert.equal(json.dryRun, true)
      return json.sessions
    }
    assert.equal(await would({ subject: 'hugo' }), 2)
    assert.equal(await would({ subject: 'nobody' }), 0)
    const others = { subject: 'hugo', sessionId: one.sessionId }
    assert.equal(await would({ othersThan: others }), 1)
    assert.equal(await would({ sessionId: two.sessionId }), 1)
    assert.equal(await would({ token: two.refreshToken }), 1)
    assert.equal(await would({ token: two.accessToken }), 0)
    assert.equal(await would({ everything: true }), null)
    assert.equal((await get('/v1/whoami', bearer(one.accessToken))).status, 200)
  })

  it('refuses targets that are none, two, or nobody’s', async () => {
    const where = '/v1/revocations'
    await problem(post(where, {}), 400, /exactly one of token, .*none/)
    await problem(post(where, { subject: 'a', keyId: 'b' }), 400, /subject and keyId/)
    await problem(
      post(where, { subject: 'a', expiresAt: '2030-01-01T00:00:00Z' }),
      400,
      /expiresAt/,
    )
    await problem(post(where, { everything: false }), 400, /everything/)
    await problem(post(where, { keyId: 'unknown' }), 400, /'keyId' names no key/)
    const stranger = await problem(post(where, { token: 'a.b.c' }), 400, /no token of this issuer/)
    assert.deepEqual(stranger.json.errors, [
      { detail: "'token' is no token of this issuer", pointer: '#/token' },
    ])
    const others = { subject: 'nobody', sessionId: 'x'.repeat(38) }
    await problem(post(where, { othersThan: others }), 400, /othersThan\.sessionId/)
  })

  it('names the field that is wrong', async () => {
    const missing = await problem(post('/v1/sessions', {}), 400, /'subject' is missing/)
    assert.deepEqual(missing.json.errors, [
      { detail: "'subject' is missing", pointer: '#/subject' },
    ])
    await problem(post('/v1/sessions', { subject: 42 }), 400, /'subject' must be a text/)
    await problem(post('/v1/sessions', { subject: 'a', clientId: 'b' }), 400, /'clientId' is no/)
    const target = { subject: 'a' }
    await problem(post('/v1/revocations?dryRun=yes', target), 400, /'dryRun' must be "1"/)
    await problem(post('/v1/sessions', { subject: 'a', rolle: 'b' }), 400, /unknown member 'rolle'/)
    const nested = { subject: 'a', context: { devise: 'b' } }
    await problem(post('/v1/sessions', nested), 400, /unknown member 'context\.devise'/)
    await problem(post('/v1/sessions', { subject: '\ud800' }), 400, /'subject' must be well-formed/)
    const secretive = { subject: 'a', claims: { password: 'hunter2' } }
    const refused = await problem(post('/v1/sessions', secretive), 400, /claim 'password'/)
    assert.deepEqual((refused.json.errors as Json[])[0]?.pointer, '#/claims/password')
    assert.doesNotMatch(JSON.stringify(refused.json), /hunter2/)
    await problem(post('/v1/sessions', { subject: 'a', claims: { sub: 'b' } }), 400, /claim 'sub'/)
    const deep = JSON.parse(`${'{"a":'.repeat(20)}1${'}'.repeat(20)}`)
    await problem(post('/v1/sessions', { subject: 'a', claims: deep }), 400, /nested deeper/)
    const large = { subject: 'a', claims: { a: 'x'.repeat(5000) } }
    await problem(post('/v1/sessions', large), 400, /'claims' take/)
    await problem(get('/v1/sessions?subject=a&limit=5'), 400, /unknown parameter 'limit'/)
    await problem(get('/v1/sessions?subject=a&subject=b'), 400, /'subject' is given twice/)
    await problem(get('/v1/sessions'), 400, /'subject' is missing/)
  })

  it('refuses bodies it cannot read', async () => {
    await problem(post('/v1/sessions', '{"subject":'), 400, /not valid JSON/)
    await problem(post('/v1/sessions', '[]'), 400, /the body must be/)
    await problem(post('/v1/sessions', 'x'.repeat(65_537)), 413, /65536 bytes/)
    const form = { ...admin, 'content-type': 'application/x-www-form-urlencoded' }
    await problem(post('/v1/sessions', 'subject=a', form), 415, /application\/json/)
    const bytes = new Uint8Array([0x22, 0xff, 0x22])
    const headers = { ...admin, 'content-type': 'application/json' }
    await problem(send('POST', '/v1/sessions', { body: bytes, headers }), 400, /not UTF-8/)
  })

  it('takes a client that hangs up half-way for what it is', async () => {
    const hangUp = () =>
      new ReadableStream({
        pull(controller) {
          controller.error(new Error('aborted'))
        },
      })
    const init = (type: string) =>
      ({
        body: hangUp(),
        duplex: 'half',
        headers: { ...admin, 'content-type': type },
      }) as RequestInit
    await problem(send('POST', '/v1/sessions', init('application/json')), 400, /broke off/)
    const form = { ...init('application/x-www-form-urlencoded') }
    const { authorization: _, ...headers } = form.headers as Record<string, string>
    const { status, json } = await send('POST', '/oauth/token', { ...form, headers })
    assert.deepEqual([status, json.error], [400, 'invalid_request'])
  })

  it('tells a wrong credential from a missing one, and a wrong kind from both', async () => {
    const { accessToken, refreshToken } = await login('gina')
    const body = { subject: 'a' }
    const missing = await problem(post('/v1/sessions', body, {}), 401, /admin key is needed/)
    assert.equal(missing.response.headers.get('www-authenticate'), 'Bearer realm="admin"')
    const wrong = bearer(newAdminKey())
    await problem(post('/v1/sessions', body, wrong), 401, /admin key is wrong/)
    await problem(
      post('/v1/sessions', body, bearer(accessToken)),
      401,
      /token was sent where the admin/,
    )
    await problem(get('/v1/whoami', admin), 401, /admin key was sent where an access token/)
    const kind = await problem(get('/v1/whoami', bearer(refreshToken)), 401, /not an access token/)
    assert.match(
      kind.response.headers.get('www-authenticate') ?? '',
      /^Bearer error="invalid_token"/,
    )
    await problem(get('/v1/whoami', {}), 401, /access token is needed/)
  })

  it('answers unknown paths and wrong methods', async () => {
    await problem(get('/v2/sessions'), 404, /nothing at this path/)
    const wrong = await problem(send('PUT', '/v1/sessions'), 405, /POST, GET, HEAD/)
    assert.equal(wrong.response.headers.get('allow'), 'POST, GET, HEAD')
    assert.equal((await app.request('/livez', { method: 'HEAD' })).status, 200)
  })

  it('tells a proxy who it is, in headers that nothing can break out of', async () => {
    const plain = await login('42', { claims: { role: 'editor' } })
    const { response } = await send('GET', '/v1/verify', { headers: bearer(plain.accessToken) })
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('x-auth-subject'), '42')
    assert.equal(response.headers.get('x-auth-role'), 'editor')
    assert.equal(response.headers.get('x-auth-session'), plain.sessionId)
    const odd = 'Zoë\r\nx-auth-role: admin, 100%'
    const strange = await login(odd, { claims: { role: ['a,b', 'c'] } })
    const { headers } = (await get('/v1/verify', bearer(strange.accessToken))).response
    assert.equal(decodeURIComponent(headers.get('x-auth-subject') ?? ''), odd)
    assert.equal(headers.get('x-auth-role'), 'a%2Cb,c')
    assert.equal((await get('/v1/verify', {})).status, 401)
  })
})
