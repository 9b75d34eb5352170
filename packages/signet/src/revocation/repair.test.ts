/** What a follower does for a store that has lost acknowledged writes (PROTOCOL: divergence). */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { subjectHash } from '../sessions/session-id.ts'
import { memoryStore } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import { Follower } from './follower.ts'
import { origin, samePosition } from './position.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const newStore = () => memoryStore({ clock: () => new Date(NOW) })

/** A store that can be exchanged under its users, as a failover does. */
function replaceable(first: Store) {
  let current = first
  const store = Object.fromEntries(
    Object.keys(first).map((name) => [
      name,
      (...parameters: readonly unknown[]) =>
        (current[name as keyof Store] as (...all: readonly unknown[]) => unknown)(...parameters),
    ]),
  ) as unknown as Store
  const failOver = (to: Store) => {
    current = to
  }
  return { store, failOver }
}

function follow(store: Store, memberId = 'me') {
  const told: (number | undefined)[] = []
  const repairs: string[] = []
  const errors: unknown[] = []
  const follower = new Follower({
    store,
    ring: { version: 0, load: async () => {}, repair: async () => void repairs.push('ring') },
    memberId,
    maxStaleness: 60_000,
    onStale: 'deny',
    storeTimeout: 1000,
    randomBytes,
    clocks: { monotonic: () => 0, wall: () => NOW },
    now: () => NOW,
    onError: (error) => errors.push(error),
    onLostWrites: (givenBack) => told.push(givenBack),
  })
  return { follower, told, repairs, errors }
}

const step = (entryId: string) => ({ issuer: 'iss', reason: undefined, entryId })
const revokeToken = (store: Store, tokenId: string) =>
  store.revoke({ ...step(`id of ${tokenId}`), kind: 'token', tokenId, expiresAt: NOW + 60_000 })
const revokeSubject = (store: Store, subject: string) =>
  store.revoke({
    ...step(`id of ${subject}`),
    kind: 'subject',
    subject,
    hs: subjectHash('iss', subject),
    keepSid: undefined,
  })

async function idsIn(store: Store): Promise<string[]> {
  return (await store.look(origin)).entries.map(({ id }) => id).toSorted()
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve))
}

describe('a store that has lost writes', () => {
  it('gets back what it lacks, the state included, and once', async () => {
    const { store, failOver } = replaceable(newStore())
    const { follower, told, repairs } = follow(store)
    await follower.start()
    await revokeToken(store, 'a')
    const cut = (await revokeSubject(store, 'anna')).entry.epoch as number
    await follower.beat()
    const restored = newStore()
    await revokeToken(restored, 'a')
    await revokeToken(restored, 'since')
    failOver(restored)
    await follower.beat()
    assert.deepEqual(told[0], undefined)
    await until(() => told.length === 2)
    assert.equal(told[1], 1)
    assert.deepEqual(repairs, ['ring'])
    assert.deepEqual(await idsIn(restored), ['id of a', 'id of anna', 'id of since'])
    const { epoch } = await restored.stampSubject(subjectHash('iss', 'anna'))
    assert.ok(epoch >= cut)
    assert.equal(follower.lease.isAlive, true)
    assert.ok(samePosition(follower.position, await restored.head()))
    await follower.close()
  })

  it('is read again and repaired when it is suspected, although it knows our position', async () => {
    const { store, failOver } = replaceable(newStore())
    const { follower, told } = follow(store)
    await revokeToken(store, 'a')
    await follower.start()
    const suspicion = follower.suspect()
    assert.equal(follower.lease.isAlive, false)
    await suspicion
    assert.equal(follower.lease.isAlive, true)
    await until(() => told.length === 2)
    assert.equal(told[1], 0)
    failOver(newStore())
    await follower.close()
  })

  it('is repaired by the next beat when it fails in the middle', async () => {
    const { store, failOver } = replaceable(newStore())
    const { follower, told, errors } = follow(store)
    await follower.start()
    for (let i = 0; i < 200; i++) await revokeToken(store, `t${i}`)
    await follower.beat()
    const restored = newStore()
    let left = 100
    const { reoffer } = restored
    Object.assign(restored, {
      reoffer: (entry: Parameters<Store['reoffer']>[0]) =>
        left-- > 0 ? reoffer(entry) : Promise.reject(new Error('away')),
    })
    failOver(restored)
    await revokeToken(restored, 'since')
    await follower.beat()
    await until(() => errors.length > 0)
    left = Number.POSITIVE_INFINITY
    await follower.beat()
    await until(() => told.length === 2)
    assert.equal(new Set(await idsIn(restored)).size, 201)
    await follower.close()
  })

  it('is repaired by a fleet together, without everybody writing everything', async () => {
    const { store, failOver } = replaceable(newStore())
    const fleet = ['one', 'two', 'three', 'four'].map((id) => follow(store, id))
    for (const { follower } of fleet) await follower.start()
    for (let i = 0; i < 900; i++) await revokeToken(store, `t${i}`)
    await Promise.all(fleet.map(({ follower }) => follower.beat()))
    const restored = newStore()
    await revokeToken(restored, 'since')
    failOver(restored)
    await Promise.all(fleet.map(({ follower }) => follower.beat()))
    await until(() => fleet.every(({ told }) => told.length === 2))
    const { entries } = await restored.look(origin)
    const written = fleet.reduce((sum, { told }) => sum + (told[1] ?? 0), 0)
    assert.ok(entries.length > 900 || written > 900)
    assert.ok(written < 4 * 900, `${written} entries were written for 900`)
    for (const { follower } of fleet) await follower.close()
  })
})
