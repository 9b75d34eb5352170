import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { InvalidKeyError } from '../errors.ts'
import { memoryStore } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import { KeyRing } from './key-ring.ts'
import { type ResealRequest, resealRing } from './reseal.ts'
import { deriveSealingKey, type SealingKey } from './seal.ts'

const [old, fresh, foreign] = ['old', 'fresh', 'foreign'].map((name) =>
  deriveSealingKey(Buffer.from(name), 'test'),
) as [SealingKey, SealingKey, SealingKey]

async function ringOn(store: Store, sealingKeys: readonly SealingKey[]): Promise<KeyRing> {
  const ring = new KeyRing({
    store,
    issuer: 'iss',
    algorithm: 'ES256',
    isBridged: false,
    sealingKeys,
    whenSealed: 'refuse',
    bounds: { jwksMaxAge: 700, staleness: 300, lifetime: { access: 10_000, refresh: 20_000 } },
    storeTimeout: 1000,
    now: () => 0,
    randomBytes,
  })
  await ring.open()
  return ring
}

async function reseal(store: Store, changes: Partial<ResealRequest> = {}): Promise<string[]> {
  const steps: string[] = []
  await resealRing({
    store,
    issuer: 'iss',
    sealingKey: fresh,
    previousKeys: [old],
    dryRun: false,
    storeTimeout: 1000,
    randomBytes,
    onStep: (step) => steps.push(step),
    ...changes,
  })
  return steps
}

describe('sealing a ring anew', () => {
  it('leaves it to the new key alone, with every key as it was, and says what it does', async () => {
    const store = memoryStore()
    const before = await ringOn(store, [old])
    const steps = await reseal(store)
    assert.match(steps[0] ?? '', /opened ring 1: 1 access keys, 1 refresh secrets, 0 withdrawn/)
    assert.equal(steps.at(-1), 'ring 2 is sealed for the new master key alone')
    assert.deepEqual((await ringOn(store, [fresh])).jwks(), before.jwks())
    await assert.rejects(ringOn(store, [old]), InvalidKeyError)
  })

  it('changes nothing in a dry run, nor when there is nothing to do', async () => {
    const store = memoryStore()
    await ringOn(store, [old])
    assert.match((await reseal(store, { dryRun: true })).at(-1) ?? '', /^dry run/)
    assert.equal((await store.loadRing())?.version, 1)
    await reseal(store)
    assert.match((await reseal(store)).at(-1) ?? '', /nothing to do/)
    assert.equal((await store.loadRing())?.version, 2)
  })

  it('drops a key that still opens the ring', async () => {
    const store = memoryStore()
    await ringOn(store, [fresh, old])
    assert.equal((await store.loadRing())?.sealed.wraps.length, 2)
    await reseal(store, { previousKeys: [] })
    assert.equal((await store.loadRing())?.sealed.wraps.length, 1)
  })

  it('is done to what another process has made of the ring meanwhile', async () => {
    const store = memoryStore()
    const ring = await ringOn(store, [old])
    let rotated = false
    const racing: Store = {
      ...store,
      changeRing: async (change) => {
        if (!rotated) {
          rotated = true
          await ring.rotate()
        }
        return store.changeRing(change)
      },
    }
    const steps = await reseal(racing)
    assert.ok(steps.some((step) => /changed the ring meanwhile/.test(step)))
    assert.equal((await ringOn(store, [fresh])).list().length, 2)
  })

  it('says to keep the old key when what it wrote does not come back', async () => {
    const store = memoryStore()
    await ringOn(store, [old])
    const forgetful: Store = { ...store, changeRing: async () => true }
    await assert.rejects(reseal(forgetful), /keep the old one/)
  })

  it('refuses keys that open nothing, and a store without a ring', async () => {
    const store = memoryStore()
    await assert.rejects(reseal(store), /holds no key ring/)
    await ringOn(store, [old])
    await assert.rejects(reseal(store, { previousKeys: [foreign] }), /opens under none/)
  })
})
