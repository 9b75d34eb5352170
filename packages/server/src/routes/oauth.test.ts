import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { type Claims, createSignet, generateSecret, type Signet } from 'signet-jwt'
import { revocationFeed } from 'signet-jwt/http'
import { memoryStore } from 'signet-jwt/stores/memory'
import { describeAdminKey, newAdminKey } from '../admin-keys.ts'
import { createApp } from '../app.ts'
import { createLog } from '../log.ts'
import { routes } from './index.ts'

const issuer = 'https://signet.example/auth'
const secret = 'a secret that only the client has'
const asking = newAdminKey()
const issuing = newAdminKey()
const reading = newAdminKey()

let signet: Signet<Claims>
let app: ReturnType<typeof createApp>
const lines: string[] = []

before(async () => {
  const store = memoryStore()
  const keys = { algorithm: 'ES256', masterKey: generateSecret() } as const
  signet = await createSignet({ issuer, keys, store })
  app = createApp(signet, {
    issuer,
    feed: revocationFeed(store),
    clients: [{ clientId: 'back end', secret }],
    adminKeys: () => [
      describeAdminKey(asking, 'asks', ['introspect'], new Date(0)),
      describeAdminKey(issuing, 'issues', ['issue'], new Date(0)),
      describeAdminKey(reading, 'reads', ['read'], new Date(0)),
    ],
    oauthRequestsPerMinute: 20,
    log: createLog('info', (line) => lines.push(line)),
  })
})
after(() => signet.close())

const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  app.request(path, { method: 'POST', body: new URLSearchParams(form), headers })
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const jsonOf = async (response: Response) =>
  (await response.json()) as { readonly [name: string]: unknown }

describe('the OAuth endpoints', () => {
  it('know the clients of the configuration and the one of this server', async () => {
    const own = await signet.issue({ subject: 'anna', clientId: 'signet' })
    const grant = { grant_type: 'refresh_token', refresh_token: own.refreshToken }
    assert.equal((await post('/oauth/token', grant)).status, 200)
    const theirs = await signet.issue({ subject: 'anna', clientId: 'back end' })
    const client = { client_id: 'back end', client_secret: secret }
    const revoked = await post('/oauth/revoke', { token: theirs.refreshToken, ...client })
    assert.equal(revoked.status, 200)
    assert.equal(signet.tryVerify(theirs.accessToken).ok, false)
  })

  it('let clients with a secret ask what a token is, and admin keys with the scope for it', async () => {
    const { accessToken } = await signet.issue({ subject: 'anna', clientId: 'signet' })
    const form = { token: accessToken }
    const client = { ...form, client_id: 'back end', client_secret: secret }
    assert.equal((await jsonOf(await post('/oauth/introspect', client))).sub, 'anna')
    const asked = await post('/oauth/introspect', form, bearer(asking))
    assert.equal((await jsonOf(asked)).active, true)
    assert.equal((await post('/oauth/introspect', form, bearer(issuing))).status, 403)
    assert.equal((await post('/oauth/introspect', form, bearer(newAdminKey()))).status, 401)
    assert.equal((await post('/oauth/introspect', form)).status, 401)
    const inactive = await post('/oauth/introspect', { token: 'x' }, bearer(asking))
    assert.equal(await inactive.text(), '{"active":false}')
  })

  it('are where the metadata says', async () => {
    const response = await app.request('/.well-known/oauth-authorization-server')
    const metadata = await jsonOf(response)
    assert.equal(metadata.issuer, issuer)
    assert.equal(metadata.token_endpoint, `${issuer}/oauth/token`)
    assert.deepEqual(metadata.grant_types_supported, ['refresh_token'])
    assert.deepEqual(metadata.response_types_supported, [])
    const paths = routes.map(({ path }) => path)
    for (const [name, url] of Object.entries(metadata)) {
      if (!/_(endpoint|uri)$/.test(name)) continue
      assert.ok(paths.includes(String(url).slice(issuer.length)), `${name} is served`)
    }
  })

  it('answer 429 to an address that asks too often', async () => {
    const statuses = new Set<number>()
    for (let i = 0; i < 25; i++) {
      statuses.add((await post('/oauth/introspect', { token: 'x' }, bearer(asking))).status)
    }
    assert.ok(statuses.has(429))
    const refused = await post('/oauth/token', {})
    assert.equal(refused.status, 429)
    assert.ok(Number(refused.headers.get('retry-after')) >= 1)
  })
})

describe('the documentation of the interface', () => {
  it('is valid OpenAPI 3.1, and has every route', async () => {
    const document = await jsonOf(await app.request('/openapi.json'))
    const { valid, errors } = await new Validator().validate(document)
    assert.ok(valid, JSON.stringify(errors))
    const paths = document.paths as {
      readonly [path: string]: { readonly [method: string]: object }
    }
    for (const { method, path } of routes) {
      const written = path.replaceAll(/:(\w+)/g, '{$1}')
      assert.ok(paths[written]?.[method.toLowerCase()], `${method} ${path}`)
    }
  })
})

describe('what is counted and logged', () => {
  it('has requests, token checks and the state of the verifier, for keys that may read', async () => {
    await app.request('/v1/whoami', { headers: bearer('nonsense') })
    assert.equal((await app.request('/metrics', { headers: bearer(issuing) })).status, 403)
    const text = await (await app.request('/metrics', { headers: bearer(reading) })).text()
    assert.match(text, /signet_token_checks_total\{outcome="ERR_TOKEN_MALFORMED"\} 1/)
    assert.match(text, /signet_http_request_duration_seconds_count\{.*route="\/v1\/whoami".*\} \d/)
    assert.match(text, /signet_verifier_ready 1/)
    assert.match(text, /signet_lease_age_seconds \d/)
    assert.match(text, /signet_fleet_members 1/)
  })

  it('names each request, the admin key that was used, and never what it bore', async () => {
    lines.length = 0
    const response = await app.request('/v1/sessions', {
      method: 'POST',
      headers: {
        ...bearer(issuing),
        'content-type': 'application/json',
        'x-request-id': 'abc-12345',
      },
      body: '{"subject":"anna"}',
    })
    assert.equal(response.status, 201)
    assert.equal(response.headers.get('x-request-id'), 'abc-12345')
    const { accessToken, refreshToken } = await jsonOf(response)
    await app.request('/v1/whoami?token=x', { headers: bearer(String(accessToken)) })
    const [first, second] = lines.map((line) => JSON.parse(line))
    assert.equal(first.requestId, 'abc-12345')
    assert.match(first.adminKeyId, /^ak_/)
    assert.equal(second.route, '/v1/whoami')
    assert.equal(second.subject, 'anna')
    assert.match(second.requestId, /^[\w-]{36}$/)
    const all = lines.join('')
    for (const secretText of [accessToken, refreshToken, issuing]) {
      assert.ok(!all.includes(String(secretText)))
    }
  })
})
