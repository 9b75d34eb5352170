import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { memoryStore } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import { Follower } from './follower.ts'
import type { FollowerOptions } from './follower-options.ts'
import { BEAT_LIMIT, type BeatReply } from './log-store.ts'
import { origin, samePosition } from './position.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')

function follow(store: Store, changes: Partial<FollowerOptions> = {}) {
  const clock = { monotonic: 0, wall: NOW }
  const errors: unknown[] = []
  const follower = new Follower({
    store,
    ring: { version: 0, load: async () => {}, repair: async () => {} },
    memberId: 'me',
    maxStaleness: 60_000,
    onStale: 'deny',
    storeTimeout: 1000,
    randomBytes,
    clocks: { monotonic: () => clock.monotonic, wall: () => clock.wall },
    now: () => NOW,
    onError: (error) => errors.push(error),
    onLostWrites: () => {},
    ...changes,
  })
  return { follower, clock, errors }
}

function revokeToken(store: Store, tokenId: string) {
  const entryId = `entry of ${tokenId}`
  return store.revoke({
    kind: 'token',
    tokenId,
    expiresAt: NOW * 2,
    issuer: 'iss',
    reason: undefined,
    entryId,
  })
}

function token(tokenId: string) {
  return { issuer: 'iss', subject: undefined, sessionId: undefined, tokenId, epoch: 0 }
}

function newStore(): Store {
  return memoryStore({ clock: () => new Date(NOW) })
}

describe('a follower', () => {
  it('knows everything once it has started', async () => {
    const store = newStore()
    await revokeToken(store, 'a')
    const { follower } = follow(store)
    await follower.start()
    assert.equal(follower.index.revokes(token('a')), 'token')
    assert.equal(follower.lease.isAlive, true)
    assert.deepEqual(follower.position, await store.head())
    await follower.close()
  })

  it('catches up when it is woken, and tells the fleet', async () => {
    const store = newStore()
    const { follower } = follow(store)
    await follower.start()
    const { position } = await revokeToken(store, 'a')
    await until(() => follower.index.revokes(token('a')) === 'token')
    await until(async () => {
      const { members } = await store.readReceipt(position)
      return members.every((member) => samePosition(member.position, position))
    })
    await follower.close()
  })

  it('dates its lease from before the report was sent, not from the answer', async () => {
    const store = newStore()
    const { follower, clock } = follow({
      ...store,
      beat: async (report) => {
        clock.monotonic += 5000
        return store.beat(report)
      },
    })
    await follower.start()
    assert.equal(follower.lease.age(), 5000)
    await follower.close()
  })

  it('gets no lease from a page that is not the last', async () => {
    const store = newStore()
    for (let i = 0; i < BEAT_LIMIT + 1; i++) await revokeToken(store, `t${i}`)
    const leases: boolean[] = []
    const { follower } = follow({
      ...store,
      beat: async (report) => {
        leases.push(follower.lease.isAlive)
        return store.beat(report)
      },
    })
    await follower.start()
    assert.deepEqual(leases.slice(0, 2), [false, false])
    assert.equal(follower.index.size, BEAT_LIMIT + 1)
    await follower.close()
  })

  it('loads a ring before its position passes the entry that announces it', async () => {
    const store = newStore()
    const seen: unknown[] = []
    const ring = {
      version: 0,
      load: async (version: number) => {
        seen.push(follower.position)
        ring.version = version
      },
      repair: async () => {},
    }
    const { follower } = follow(store, { ring })
    await follower.start()
    const document = { version: 1, publicPart: '{}', sealed: { wraps: [], iv: '', data: '' } }
    await store.changeRing({ expectedVersion: 0, ring: document, entryId: 'r', issuer: 'iss' })
    await follower.beat()
    assert.equal(ring.version, 1)
    assert.deepEqual(seen, [origin])
    assert.deepEqual(follower.position, await store.head())
    await follower.close()
  })

  it('neither moves nor renews when the announced ring cannot be loaded', async () => {
    const store = newStore()
    const load = () => Promise.reject(new Error('gone'))
    const ring = { version: 0, load, repair: async () => {} }
    const { follower, clock } = follow(store, { ring })
    await follower.start()
    clock.monotonic += 10
    const document = { version: 1, publicPart: '{}', sealed: { wraps: [], iv: '', data: '' } }
    await store.changeRing({ expectedVersion: 0, ring: document, entryId: 'r', issuer: 'iss' })
    await assert.rejects(follower.beat())
    assert.deepEqual(follower.position, origin)
    assert.equal(follower.lease.age(), 10)
    await follower.close()
  })

  it('drops its lease and reads the log again when the store has lost writes', async () => {
    const store = newStore()
    const { follower } = follow(store)
    await follower.start()
    await revokeToken(store, 'kept')
    await follower.beat()
    const other = newStore()
    await revokeToken(other, 'new')
    const states: BeatReply['state'][] = []
    const leases: boolean[] = []
    Object.assign(store, {
      ...other,
      beat: async (report: Parameters<Store['beat']>[0]) => {
        leases.push(follower.lease.isAlive)
        const reply = await other.beat(report)
        states.push(reply.state)
        return reply
      },
    })
    await follower.beat()
    assert.equal(states[0], 'diverged')
    assert.equal(leases[1], false)
    assert.equal(follower.lease.isAlive, true)
    // The union: what was known is still refused, although this store has never heard of it.
    assert.equal(follower.index.revokes(token('kept')), 'token')
    assert.equal(follower.index.revokes(token('new')), 'token')
    await follower.close()
  })

  it('refuses from the moment it closes, and leaves the fleet', async () => {
    const store = newStore()
    const { follower } = follow(store)
    await follower.start()
    await follower.close()
    assert.equal(follower.lease.isAlive, false)
    assert.deepEqual((await store.readReceipt(origin)).members, [])
  })

  it('does not begin a beat for each of many wake-ups', async () => {
    const store = newStore()
    let beats = 0
    const { follower } = follow({
      ...store,
      beat: (report) => {
        beats++
        return store.beat(report)
      },
    })
    await follower.start()
    beats = 0
    await Promise.all(Array.from({ length: 100 }, () => follower.beat()))
    assert.ok(beats <= 4, `${beats} beats`)
    await follower.close()
  })

  it('lives through a store that fails, and reports it', async () => {
    const store = newStore()
    const { follower, errors } = follow(store)
    await follower.start()
    const { look } = store
    Object.assign(store, { look: () => Promise.reject(new Error('away')) })
    await revokeToken(store, 'a')
    await until(() => errors.length > 0)
    Object.assign(store, { look })
    await revokeToken(store, 'b')
    await until(() => follower.index.revokes(token('a')) === 'token')
    await follower.close()
  })
})

/** Lets the event loop turn until the condition holds; the runner's time limit is the only clock. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve))
}
