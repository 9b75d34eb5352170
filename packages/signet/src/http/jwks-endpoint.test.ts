import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSignet, generateSecret } from '../index.ts'
import { memoryStore } from '../stores/memory.ts'
import { jwksEndpoint } from './jwks-endpoint.ts'

const url = 'https://issuer.example/.well-known/jwks.json'
const open = (masterKey: string, store = memoryStore()) =>
  createSignet({
    issuer: 'https://issuer.example',
    keys: { algorithm: 'ES256', masterKey, jwksMaxAgeSeconds: 12.5 },
    store,
  })

describe('the JWKS endpoint', () => {
  it('says how long the set may be kept, and answers 304 to whoever has it', async () => {
    await using signet = await open(generateSecret())
    const answer = jwksEndpoint(signet)
    const response = await answer(new Request(url))
    assert.equal(response.headers.get('content-type'), 'application/jwk-set+json')
    assert.equal(response.headers.get('cache-control'), 'public, max-age=12')
    assert.equal(response.headers.get('access-control-allow-origin'), '*')
    assert.deepEqual(await response.json(), signet.keys.jwks())
    const etag = response.headers.get('etag') ?? ''
    assert.match(etag, /^"[\w-]{22}"$/)
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await answer(new Request(url, { headers: { 'if-none-match': tag } }))
      assert.deepEqual([again.status, await again.text()], [304, ''])
      assert.equal(again.headers.get('etag'), etag)
    }
    const other = await answer(new Request(url, { headers: { 'if-none-match': '"other"' } }))
    assert.equal(other.status, 200)
    await signet.keys.rotate()
    const changed = await answer(new Request(url, { headers: { 'if-none-match': etag } }))
    assert.equal(changed.status, 200)
  })

  it('is the same in every process, newest key first, with public members only', async () => {
    const [masterKey, store] = [generateSecret(), memoryStore()]
    await using first = await open(masterKey, store)
    await first.keys.rotate()
    await using second = await open(masterKey, store)
    const texts = await Promise.all(
      [first, second].map(async (signet) => (await jwksEndpoint(signet)(new Request(url))).text()),
    )
    assert.equal(texts[0], texts[1])
    const { keys } = JSON.parse(texts[0] ?? '') as { keys: Record<string, string>[] }
    assert.deepEqual(
      keys.map(({ kid }) => kid),
      first.keys
        .list()
        .map(({ kid }) => kid)
        .toReversed(),
    )
    for (const jwk of keys) {
      assert.deepEqual(Object.keys(jwk).toSorted(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
      assert.deepEqual([jwk.alg, jwk.use], ['ES256', 'sig'])
    }
  })

  it('lets nobody keep what a process says that has lost touch with the ring', async () => {
    const signet = await open(generateSecret())
    await signet.close()
    const response = await jwksEndpoint(signet)(new Request(url))
    assert.equal(response.headers.get('cache-control'), 'public, max-age=0')
  })

  it('answers HEAD without a body, and no other method', async () => {
    await using signet = await open(generateSecret())
    const head = await jwksEndpoint(signet)(new Request(url, { method: 'HEAD' }))
    assert.deepEqual([head.status, await head.text()], [200, ''])
    const post = await jwksEndpoint(signet)(new Request(url, { method: 'POST' }))
    assert.deepEqual([post.status, post.headers.get('allow')], [405, 'GET, HEAD'])
  })

  it('shows no shared secret', async () => {
    await using signet = await createSignet({ issuer: 'https://issuer.example' })
    const response = await jwksEndpoint(signet)(new Request(url))
    assert.equal(await response.text(), '{"keys":[]}')
  })
})
