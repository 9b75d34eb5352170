import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decide, type Presentation } from './rotation.ts'
import type { SessionRow } from './session-row.ts'

const SECOND = 1000
const GRACE = 10 * SECOND
const NOW = Date.parse('2026-01-01T00:00:00Z')

const row: SessionRow = {
  sid: 'sid',
  subject: 'anna',
  claims: '{"role":"editor"}',
  audience: '"api"',
  scope: undefined,
  client: undefined,
  cnf: undefined,
  context: '{}',
  epoch: 100,
  gen: 7,
  rotatedAt: NOW,
  replays: 0,
  attempt: 'attempt that made generation 7',
  contextHash: 'phone',
  secretHash: 'hash',
  macKid: 'mac-1',
  bornAt: NOW - 60 * SECOND,
  idleAt: NOW + 1000 * SECOND,
  absoluteAt: NOW + 5000 * SECOND,
  revokedAt: undefined,
  history: '',
}

function presented(changes: Partial<Presentation> = {}): Presentation {
  return {
    issuer: 'iss',
    sid: 'sid',
    gen: row.gen,
    secretHash: 'hash',
    client: undefined,
    cnf: undefined,
    contextHash: 'phone',
    device: 'a phone',
    attempt: 'a new attempt',
    macKid: 'mac-2',
    claims: undefined,
    policy: { grace: GRACE, idleLifetime: 2000 * SECOND, maxReplays: 3 },
    entryId: 'entry',
    ...changes,
  }
}

const soon = NOW + 1 * SECOND
const late = NOW + GRACE + 1

