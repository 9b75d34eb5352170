import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSignet } from 'signet-jwt'
import { revocationFeed } from 'signet-jwt/http'
import { memoryStore } from 'signet-jwt/stores/memory'
import { firstAdminKey, newAdminKey } from '../admin-keys.ts'
import { createApp } from '../app.ts'
import { noLog } from '../log.ts'

const adminKey = newAdminKey()
const adminKeys = () => [firstAdminKey(adminKey)]
const issuer = 'http://localhost:8700'
const feed = revocationFeed(memoryStore())

describe('what watches over the server', () => {
  it('hears that it is live, and ready only while it can verify', async () => {
    const signet = await createSignet({ issuer })
    const app = createApp(signet, { issuer, adminKeys, feed })
    assert.equal((await app.request('/readyz')).status, 200)
    const { accessToken } = await signet.issue({ subject: 'a' })
    await signet.close()
    assert.equal((await app.request('/readyz')).status, 503)
    assert.equal((await app.request('/livez')).status, 200)
    const headers = { authorization: `Bearer ${accessToken}` }
    const stale = await app.request('/v1/verify', { headers })
    assert.equal(stale.status, 503)
    assert.equal(stale.headers.get('retry-after'), '1')
  })

  it('finds a fault of its own in the log, and no details in the answer', async () => {
    await using signet = await createSignet({ issuer })
    const logged: unknown[] = []
    const broken = { ...signet, status: () => JSON.parse('not JSON') }
    const app = createApp(broken, {
      issuer,
      adminKeys,
      feed,
      log: { ...noLog, error: (_about, error) => logged.push(error) },
    })
    const response = await app.request('/readyz')
    assert.equal(response.status, 500)
    assert.doesNotMatch(await response.text(), /JSON/)
    assert.equal(logged.length, 1)
  })
})

describe('the published keys', () => {
  it('are named for caches', async () => {
    await using signet = await createSignet({ issuer })
    const app = createApp(signet, { issuer, adminKeys, feed })
    const get = (headers = {}) => app.request('/.well-known/jwks.json', { headers })
    const response = await get()
    assert.equal(response.headers.get('content-type'), 'application/jwk-set+json')
    assert.equal(response.headers.get('cache-control'), 'public, max-age=300')
    const etag = response.headers.get('etag') ?? ''
    assert.match(etag, /^"[\w-]{22}"$/)
    assert.equal((await get({ 'if-none-match': `W/${etag}` })).status, 304)
    assert.equal((await get({ 'if-none-match': '"other"' })).status, 200)
  })
})
