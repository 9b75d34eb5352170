import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { createAdaptorServer } from '@hono/node-server'
import {
  type Claims,
  createAccessVerifier,
  createRemoteKeySet,
  createSignet,
  followRevocations,
  generateSecret,
  type Signet,
} from 'signet-jwt'
import { RevokedTokenError, StaleRevocationsError, StoreUnavailableError } from 'signet-jwt/errors'
import { type RevocationFeed, revocationFeed } from 'signet-jwt/http'
import { memoryStore } from 'signet-jwt/stores/memory'
import { firstAdminKey, newAdminKey } from '../admin-keys.ts'
import { createApp } from '../app.ts'

const issuer = 'http://localhost:8700'
const adminKey = newAdminKey()
const adminKeys = () => [firstAdminKey(adminKey)]

describe('a verifier without access to the store', () => {
  let signet: Signet<Claims>
  let feed: RevocationFeed
  let server: Server
  let url: string

  before(async () => {
    const store = memoryStore()
    const keys = { algorithm: 'ES256', masterKey: generateSecret() } as const
    signet = await createSignet({ issuer, keys, store, accessLifetimeSeconds: 600 })
    feed = revocationFeed(store)
    const app = createApp(signet, { issuer, adminKeys, feed })
    server = createAdaptorServer({ fetch: app.fetch }) as Server
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(async () => {
    feed.close()
    server.closeAllConnections()
    server.close()
    await signet.close()
  })

  async function remote() {
    const revocations = await followRevocations({ url, token: adminKey })
    const keys = await createRemoteKeySet(`${url}/.well-known/jwks.json`, { allowHttp: 'loopback' })
    const profile = {
      audience: issuer,
      tokenType: 'access',
      typ: 'at+jwt',
      maxLifetimeSeconds: 600,
    }
    const issuers = [{ issuer, keys, ...profile }]
    const verifier = await createAccessVerifier({ issuers, revocations })
    const close = async () => {
      await verifier.close()
      keys.close()
      await revocations.close()
    }
    return { revocations, verifier, close }
  }

  it('refuses once a fleet receipt is complete, whatever was revoked', async () => {
    const { verifier, close } = await remote()
    const pairs = []
    for (const subject of ['anna', 'bert', 'carl']) pairs.push(await signet.issue({ subject }))
    const [anna, bert, carl] = pairs.map(({ accessToken }) => accessToken) as [
      string,
      string,
      string,
    ]
    for (const token of [anna, bert, carl]) assert.equal(verifier.verify(token).iss, issuer)
    const targets = [
      { token: anna },
      { sessionId: pairs[1]?.sessionId as string },
      { subject: 'carl' },
    ]
    for (const [place, target] of targets.entries()) {
      const receipt = await signet.revoke(target, { waitFor: 'fleet' })
      assert.equal(receipt.complete, true)
      assert.equal(receipt.appliedBy, 2)
      const token = [anna, bert, carl][place] as string
      assert.throws(() => verifier.verify(token), RevokedTokenError)
    }
    await close()
    assert.equal(signet.status().ready, true)
    const alone = await signet.revoke({ subject: 'dora' }, { waitFor: 'fleet' })
    assert.equal(alone.appliedBy, 1, 'who has left is not waited for')
  })

  it('obeys a withdrawn key, which comes with the feed', async () => {
    const { verifier, revocations, close } = await remote()
    const { accessToken } = await signet.issue({ subject: 'anna' })
    verifier.verify(accessToken)
    const receipt = await signet.revoke({ everything: true }, { waitFor: 'fleet' })
    assert.equal(receipt.complete, true)
    assert.equal(revocations.status().ready, true)
    assert.throws(() => verifier.verify(accessToken), RevokedTokenError)
    await close()
  })

  it('refuses everything once it is closed, with 503 and not 401', async () => {
    const { verifier, close } = await remote()
    const { accessToken } = await signet.issue({ subject: 'anna' })
    await close()
    assert.throws(() => verifier.verify(accessToken), StaleRevocationsError)
  })

  it('is told in one sentence what is wrong with its key or its address', async () => {
    await assert.rejects(
      followRevocations({ url, token: 'signet_admin_wrong' }),
      (error: Error) => {
        assert.ok(error instanceof StoreUnavailableError)
        assert.match(error.message, /refuses the key \(status 401\).*scope 'follow'/)
        assert.doesNotMatch(error.message, /signet_admin_wrong/)
        return true
      },
    )
    await assert.rejects(
      followRevocations({ url: 'ftp://x', token: 't' }),
      /'url' must be the http/,
    )
    const nowhere = { url: 'http://127.0.0.1:1', token: 't' }
    await assert.rejects(followRevocations(nowhere), /the revocation feed at .* failed/)
  })

  it('must name a lifetime for which revocations are kept', async () => {
    const revocations = await followRevocations({ url, token: adminKey })
    const keys = await createRemoteKeySet(`${url}/.well-known/jwks.json`, { allowHttp: 'loopback' })
    const longer = { issuer, keys, audience: issuer, maxLifetimeSeconds: 601 }
    await assert.rejects(createAccessVerifier({ issuers: [longer], revocations }), RangeError)
    keys.close()
    await revocations.close()
  })
})

describe('the revocation feed', () => {
  const headers = { authorization: `Bearer ${adminKey}` }
  const store = memoryStore()
  const feed = revocationFeed(store)
  let app: ReturnType<typeof createApp>
  let signet: Signet<Claims>

  before(async () => {
    signet = await createSignet({ issuer, secret: generateSecret(), store })
    app = createApp(signet, { issuer, adminKeys, feed })
  })
  after(() => signet.close())

  it('streams what is appended, and goes on after the last id a client has seen', async () => {
    const first = await signet.revoke({ subject: 'anna' })
    const second = await signet.revoke({ subject: 'bert' })
    const stream = await app.request('/v1/revocations', {
      headers: { ...headers, accept: 'text/event-stream', 'last-event-id': first.position },
    })
    assert.equal(stream.headers.get('content-type'), 'text/event-stream')
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    const until = async (pattern: RegExp) => {
      while (!pattern.test(text)) text += (await reader?.read())?.value ?? assert.fail('it ended')
    }
    await until(/bert.*\n\n/)
    assert.match(text, new RegExp(`id: ${second.position}\nevent: revocation\ndata: \\{`))
    assert.doesNotMatch(text, /anna/)
    const third = await signet.revoke({ subject: 'carl' })
    await until(/carl.*\n\n/)
    assert.match(text, new RegExp(`id: ${third.position}`))
    await reader?.cancel()
  })

  it('tells a client of a position this log never had to begin again', async () => {
    const unknown = '1-00000000000000ff'
    const page = await app.request(`/v1/revocations?after=${unknown}`, { headers })
    const tail = (await page.json()) as { state: string; entries: unknown[] }
    assert.equal(tail.state, 'diverged')
    assert.equal(tail.entries.length, (await store.look({ p: 0, tag: '' })).entries.length)
    const stream = await app.request(`/v1/revocations?after=${unknown}`, {
      headers: { ...headers, accept: 'text/event-stream' },
    })
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!/event: reset/.test(text)) text += (await reader?.read())?.value
    await reader?.cancel()
  })

  it('lets full pages be kept and others not', async () => {
    for (let i = 0; i < 1000; i++) await signet.revoke({ tokenId: `t${i}` })
    const full = await app.request('/v1/revocations', { headers })
    assert.match(full.headers.get('cache-control') ?? '', /no-store/, 'the ring came with it')
    const ring = signet.status().entries
    assert.ok(ring > 1000)
    const { ringVersion } = await store.look({ p: 0, tag: '' })
    const again = await app.request(`/v1/revocations?ring=${ringVersion}`, { headers })
    assert.match(again.headers.get('cache-control') ?? '', /immutable/)
    const { position } = await signet.revoke({ tokenId: 'last' })
    const rest = await app.request(`/v1/revocations?after=${position}`, { headers })
    assert.equal(rest.headers.get('cache-control'), 'no-store')
  })

  it('refuses reports that make no sense, naming the member', async () => {
    const id = 'a-random-id-of-a-follower'
    const put = (body: unknown, path = id) =>
      app.request(`/v1/followers/${path}`, {
        method: 'PUT',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    const good = { position: '0-', maxStalenessSeconds: 30 }
    assert.equal((await put(good)).status, 200)
    const bad: readonly [unknown, RegExp][] = [
      [{ ...good, position: 'x' }, /a position is/],
      [{ ...good, maxStalenessSeconds: 1e9 }, /maxStalenessSeconds/],
      [{ ...good, maxStalenessSeconds: '30' }, /maxStalenessSeconds/],
      [{ ...good, onStale: 'perhaps' }, /onStale/],
      [{ ...good, ringVersion: -1 }, /ringVersion/],
      [{ ...good, postion: '0-' }, /unknown member 'postion'/],
      ['text', /one JSON object/],
    ]
    for (const [body, complaint] of bad) {
      const response = await put(body)
      assert.equal(response.status, 400)
      assert.match(await response.text(), complaint)
    }
    assert.match(await (await put(good, 'short')).text(), /16 to 64/)
    const gone = await app.request(`/v1/followers/${id}`, { method: 'DELETE', headers })
    assert.equal(gone.status, 204)
  })
})
