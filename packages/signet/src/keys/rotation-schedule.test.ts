import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { memoryStore } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import { KeyRing } from './key-ring.ts'
import { rotateOnSchedule } from './rotation-schedule.ts'
import { deriveSealingKey } from './seal.ts'

const DAY_MS = 86_400_000
const settled = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))

/** Processes on one store under one clock, each with its schedule. */
class Fleet {
  now = 0
  readonly errors: unknown[] = []
  readonly timers = new Set<{ readonly at: number; readonly callback: () => void }>()
  readonly rings: KeyRing[] = []
  readonly stops: (() => void)[] = []
  readonly store: Store

  constructor(store: Store = memoryStore()) {
    this.store = store
  }

  async join(jitter = 0): Promise<KeyRing> {
    const ring = new KeyRing({
      store: this.store,
      issuer: 'iss',
      algorithm: 'ES256',
      isBridged: false,
      sealingKeys: [deriveSealingKey(Buffer.from('master'), 'test')],
      whenSealed: 'refuse',
      bounds: { jwksMaxAge: 300_000, staleness: 30_000, lifetime: { access: 1, refresh: 1 } },
      storeTimeout: 1000,
      now: () => this.now,
      randomBytes,
    })
    await ring.open()
    this.rings.push(ring)
    const stop = rotateOnSchedule({
      ring,
      every: DAY_MS,
      schedule: (milliseconds, callback) => {
        const timer = { at: this.now + milliseconds, callback }
        this.timers.add(timer)
        return () => this.timers.delete(timer)
      },
      randomBytes: () => Uint8Array.of(jitter),
      onError: (error) => this.errors.push(error),
    })
    this.stops.push(stop)
    return ring
  }

  /** Lets a time pass, timer by timer. */
  async pass(milliseconds: number): Promise<void> {
    const until = this.now + milliseconds
    for (;;) {
      const [next] = [...this.timers].toSorted((a, b) => a.at - b.at)
      if (next === undefined || next.at > until) break
      this.now = Math.max(this.now, next.at)
      this.timers.delete(next)
      next.callback()
      await settled()
    }
    this.now = until
  }
}

describe('rotation by the clock', () => {
  it('publishes the next key in time for it to sign at the interval, again and again', async () => {
    const fleet = new Fleet()
    const ring = await fleet.join()
    await fleet.pass(DAY_MS - 330_000 - 1)
    assert.equal(ring.list().length, 1)
    await fleet.pass(1)
    assert.deepEqual(
      ring.list().map(({ signFrom }) => signFrom.getTime()),
      [0, DAY_MS],
    )
    await fleet.pass(3 * DAY_MS)
    const [key, successor] = ring.list().slice(-2)
    assert.deepEqual([key?.state, successor?.state], ['active', 'next'])
    assert.deepEqual(fleet.errors, [])
  })

  it('makes one rotation, however many processes keep the schedule', async () => {
    const fleet = new Fleet()
    for (const jitter of [0, 0, 128, 255]) await fleet.join(jitter)
    await fleet.pass(DAY_MS + DAY_MS / 10)
    assert.equal((await fleet.store.loadRing())?.version, 2)
    await fleet.pass(DAY_MS)
    assert.equal((await fleet.store.loadRing())?.version, 3)
  })

  it('spreads the processes, so that most find the rotation done', async () => {
    const fleet = new Fleet()
    await fleet.join(255)
    await fleet.pass(DAY_MS - 330_000 + 59_000)
    assert.equal((await fleet.store.loadRing())?.version, 1)
    await fleet.pass(1000)
    assert.equal((await fleet.store.loadRing())?.version, 2)
  })

  it('goes on after a failure, which is told', async () => {
    const store = memoryStore()
    const fleet = new Fleet(store)
    await fleet.join()
    const { changeRing } = store
    store.changeRing = () => Promise.reject(new Error('the store is away'))
    await fleet.pass(DAY_MS - 330_000)
    assert.equal(fleet.errors.length, 1)
    store.changeRing = changeRing
    await fleet.pass(1000)
    assert.equal((await store.loadRing())?.version, 2)
  })

  it('notices within a minute that the clock was set', async () => {
    const fleet = new Fleet()
    await fleet.join()
    await fleet.pass(1)
    fleet.now += DAY_MS
    await fleet.pass(0)
    assert.equal((await fleet.store.loadRing())?.version, 2)
    assert.ok([...fleet.timers].every(({ at }) => at - fleet.now <= 60_000))
  })

  it('ends when it is stopped in the middle of a rotation', async () => {
    const store = memoryStore()
    const fleet = new Fleet(store)
    await fleet.join()
    const { changeRing } = store
    store.changeRing = (change) => {
      for (const stop of fleet.stops) stop()
      return changeRing(change)
    }
    await fleet.pass(DAY_MS)
    assert.equal(fleet.timers.size, 0)
  })

  it('ends when it is stopped', async () => {
    const fleet = new Fleet()
    await fleet.join()
    for (const stop of fleet.stops) stop()
    await fleet.pass(2 * DAY_MS)
    assert.equal(fleet.timers.size, 0)
    assert.equal((await fleet.store.loadRing())?.version, 1)
  })
})
