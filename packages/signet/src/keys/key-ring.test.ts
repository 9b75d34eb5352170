import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { InvalidKeyError, StoreUnavailableError } from '../errors.ts'
import { memoryStore } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import { KeyRing, type KeyRingOptions } from './key-ring.ts'
import { deriveSealingKey } from './seal.ts'

const master = deriveSealingKey(Buffer.from('master'), 'test')
const other = deriveSealingKey(Buffer.from('other'), 'test')

async function ringOn(store: Store, changes: Partial<KeyRingOptions> & { opened?: boolean } = {}) {
  const { opened = true, ...options } = changes
  const ring = new KeyRing({
    store,
    issuer: 'iss',
    algorithm: 'ES256',
    sealingKeys: [master],
    whenSealed: 'refuse',
    plan: { publishAhead: 1000, retireAfter: { access: 10_000, refresh: 20_000 } },
    storeTimeout: 1000,
    now: () => 0,
    randomBytes,
    ...options,
  })
  if (opened) await ring.open()
  return ring
}

describe('the key ring', () => {
  it('makes the first ring once, however many processes start together', async () => {
    const store = memoryStore()
    const rings = await Promise.all(Array.from({ length: 5 }, () => ringOn(store)))
    const kids = new Set(rings.map((ring) => ring.signer('access').kid))
    assert.equal(kids.size, 1)
    assert.equal((await store.loadRing())?.version, 1)
  })

  it('comes back from the store with the same keys', async () => {
    const store = memoryStore()
    const first = await ringOn(store)
    const second = await ringOn(store)
    assert.deepEqual(second.jwks(), first.jwks())
    assert.equal(second.signer('refresh').kid, first.signer('refresh').kid)
  })

  it('leaves no key in the store that could be used', async () => {
    const store = memoryStore()
    const ring = await ringOn(store)
    const text = JSON.stringify(await store.loadRing())
    assert.ok(text.includes(ring.signer('access').kid as string))
    assert.ok(!/"d":|PRIVATE/.test(text))
  })

  it('refuses a ring sealed with another master key, in a sentence', async () => {
    const store = memoryStore()
    await ringOn(store)
    await assert.rejects(ringOn(store, { sealingKeys: [other] }), (error: Error) => {
      assert.ok(error instanceof InvalidKeyError)
      assert.match(error.message, /sealed with another master key/)
      return true
    })
  })

  it('replaces a ring it cannot open where that is the plan, and withdraws all its kids', async () => {
    const store = memoryStore()
    const old = await ringOn(store)
    const oldKid = old.signer('refresh').kid as string
    const fresh = await ringOn(store, { sealingKeys: [other], whenSealed: 'replace' })
    assert.equal(fresh.version, 2)
    assert.equal(fresh.isWithdrawn(oldKid), true)
    assert.equal(fresh.refreshKey(oldKid), undefined)
    assert.ok(fresh.signer('refresh'))
  })

  it('seals for every key it was given, so that either side of a deployment can open it', async () => {
    const store = memoryStore()
    const old = await ringOn(store)
    const both = await ringOn(store, { sealingKeys: [other, master] })
    assert.equal(both.signer('refresh').kid, old.signer('refresh').kid)
    const onlyNew = await ringOn(store, { sealingKeys: [other] })
    assert.equal(onlyNew.signer('refresh').kid, old.signer('refresh').kid)
    const onlyOld = await ringOn(store, { sealingKeys: [master] })
    assert.equal(onlyOld.signer('refresh').kid, old.signer('refresh').kid)
  })

  it('rotates once more on top of a change that another process made meanwhile', async () => {
    const store = memoryStore()
    const [a, b] = [await ringOn(store), await ringOn(store)]
    await a.rotate()
    await b.rotate()
    assert.equal(b.version, 3)
    await a.load(3)
    assert.deepEqual(a.list(), b.list())
  })

  it('withdraws a key, replacing it when it is the one that signs', async () => {
    const store = memoryStore()
    const ring = await ringOn(store)
    const old = ring.signer('access')
    await ring.withdraw(old.kid as string)
    assert.notEqual(ring.signer('access').kid, old.kid)
    assert.equal(ring.accessKeys.get(old.kid as string), undefined)
    assert.equal(ring.isWithdrawn(old.kid as string), true)
    const { version } = ring
    await ring.withdraw(old.kid as string)
    assert.equal(ring.version, version)
  })

  it('says which keys there are when asked to withdraw one it does not have', async () => {
    const ring = await ringOn(memoryStore())
    await assert.rejects(ring.withdraw('nope'), (error: Error) => {
      assert.ok(error instanceof RangeError)
      assert.ok(error.message.includes(ring.signer('access').kid as string))
      return true
    })
  })

  it('obeys withdrawals even in a ring that it cannot open, and signs nothing under it', async () => {
    const store = memoryStore()
    const ring = await ringOn(store)
    const { kid } = ring.signer('access')
    await ringOn(store, { sealingKeys: [other], whenSealed: 'replace' })
    await ring.load(2)
    assert.equal(ring.isWithdrawn(kid as string), true)
    assert.equal(ring.accessKeys.get(kid as string), undefined)
    assert.throws(() => ring.signer('access'), StoreUnavailableError)
  })

  it('ends all sessions by new refresh secrets, and leaves the access keys alone', async () => {
    const store = memoryStore()
    const ring = await ringOn(store)
    const access = ring.signer('access').kid
    const refresh = ring.signer('refresh').kid as string
    await ring.replaceRefreshSecrets()
    assert.equal(ring.signer('access').kid, access)
    assert.equal(ring.refreshKey(refresh), undefined)
    assert.equal((await ringOn(store)).isWithdrawn(refresh), true)
    assert.notEqual(ring.signer('refresh').kid, refresh)
  })

  it('never goes back to a lower version', async () => {
    const store = memoryStore()
    const ring = await ringOn(store)
    await ring.rotate()
    const before = ring.list()
    await ring.load(1)
    assert.deepEqual(ring.list(), before)
    await assert.rejects(ring.load(99), StoreUnavailableError)
  })

  it('holds only refresh secrets when access tokens are signed with a secret from outside', async () => {
    const ring = await ringOn(memoryStore(), { algorithm: undefined })
    assert.deepEqual(ring.list(), [])
    assert.ok(ring.signer('refresh'))
  })

  it('publishes public members only, with alg and use', async () => {
    const [jwk] = (await ringOn(memoryStore())).jwks().keys
    assert.deepEqual(Object.keys(jwk as object).toSorted(), [
      'alg',
      'crv',
      'kid',
      'kty',
      'use',
      'x',
      'y',
    ])
  })
})

describe('the key ring of a store that has lost writes', () => {
  it('is given back, so that nobody refuses what the lost keys signed', async () => {
    const store = memoryStore()
    const ring = await ringOn(store)
    const before = await store.loadRing()
    await ring.rotate()
    const rotated = ring.list().map(({ kid }) => kid)
    const restored = memoryStore()
    await restored.changeRing({
      expectedVersion: 0,
      ring: before as NonNullable<typeof before>,
      entryId: 'e',
      issuer: 'iss',
    })
    Object.assign(store, restored)
    await ring.repair()
    const other = await ringOn(restored)
    assert.deepEqual(
      other
        .list()
        .map(({ kid }) => kid)
        .toSorted(),
      rotated.toSorted(),
    )
    const { version } = other
    await ring.repair()
    assert.equal((await restored.loadRing())?.version, version)
  })

  it('is left alone by a process that cannot open it', async () => {
    const store = memoryStore()
    const ring = await ringOn(store)
    const foreign = memoryStore()
    await ringOn(foreign, { sealingKeys: [other] })
    const present = await foreign.loadRing()
    Object.assign(store, foreign)
    await ring.repair()
    assert.deepEqual(await foreign.loadRing(), present)
  })
})
