import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { InvalidKeyError, StoreUnavailableError } from '../errors.ts'
import type { Key } from '../jose/key.ts'
import { memoryStore } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import { KeyRing, type KeyRingOptions } from './key-ring.ts'
import type { KeyPurpose } from './ring.ts'
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
    isBridged: false,
    bounds: { jwksMaxAge: 700, staleness: 300, lifetime: { access: 10_000, refresh: 20_000 } },
    storeTimeout: 1000,
    now: () => 0,
    randomBytes,
    ...options,
  })
  if (opened) await ring.open()
  return ring
}

/** The key that signs once the fleet has heard of everything. */
function signerOf(ring: KeyRing, purpose: KeyPurpose = 'access'): Key {
  const waiting = ring.unannounced(purpose)
  if (waiting !== undefined) ring.announce([waiting])
  return ring.signer(purpose) ?? assert.fail(`there is no ${purpose} key to sign with`)
}

describe('the key ring', () => {
  it('makes the first ring once, however many processes start together', async () => {
    const store = memoryStore()
    const rings = await Promise.all(Array.from({ length: 5 }, () => ringOn(store)))
    const kids = new Set(rings.map((ring) => signerOf(ring).kid))
    assert.equal(kids.size, 1)
    assert.equal((await store.loadRing())?.version, 1)
  })

  it('comes back from the store with the same keys', async () => {
    const store = memoryStore()
    const first = await ringOn(store)
    const second = await ringOn(store)
    assert.deepEqual(second.jwks(), first.jwks())
    assert.equal(signerOf(second, 'refresh').kid, signerOf(first, 'refresh').kid)
  })

  it('leaves no key in the store that could be used', async () => {
    const store = memoryStore()
    const ring = await ringOn(store)
    const text = JSON.stringify(await store.loadRing())
    assert.ok(text.includes(signerOf(ring).kid as string))
    assert.ok(!/"d":|PRIVATE/.test(text))
  })

  it('refuses a ring sealed with another master key, in a sentence', async () => {
    const store = memoryStore()
    await ringOn(store)
    for (const whenSealed of ['refuse', 'replace'] as const) {
      const opening = ringOn(store, { sealingKeys: [other], whenSealed })
      await assert.rejects(opening, (error: Error) => {
        assert.ok(error instanceof InvalidKeyError)
        assert.match(error.message, /sealed with another master key/)
        return true
      })
    }
  })

  it('replaces a ring it cannot open where that is the plan, and withdraws all its kids', async () => {
    const store = memoryStore()
    const old = await ringOn(store, { algorithm: undefined })
    const oldKid = signerOf(old, 'refresh').kid as string
    const refused = ringOn(store, { sealingKeys: [other] })
    await assert.rejects(refused, /sealed under a secret from outside/)
    const fresh = await ringOn(store, {
      algorithm: undefined,
      sealingKeys: [other],
      whenSealed: 'replace',
    })
    assert.equal(fresh.version, 2)
    assert.equal(fresh.isWithdrawn(oldKid), true)
    assert.equal(fresh.refreshKey(oldKid), undefined)
    assert.ok(signerOf(fresh, 'refresh'))
  })

  it('is sealed for exactly the keys of whoever opened it last', async () => {
    const store = memoryStore()
    const wraps = async () => (await store.loadRing())?.sealed.wraps.map(({ id }) => id)
    const old = await ringOn(store)
    assert.deepEqual(await wraps(), [master.id])
    const both = await ringOn(store, { sealingKeys: [other, master] })
    assert.equal(signerOf(both, 'refresh').kid, signerOf(old, 'refresh').kid)
    assert.deepEqual(await wraps(), [other.id, master.id])
    await old.load(both.version)
    assert.equal(old.isOpen, true)
    const onlyNew = await ringOn(store, { sealingKeys: [other] })
    assert.equal(signerOf(onlyNew, 'refresh').kid, signerOf(old, 'refresh').kid)
    assert.deepEqual(await wraps(), [other.id])
  })

  it('seals for its newest key again what someone with only the old one has changed', async () => {
    const store = memoryStore()
    const old = await ringOn(store)
    const both = await ringOn(store, { sealingKeys: [other, master] })
    await old.load(both.version)
    await old.rotate()
    await both.load(old.version)
    assert.equal(both.version, old.version + 1)
    assert.ok(await ringOn(store, { sealingKeys: [other] }))
  })

  it('makes one rotation of two that begin at once', async () => {
    const store = memoryStore()
    const [a, b] = [await ringOn(store), await ringOn(store)]
    await Promise.all([a.rotate(), b.rotate()])
    await Promise.all([a.load(2), b.load(2)])
    assert.deepEqual([a.version, b.version], [2, 2])
    assert.deepEqual(a.list(), b.list())
    await b.rotate()
    assert.equal(b.list().length, 3)
  })

  it('makes the change to what another process has left', async () => {
    const store = memoryStore()
    const [a, b] = [await ringOn(store), await ringOn(store)]
    await a.rotate()
    await b.replaceAll()
    assert.equal(b.version, 3)
    assert.equal(b.list().length, 1)
    assert.equal(b.isWithdrawn(a.list()[1]?.kid as string), true)
  })

  it('rotates by the clock, once for all processes, and when a key was published to sign next', async () => {
    const store = memoryStore()
    let now = 0
    const clock = { now: () => now }
    const rings = await Promise.all([ringOn(store, clock), ringOn(store, clock)])
    const [first] = rings
    await first.rotateIfDue(5000)
    assert.deepEqual([first.version, first.dueIn(5000)], [1, 4000])
    now = 4000
    await Promise.all(rings.map((ring) => ring.rotateIfDue(5000)))
    await Promise.all(rings.map((ring) => ring.rotateIfDue(5000)))
    assert.deepEqual(
      rings.map((ring) => ring.version),
      [2, 2],
    )
    assert.deepEqual(
      first.list().map(({ state }) => state),
      ['active', 'next'],
    )
    assert.equal(first.list()[1]?.signFrom.getTime(), 5000)
  })

  it('rotates refresh secrets by the clock as well, but not as often as the keys', async () => {
    let now = 0
    const bounds = { jwksMaxAge: 0, staleness: 0, lifetime: { access: 100, refresh: 40_000 } }
    const ring = await ringOn(memoryStore(), { now: () => now, bounds })
    const secret = signerOf(ring, 'refresh').kid
    now = 1000
    await ring.rotateIfDue(1000)
    assert.equal(ring.list().length, 2)
    assert.equal(signerOf(ring, 'refresh').kid, secret)
    now = 2000
    await ring.rotateIfDue(1000)
    assert.notEqual(signerOf(ring, 'refresh').kid, secret)
    assert.ok(ring.refreshKey(secret as string))
  })

  it('goes on with the algorithm that a newer deployment has chosen', async () => {
    const store = memoryStore()
    let now = 0
    const old = await ringOn(store, { now: () => now })
    const newer = await ringOn(store, { now: () => now, algorithm: 'Ed25519' })
    await old.load(newer.version)
    assert.deepEqual(
      old.list().map(({ algorithm, state }) => `${algorithm} ${state}`),
      ['ES256 active', 'Ed25519 next'],
    )
    await old.rotate()
    assert.equal(old.list().at(-1)?.algorithm, 'Ed25519')
    now = 1000
    await old.withdraw(signerOf(old).kid as string)
    assert.equal(signerOf(old).algorithm, 'Ed25519')
  })

  it('signs with a key only once the fleet has heard of it, or must have', async () => {
    let now = 0
    const ring = await ringOn(memoryStore(), { now: () => now })
    assert.equal(ring.signer('access'), undefined)
    const kid = ring.unannounced('access') as string
    ring.announce([kid])
    assert.equal(ring.signer('access')?.kid, kid)
    assert.equal(ring.unannounced('access'), undefined)
    await ring.rotate()
    now = 1000
    assert.equal(ring.signer('access')?.kid, kid)
    assert.equal(ring.unannounced('access'), ring.list()[1]?.kid)
    now = 1300
    assert.equal(ring.signer('access')?.kid, ring.list()[1]?.kid)
    assert.equal(ring.unannounced('access'), undefined)
  })

  it('refuses the tokens of a key that is gone', async () => {
    let now = 0
    const ring = await ringOn(memoryStore(), { now: () => now })
    const { kid } = signerOf(ring)
    await ring.rotate()
    now = 1000 + 300 + 10_000 + 60_000 - 1
    assert.ok(ring.accessKeys.get(kid as string))
    now++
    assert.equal(ring.accessKeys.get(kid as string), undefined)
    assert.equal(ring.accessKeys.keys.length, 1)
    assert.equal(ring.accessKeys.get(signerOf(ring, 'refresh').kid as string), undefined)
  })

  it('withdraws a key, replacing it when it is the one that signs', async () => {
    const store = memoryStore()
    const ring = await ringOn(store)
    const old = signerOf(ring)
    await ring.withdraw(old.kid as string)
    assert.notEqual(signerOf(ring).kid, old.kid)
    assert.equal(ring.accessKeys.get(old.kid as string), undefined)
    assert.equal(ring.isWithdrawn(old.kid as string), true)
    const { version } = ring
    await ring.withdraw(old.kid as string)
    assert.equal(ring.version, version)
  })

  it('withdraws a key that another process has just published', async () => {
    const store = memoryStore()
    const [a, b] = [await ringOn(store), await ringOn(store)]
    await a.rotate()
    await b.withdraw(a.list()[1]?.kid as string)
    assert.equal(b.list().length, 1)
  })

  it('says which keys there are when asked to withdraw one it does not have', async () => {
    const ring = await ringOn(memoryStore())
    await assert.rejects(ring.withdraw('nope'), (error: Error) => {
      assert.ok(error instanceof RangeError)
      assert.ok(error.message.includes(signerOf(ring).kid as string))
      return true
    })
  })

  it('obeys withdrawals even in a ring that it cannot open, and signs nothing under it', async () => {
    const store = memoryStore()
    const ring = await ringOn(store, { algorithm: undefined })
    const { kid } = signerOf(ring, 'refresh')
    const alone = { sealingKeys: [other], whenSealed: 'replace' as const }
    await ringOn(store, { ...alone, algorithm: undefined })
    await ring.load(2)
    assert.equal(ring.isWithdrawn(kid as string), true)
    assert.equal(ring.refreshKey(kid as string), undefined)
    assert.deepEqual([ring.signer('access'), ring.isOpen], [undefined, false])
    await assert.rejects(ring.rotate(), StoreUnavailableError)
  })

  it('ends all sessions by new refresh secrets, and leaves the access keys alone', async () => {
    const store = memoryStore()
    const ring = await ringOn(store)
    const access = signerOf(ring).kid
    const refresh = signerOf(ring, 'refresh').kid as string
    await ring.replaceRefreshSecrets()
    assert.equal(signerOf(ring).kid, access)
    assert.equal(ring.refreshKey(refresh), undefined)
    assert.equal((await ringOn(store)).isWithdrawn(refresh), true)
    assert.notEqual(signerOf(ring, 'refresh').kid, refresh)
  })

  it('goes on verifying with the keys it has when it cannot open the ring, and takes none from it', async () => {
    const store = memoryStore()
    const left = await ringOn(store)
    const [kid, secret] = [signerOf(left).kid as string, signerOf(left, 'refresh').kid as string]
    await ringOn(store, { sealingKeys: [other, master] })
    const newer = await ringOn(store, { sealingKeys: [other] })
    await newer.rotate()
    await left.load(newer.version)
    assert.deepEqual([left.isOpen, left.signer('access')], [false, undefined])
    assert.deepEqual(
      left.jwks().keys.map((jwk) => jwk.kid),
      [kid],
    )
    assert.ok(left.accessKeys.get(kid))
    assert.ok(left.refreshKey(secret))
    await newer.withdraw(kid)
    await left.load(newer.version)
    assert.equal(left.accessKeys.get(kid), undefined)
    assert.equal(left.isWithdrawn(kid), true)
    await ringOn(store, { sealingKeys: [master, other] })
    await left.load(newer.version + 1)
    assert.equal(left.isOpen, true)
    assert.deepEqual(left.jwks(), newer.jwks())
  })

  it('never goes back to a lower version', async () => {
    const store = memoryStore()
    const ring = await ringOn(store)
    await ring.rotate()
    const before = ring.list()
    await ring.load(1)
    assert.deepEqual(ring.list(), before)
    await assert.rejects(ring.load(99), StoreUnavailableError)
    const fallenBack = memoryStore()
    await ringOn(fallenBack)
    Object.assign(store, fallenBack)
    await ring.load(1)
    assert.deepEqual(ring.list(), before)
  })

  it('holds only refresh secrets when access tokens are signed with a secret from outside', async () => {
    const ring = await ringOn(memoryStore(), { algorithm: undefined })
    assert.deepEqual(ring.list(), [])
    assert.ok(signerOf(ring, 'refresh'))
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