describe('a presentation', () => {
  it('of the current generation rotates: next generation, new times, new key, replays forgotten', () => {
    const { outcome, row: next, recovered } = decide({ ...row, replays: 2 }, 0, presented(), late)
    assert.equal(outcome, 'rotated')
    assert.equal(recovered, false)
    assert.deepEqual(next, {
      ...row,
      gen: 8,
      rotatedAt: late,
      replays: 0,
      attempt: 'a new attempt',
      macKid: 'mac-2',
      idleAt: late + 2000 * SECOND,
      history: `n ${late} 7 \n`,
    })
  })

  it('never pushes the idle end beyond the absolute one', () => {
    const at = row.absoluteAt - 2 * SECOND
    const { row: next } = decide({ ...row, idleAt: row.absoluteAt }, 0, presented(), at)
    assert.equal(next?.idleAt, row.absoluteAt)
  })

  it('puts new claims into the row only when it rotates', () => {
    const claims = '{"role":"admin"}'
    assert.equal(decide(row, 0, presented({ claims }), soon).row?.claims, claims)
    assert.equal(decide(row, 0, presented({ claims, gen: 6 }), soon).row?.claims, row.claims)
  })

  it('of the predecessor inside the grace is a repeat: same generation, times and key', () => {
    const { outcome, row: same } = decide(row, 0, presented({ gen: 6 }), soon)
    assert.equal(outcome, 'repeated')
    assert.deepEqual(same, { ...row, replays: 1, history: `r ${soon} 6 \n` })
    const { row: again } = decide(same, 0, presented({ gen: 6 }), soon + 1)
    assert.deepEqual(again, { ...row, replays: 2, history: `r ${soon} 6 \n` })
  })

  it('of the predecessor after the grace ends the session', () => {
    const { outcome, row: ended } = decide(row, 0, presented({ gen: 6 }), late)
    assert.equal(outcome, 'reused')
    assert.equal(ended?.revokedAt, late)
    assert.equal(ended?.history, `u ${late} 6 \n`)
    const elsewhere = presented({ gen: 6, contextHash: 'laptop' })
    assert.equal(decide(row, 0, elsewhere, late).row?.history, `u ${late} 6 a phone\n`)
  })

  it('inside the grace never ends a session, whatever is odd about it', () => {
    for (const changes of [{ gen: 5 }, { gen: 0 }, { gen: 6, contextHash: 'laptop' }]) {
      const decision = decide(row, 0, presented(changes), soon)
      assert.equal(decision.outcome, 'superseded')
      assert.deepEqual(decision.row, row)
    }
    assert.equal(
      decide({ ...row, replays: 3 }, 0, presented({ gen: 6 }), soon).outcome,
      'superseded',
    )
  })

  it('repeats when either side tells no context', () => {
    assert.equal(
      decide(row, 0, presented({ gen: 6, contextHash: undefined }), soon).outcome,
      'repeated',
    )
    const silent = { ...row, contextHash: undefined }
    assert.equal(decide(silent, 0, presented({ gen: 6 }), soon).outcome, 'repeated')
  })

  it('gets no grace at all when the grace is 0, not even in the same millisecond', () => {
    const strict = presented({ gen: 6, policy: { ...presented().policy, grace: 0 } })
    assert.equal(decide(row, 0, strict, NOW).outcome, 'reused')
  })

  it('that is the same attempt again gets the same answer, with grace 0 and after it', () => {
    const resent = presented({
      gen: 6,
      attempt: row.attempt,
      policy: { ...presented().policy, grace: 0 },
    })
    const decision = decide(row, 0, resent, late)
    assert.equal(decision.outcome, 'rotated')
    assert.deepEqual(decision.row, row)
  })

  it('of a generation the store has lost recovers it, and says so', () => {
    const decision = decide(row, 0, presented({ gen: 9 }), late)
    assert.deepEqual(
      [decision.outcome, decision.recovered, decision.row?.gen],
      ['rotated', true, 10],
    )
  })

  it('of a generation no store can have lost is unknown', () => {
    assert.equal(decide(row, 0, presented({ gen: 7 + 64 }), soon).outcome, 'rotated')
    assert.equal(decide(row, 0, presented({ gen: 7 + 65 }), soon).outcome, 'unknown')
  })

  it('is unknown without a row, with another secret, client or bound key', () => {
    assert.equal(decide(undefined, 0, presented(), soon).outcome, 'unknown')
    assert.equal(decide(row, 0, presented({ secretHash: 'other' }), soon).outcome, 'unknown')
    const ofClient = { ...row, client: 'app' }
    assert.equal(decide(ofClient, 0, presented(), soon).outcome, 'unknown')
    assert.equal(decide(ofClient, 0, presented({ client: 'app' }), soon).outcome, 'rotated')
    const bound = { ...row, cnf: 'thumb' }
    assert.equal(decide(bound, 0, presented({ cnf: 'other' }), soon).outcome, 'unknown')
    assert.equal(decide(bound, 0, presented({ cnf: 'thumb' }), soon).outcome, 'rotated')
  })

  it('of a session that belongs to nobody in particular may name a client', () => {
    assert.equal(decide(row, 0, presented({ client: 'app' }), soon).outcome, 'rotated')
  })

  it('is refused without change when the session was revoked or its subject logged out since', () => {
    const revoked = { ...row, revokedAt: NOW }
    assert.deepEqual(decide(revoked, 0, presented(), soon).row, revoked)
    assert.equal(decide(revoked, 0, presented(), soon).outcome, 'revoked')
    assert.equal(decide(row, row.epoch + 1, presented(), soon).outcome, 'revoked')
    assert.equal(decide(row, row.epoch, presented(), soon).outcome, 'rotated')
  })

  it('with a wrong secret learns nothing of a revoked session', () => {
    const revoked = { ...row, revokedAt: NOW }
    assert.equal(decide(revoked, 0, presented({ secretHash: 'other' }), soon).outcome, 'unknown')
  })

  it('is expired, without change, from the idle and from the absolute end on', () => {
    assert.equal(decide(row, 0, presented(), row.idleAt - 1).outcome, 'rotated')
    assert.equal(decide(row, 0, presented(), row.idleAt).outcome, 'expired')
    const ending = { ...row, idleAt: row.absoluteAt }
    assert.equal(decide(ending, 0, presented(), row.absoluteAt).outcome, 'expired')
    assert.deepEqual(decide(row, 0, presented({ gen: 3 }), row.idleAt).row, row)
  })

  it('counts time since the rotation as nothing when the clock has gone back', () => {
    assert.equal(decide(row, 0, presented({ gen: 6 }), NOW - 3600 * SECOND).outcome, 'repeated')
  })
})

describe('whatever is presented, in whatever order', () => {
  const step = fc.record({
    back: fc.integer({ min: -2, max: 3 }),
    wait: fc.integer({ min: 0, max: 8 * SECOND }),
    contextHash: fc.constantFrom('phone', 'laptop', undefined),
  })

  it('the generation never falls, and no generation has two successors', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        let current = row
        let now = NOW
        for (const { back, wait, contextHash } of steps) {
          now += wait
          const gen = Math.max(0, current.gen - back)
          const attempt = `attempt at ${now}`
          const { outcome, row: next } = decide(
            current,
            0,
            presented({ gen, contextHash, attempt }),
            now,
          )
          assert.ok(next !== undefined && next.gen >= current.gen)
          if (outcome === 'rotated') assert.equal(next.gen, gen + 1)
          if (outcome === 'repeated') assert.equal(next.gen, gen + 1)
          if (outcome === 'superseded' || outcome === 'revoked') assert.deepEqual(next, current)
          current = next
        }
      }),
    )
  })

  it('nobody is logged out while every presentation comes within the grace', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        let current = row
        let now = NOW
        for (const { back, wait, contextHash } of steps) {
          now = Math.min(now + wait, current.rotatedAt + GRACE)
          const gen = Math.max(0, current.gen - Math.max(0, back))
          const { outcome, row: next } = decide(current, 0, presented({ gen, contextHash }), now)
          assert.ok(['rotated', 'repeated', 'superseded'].includes(outcome), outcome)
          current = next as SessionRow
        }
      }),
    )
  })
})
