import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { StoreUnavailableError } from '../errors.ts'
import { createSignet } from '../index.ts'
import { memoryStore } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import type { Delivery } from './session-store.ts'
import { MAX_UNDELIVERED, Undelivered } from './undelivered.ts'

const START = Date.parse('2026-01-01T00:00:00Z')
const keys = {
  algorithm: 'ES256',
  masterKey: '7c1f4e0b9a2d58e36f0147ac9bd3825e6a0f1c47d98b25e3',
} as const

type Outage = 'none' | 'before the step' | 'after the step'

/** An issuer whose store can fall silent before or after a rotation. */
async function bench() {
  const at = { now: START, outage: 'none' as Outage }
  const clock = () => new Date(at.now)
  const inner = memoryStore({ clock })
  const away = () => {
    throw new StoreUnavailableError('away')
  }
  const store: Store = {
    ...inner,
    rotate: async (presentation) => {
      if (at.outage === 'before the step') away()
      const decision = await inner.rotate(presentation)
      return at.outage === 'none' ? decision : away()
    },
    undelivered: async (delivery) => (at.outage === 'none' ? inner.undelivered(delivery) : away()),
  }
  const signet = await createSignet({
    issuer: 'https://issuer.example',
    keys,
    store,
    clock,
    storeTimeoutSeconds: 0.12,
  })
  return { at, signet, store, [Symbol.asyncDispose]: () => signet.close() }
}

describe('a refresh whose answer is lost', () => {
  it('logs nobody out, however long the store was away, when the client comes back first', async () => {
    await using bed = await bench()
    const { refreshToken } = await bed.signet.issue({ subject: '42' })
    bed.at.outage = 'after the step'
    await assert.rejects(bed.signet.refresh(refreshToken), StoreUnavailableError)
    bed.at.now += 300_000
    await assert.rejects(bed.signet.refresh(refreshToken), StoreUnavailableError)
    bed.at.outage = 'none'
    assert.equal((await bed.signet.refresh(refreshToken)).outcome, 'repeated')
  })

  it('is rotated once when the step never happened', async () => {
    await using bed = await bench()
    const { refreshToken } = await bed.signet.issue({ subject: '42' })
    bed.at.outage = 'before the step'
    await assert.rejects(bed.signet.refresh(refreshToken), StoreUnavailableError)
    bed.at.outage = 'none'
    assert.equal((await bed.signet.refresh(refreshToken)).outcome, 'rotated')
  })
})

describe('an issuer', () => {
  it('remembers a rotation whose pair it may not sign any more', async () => {
    const time = { now: START, beats: true }
    const clock = () => new Date(time.now)
    const inner = memoryStore({ clock })
    const beat: Store['beat'] = async (report) => {
      if (!time.beats) throw new Error('away')
      return inner.beat(report)
    }
    let leaseIsOver = async () => {}
    const rotate: Store['rotate'] = async (presentation) => {
      const decision = await inner.rotate(presentation)
      await leaseIsOver()
      return decision
    }
    await using signet = await createSignet({
      issuer: 'https://issuer.example',
      keys,
      store: { ...inner, beat, rotate },
      clock,
      revocation: { maxStalenessSeconds: 0.5 },
    })
    const { refreshToken } = await signet.issue({ subject: '42' })
    leaseIsOver = async () => {
      time.beats = false
      while (signet.status().ready) await new Promise((resolve) => setImmediate(resolve))
    }
    await assert.rejects(signet.refresh(refreshToken), StoreUnavailableError)
    leaseIsOver = async () => {}
    time.beats = true
    while (!signet.status().ready) await new Promise((resolve) => setImmediate(resolve))
    time.now += 60_000
    assert.equal((await signet.refresh(refreshToken)).outcome, 'repeated')
  })

  it('tells the store of lost answers while it is open, and no longer', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const told: string[] = []
    const lose = async () => {
      const inner = memoryStore()
      const rotate = async () => {
        throw new StoreUnavailableError('away')
      }
      const undelivered = async ({ sid }: Delivery) => told.push(sid) > 0
      const signet = await createSignet({
        issuer: 'https://issuer.example',
        keys,
        store: { ...inner, rotate, undelivered },
        // Too short for a second try, whose pause would wait for the clock that stands still here.
        storeTimeoutSeconds: 0.05,
      })
      const { refreshToken, sessionId } = await signet.issue({ subject: '42' })
      await assert.rejects(signet.refresh(refreshToken), StoreUnavailableError)
      return { signet, sessionId }
    }
    const [closed, open] = [await lose(), await lose()]
    await closed.signet.close()
    t.mock.timers.tick(2000)
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(told, [open.sessionId])
    await open.signet.close()
  })
})

