import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { StoreUnavailableError } from '../errors.ts'
import { KeyRing, type KeyRingOptions } from '../keys/key-ring.ts'
import { deriveSealingKey } from '../keys/seal.ts'
import { makeSecret, secretKey } from '../keys/secret.ts'
import { Lease } from '../revocation/lease.ts'
import { memoryStore } from '../stores/memory.ts'
import { type IssuerKeysOptions, issuerKeys } from './issuer-keys.ts'

const AHEAD = 1000
const STALENESS = 300
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

/** An issuer whose fleet answers when the test says so. */
class Bench {
  now = 0
  readonly asked: number[] = []
  readonly store = memoryStore()
  readonly lease: Lease
  readonly ring: KeyRing
  #answer: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined

  private constructor(options: Partial<KeyRingOptions>) {
    const clocks = { monotonic: () => this.now, wall: () => this.now }
    this.lease = new Lease(clocks, STALENESS)
    this.ring = new KeyRing({
      store: this.store,
      issuer: 'iss',
      algorithm: 'ES256',
      isBridged: false,
      sealingKeys: [deriveSealingKey(Buffer.from('master'), 'test')],
      whenSealed: 'refuse',
      bounds: {
        jwksMaxAge: AHEAD - STALENESS,
        staleness: STALENESS,
        lifetime: { access: 1000, refresh: 1000 },
      },
      storeTimeout: 1000,
      now: () => this.now,
      randomBytes,
      ...options,
    })
  }

  static async open(options: Partial<KeyRingOptions> = {}): Promise<Bench> {
    const bench = new Bench(options)
    await bench.ring.open()
    bench.beat()
    return bench
  }

  beat(): void {
    this.lease.renew({ monotonic: this.now, wall: this.now })
  }

  pass(milliseconds: number): void {
    this.now += milliseconds
    this.beat()
  }

  keys(options: Partial<IssuerKeysOptions> = {}) {
    const { ring, lease } = this
    const awaitFleet = (timeout: number) => {
      this.asked.push(timeout)
      return new Promise<void>((resolve, reject) => {
        this.#answer = { resolve, reject }
      })
    }
    const standard = { secrets: [], signsWithSecret: false, maxStaleness: STALENESS, awaitFleet }
    return issuerKeys({ ring, lease, ...standard, ...options })
  }

  async answer(error?: Error): Promise<void> {
    if (error === undefined) this.#answer?.resolve()
    else this.#answer?.reject(error)
    await settled()
  }
}

describe('the keys of an issuer', () => {
  it('are ready once the fleet has the first ring, which is asked once', async () => {
    const bench = await Bench.open()
    const keys = bench.keys()
    let isReady = false
    const both = Promise.all([keys.ready(), keys.ready()]).then(() => {
      isReady = true
    })
    await settled()
    assert.equal(isReady, false)
    assert.throws(() => keys.accessSigner(), /the fleet has not yet heard of the new keys/)
    await bench.answer()
    await both
    assert.deepEqual(bench.asked, [2000])
    assert.equal(keys.accessSigner().kid, bench.ring.list()[0]?.kid)
    await keys.ready()
    assert.equal(bench.asked.length, 1)
  })

  it('sign on with the old key while the fleet is asked about the next, which nobody waits for', async () => {
    const bench = await Bench.open()
    const keys = bench.keys()
    await Promise.all([keys.ready(), bench.answer()])
    await keys.rotate()
    const [old, next] = bench.ring.list().map(({ kid }) => kid)
    bench.pass(AHEAD - 1)
    await keys.ready()
    assert.equal(bench.asked.length, 1)
    bench.pass(1)
    await keys.ready()
    assert.equal(keys.accessSigner().kid, old)
    assert.deepEqual(bench.asked, [2000, STALENESS])
    await bench.answer()
    assert.equal(keys.accessSigner().kid, next)
  })

  it('sign with the next key after the lease, though the fleet never answered', async () => {
    const bench = await Bench.open()
    const keys = bench.keys()
    await Promise.all([keys.ready(), bench.answer()])
    await keys.rotate()
    const [old, next] = bench.ring.list().map(({ kid }) => kid)
    bench.pass(AHEAD)
    await keys.ready()
    await bench.answer(new StoreUnavailableError('the store is away'))
    assert.equal(keys.accessSigner().kid, old)
    bench.pass(STALENESS)
    assert.equal(keys.accessSigner().kid, next)
  })

  it('wait for the fleet after an emergency, since a withdrawn key never signs again', async () => {
    const bench = await Bench.open()
    const keys = bench.keys()
    await Promise.all([keys.ready(), bench.answer()])
    bench.pass(STALENESS)
    const { kid: leaked } = keys.accessSigner()
    await keys.withdraw(leaked as string)
    assert.throws(() => keys.accessSigner(), StoreUnavailableError)
    assert.ok(keys.refreshSigner())
    const ready = keys.ready()
    await settled()
    await bench.answer()
    await ready
    assert.notEqual(keys.accessSigner().kid, leaked)
  })

  it('do not sign while the fleet cannot be asked, and ask again', async () => {
    const bench = await Bench.open()
    const keys = bench.keys()
    const ready = assert.rejects(keys.ready(), /the store is away/)
    await bench.answer(new StoreUnavailableError('the store is away'))
    await ready
    assert.throws(() => keys.accessSigner(), StoreUnavailableError)
    await Promise.all([keys.ready(), bench.answer()])
    assert.ok(keys.accessSigner())
  })

  it('never sign under a ring that was not confirmed in time', async () => {
    const bench = await Bench.open()
    const keys = bench.keys()
    await Promise.all([keys.ready(), bench.answer()])
    bench.now += STALENESS + 1
    for (const sign of [() => keys.accessSigner(), () => keys.refreshSigner()])
      assert.throws(sign, /has not been confirmed in time/)
    await assert.rejects(keys.ready(), /has not been confirmed in time/)
    bench.beat()
    assert.ok(keys.accessSigner())
  })
})

