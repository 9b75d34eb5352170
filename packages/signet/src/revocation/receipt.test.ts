import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryStore } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import { origin, type Position } from './position.ts'
import { awaitFleet, type FleetWait } from './receipt.ts'

function revoked(store: Store) {
  return store.revoke({
    kind: 'token',
    tokenId: 't',
    expiresAt: undefined,
    issuer: 'i',
    reason: undefined,
    entryId: 'e',
  })
}

function beat(store: Store, id: string, position: Position, changes = {}) {
  return store.beat({ id, position, maxStaleness: 60_000, onStale: 'deny', ...changes })
}

async function wait(store: Store, changes: Partial<FleetWait> = {}) {
  const { position } = await revoked(store)
  return {
    position,
    receipt: awaitFleet({
      store,
      position,
      monotonic: () => performance.now(),
      timeout: 2000,
      storeTimeout: 1000,
      appendAgain: async () => (await revoked(store)).position,
      ...changes,
    }),
  }
}

describe('a fleet receipt', () => {
  it('is complete at once when nobody else is there', async () => {
    const { receipt } = await wait(memoryStore())
    assert.equal((await receipt).complete, true)
  })

  it('waits for a member that is behind and ends when it has caught up', async () => {
    const store = memoryStore()
    await beat(store, 'slow', origin)
    const { position, receipt } = await wait(store)
    let isDone = false
    receipt.then(
      () => {
        isDone = true
      },
      () => {},
    )
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(isDone, false)
    await beat(store, 'slow', position)
    assert.deepEqual((await receipt).applied, ['slow'])
  })

  it('names the laggards and is incomplete when the time is up', async () => {
    const store = memoryStore()
    await beat(store, 'stuck', origin)
    const { receipt } = await wait(store, { timeout: 20 })
    const { complete, pending, waited } = await receipt
    assert.deepEqual([complete, pending], [false, ['stuck']])
    assert.ok(waited >= 20)
  })

  it('is complete when a silent member must be refusing by itself, and forgets that member', async () => {
    const store = memoryStore()
    await beat(store, 'dead', origin, { maxStaleness: 10 })
    const { receipt } = await wait(store)
    const { complete, silent } = await receipt
    assert.deepEqual([complete, silent.map(({ id }) => id)], [true, ['dead']])
    assert.deepEqual((await store.readReceipt(origin)).members, [])
  })

  it('is never complete while a member goes on when stale', async () => {
    const store = memoryStore()
    await beat(store, 'lax', origin, { maxStaleness: 10, onStale: 'allow' })
    const { receipt } = await wait(store, { timeout: 200 })
    assert.deepEqual((await receipt).pending, ['lax'])
  })

  it('appends again when the store has lost the entry', async () => {
    const store = memoryStore()
    const { receipt, position } = await wait(store, { position: { p: 1, tag: 'lost' } })
    const { complete, position: at } = await receipt
    assert.equal(complete, true)
    assert.ok(at.p > position.p)
  })
})