describe('undelivered answers', () => {
  function waiting(answers: (delivery: Delivery) => Promise<boolean>) {
    const time = { now: 0 }
    const told: string[] = []
    const undelivered = new Undelivered({
      store: {
        undelivered: (delivery) => {
          told.push(delivery.attempt)
          return answers(delivery)
        },
      },
      storeTimeout: 1000,
      monotonic: () => time.now,
    })
    return { undelivered, told, time, [Symbol.dispose]: () => undelivered.close() }
  }
  const delivery = (attempt: string) => ({ sid: `session of ${attempt}`, gen: 1, attempt })

  it('are forgotten once the store has taken them', async () => {
    using bed = waiting(async () => true)
    bed.undelivered.add(delivery('a'))
    await bed.undelivered.tellStore()
    await bed.undelivered.tellStore()
    assert.deepEqual(bed.told, ['a'])
    assert.equal(bed.undelivered.size, 0)
  })

  it('are told by a timer, every second while the store is away', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    let isAway = true
    using bed = waiting(async () => {
      if (isAway) throw new Error('away')
      return true
    })
    bed.undelivered.add(delivery('a'))
    const second = async () => {
      t.mock.timers.tick(1000)
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.deepEqual(bed.told, [])
    await second()
    await second()
    isAway = false
    await second()
    await second()
    assert.deepEqual(bed.told, ['a', 'a', 'a'])
    assert.equal(bed.undelivered.size, 0)
  })

  it('are told again, less and less often, while the step may still be under way, and not for ever', async () => {
    using bed = waiting(async () => false)
    bed.undelivered.add(delivery('a'))
    for (; bed.time.now < 120_000; bed.time.now += 500) await bed.undelivered.tellStore()
    assert.equal(bed.told.length, 6)
    assert.equal(bed.undelivered.size, 0)
  })

  it('wait while the store is away, for ten minutes at most', async () => {
    using bed = waiting(async () => {
      throw new Error('away')
    })
    bed.undelivered.add(delivery('a'))
    await assert.rejects(bed.undelivered.tellStore(), StoreUnavailableError)
    await assert.rejects(bed.undelivered.settle('session of a'), StoreUnavailableError)
    await bed.undelivered.settle('another session')
    assert.equal(bed.undelivered.size, 1)
    bed.time.now = 600_001
    await bed.undelivered.tellStore()
    assert.equal(bed.undelivered.size, 0)
  })

  it('are bounded in number: the oldest give way', () => {
    using bed = waiting(async () => true)
    for (let i = 0; i <= MAX_UNDELIVERED; i++) bed.undelivered.add(delivery(`${i}`))
    assert.equal(bed.undelivered.size, MAX_UNDELIVERED)
  })

  it('are dropped at close', async () => {
    using bed = waiting(async () => true)
    bed.undelivered.add(delivery('a'))
    bed.undelivered.close()
    bed.undelivered.add(delivery('b'))
    await bed.undelivered.tellStore()
    assert.deepEqual([bed.told, bed.undelivered.size], [[], 0])
  })
})