describe('a secret from outside', () => {
  const secrets = [secretKey(makeSecret(32, 'hex', randomBytes))]

  it('signs alone, and takes keys of a ring that others have begun', async () => {
    const bench = await Bench.open({ algorithm: undefined })
    const keys = bench.keys({ secrets, signsWithSecret: true })
    await Promise.all([keys.ready(), bench.answer()])
    assert.equal(keys.accessSigner(), secrets[0])
    assert.equal(keys.accessKeys.keys, keys.accessKeys.keys)
    await assert.rejects(keys.rotate(), /keys.rotate\(\) is not possible .* deploy a new secret/)
    await assert.rejects(keys.withdraw('any'), /deploy a new secret/)
    await assert.rejects(keys.replaceAll(), /deploy a new secret/)
    const newer = new KeyRing({
      ...{ store: bench.store, issuer: 'iss', algorithm: 'Ed25519', isBridged: true },
      sealingKeys: [deriveSealingKey(Buffer.from('master'), 'test')],
      whenSealed: 'refuse',
      bounds: { jwksMaxAge: 0, staleness: 0, lifetime: { access: 0, refresh: 0 } },
      storeTimeout: 1000,
      now: () => bench.now,
      randomBytes,
    })
    await newer.open()
    await bench.ring.load(newer.version)
    const { kid } = newer.list()[0] ?? assert.fail('the ring has no access key')
    assert.equal(keys.accessKeys.get(kid)?.algorithm, 'Ed25519')
    assert.deepEqual(keys.accessKeys.keys, [...secrets, keys.accessKeys.get(kid)])
    assert.equal(keys.accessSigner(), secrets[0])
  })

  it('signs until the first key of the ring may, on the way to a ring', async () => {
    const bench = await Bench.open({ isBridged: true })
    const keys = bench.keys({ secrets })
    await Promise.all([keys.ready(), bench.answer()])
    assert.equal(keys.accessSigner(), secrets[0])
    bench.pass(AHEAD)
    await keys.ready()
    assert.equal(keys.accessSigner(), secrets[0])
    await bench.answer()
    assert.equal(keys.accessSigner().kid, bench.ring.list()[0]?.kid)
    await assert.rejects(
      keys.replaceAll(),
      /under 'keys.previousSecrets' are accepted: deploy without it first/,
    )
  })

  it('does not keep sessions from being ended', async () => {
    const bench = await Bench.open({ algorithm: undefined })
    const keys = bench.keys({ secrets, signsWithSecret: true })
    await Promise.all([keys.ready(), bench.answer()])
    const { kid } = keys.refreshSigner()
    await keys.endSessions()
    assert.equal(keys.refreshKey(kid as string), undefined)
    assert.equal(keys.isWithdrawn(kid as string), true)
    await Promise.all([keys.ready(), bench.answer()])
    assert.notEqual(keys.refreshSigner().kid, kid)
  })
})
