import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  emptyRing,
  fitRing,
  goneAt,
  type KeyPurpose,
  type NewKey,
  publishAhead,
  type Ring,
  type RingBounds,
  type RingWishes,
  rotateRing,
  rotationDueAt,
  signerOf,
  stateOf,
  uniteRings,
  verifiersOf,
  withdrawKeys,
} from './ring.ts'

const key = (kid: string, purpose: KeyPurpose = 'access'): NewKey => ({
  kid,
  algorithm: 'HS256',
  purpose,
  material: 'm',
})
const bounds: RingBounds = {
  jwksMaxAge: 100,
  staleness: 30,
  lifetime: { access: 1000, refresh: 5000 },
}
const wishes: RingWishes = { bounds, algorithm: 'HS256', isBridged: false }
/** A key of its own for each call: a1, a2, … and r1, r2, … */
function numbered() {
  const counts = { access: 0, refresh: 0 }
  return (purpose: KeyPurpose) => key(`${purpose[0]}${++counts[purpose]}`, purpose)
}
const never = (): NewKey => assert.fail('no key was to be made')
const kids = (keys: readonly { kid: string }[]) => keys.map(({ kid }) => kid)
const find = (ring: Ring, kid: string) => {
  const found = ring.keys.find((each) => each.kid === kid)
  return found ?? assert.fail(`${kid} is not in the ring`)
}
const states = (ring: Ring, now: number, purpose: KeyPurpose = 'access') =>
  ring.keys
    .filter((each) => each.purpose === purpose)
    .map((each) => `${each.kid} ${stateOf(ring, each, now)}`)

const first = fitRing(emptyRing(bounds), wishes, numbered(), 0)
/** a2 is published at 50 and signs from 50 + 30 + 100. */
const rotated = rotateRing(first, [key('a2')], 50)
const GONE = 180 + 30 + 1000 + 60_000

describe('a key ring', () => {
  it('signs with its first keys at once', () => {
    assert.equal(signerOf(first, 'access', 0)?.kid, 'a1')
    assert.equal(signerOf(first, 'refresh', 0)?.kid, 'r1')
    assert.equal(stateOf(first, find(first, 'a1'), 1e15), 'active')
  })

  it('publishes a key for the lease and the max-age before it signs', () => {
    assert.equal(publishAhead(bounds), 130)
    assert.deepEqual(states(rotated, 179), ['a1 active', 'a2 next'])
    assert.deepEqual(states(rotated, 180), ['a1 retiring', 'a2 active'])
    assert.equal(signerOf(rotated, 'access', 179)?.kid, 'a1')
    assert.equal(signerOf(rotated, 'access', 180)?.kid, 'a2')
  })

  it('keeps a key until its last token is dead: lease, lifetime and a minute after its end', () => {
    assert.equal(goneAt(rotated, find(rotated, 'a1')), GONE)
    assert.deepEqual(states(rotated, GONE - 1), ['a1 retiring', 'a2 active'])
    assert.deepEqual(states(rotated, GONE), ['a1 gone', 'a2 active'])
    const secrets = rotateRing(first, [key('r2', 'refresh')], 50)
    assert.equal(goneAt(secrets, find(secrets, 'r1')), 180 + 30 + 5000 + 60_000)
  })

  it('verifies with every key that is not gone, newest first', () => {
    assert.deepEqual(kids(verifiersOf(rotated, 'access', 60)), ['a2', 'a1'])
    assert.deepEqual(kids(verifiersOf(rotated, 'access', GONE)), ['a2'])
  })

  it('leaves the other purpose alone', () => {
    assert.equal(signerOf(rotated, 'refresh', 9999)?.kid, 'r1')
    assert.equal(find(rotated, 'r1').signUntil, undefined)
  })

  it('gives each of two rotations in a row its turn', () => {
    const twice = rotateRing(rotated, [key('a3')], 60)
    assert.equal(find(twice, 'a1').signUntil, 180)
    assert.equal(signerOf(twice, 'access', 185)?.kid, 'a2')
    assert.equal(signerOf(twice, 'access', 190)?.kid, 'a3')
  })

  it('never lets a later key sign before an earlier one, even when less must be waited for', () => {
    const hasty = { ...rotated, bounds: { ...bounds, jwksMaxAge: 0, staleness: 0 } }
    assert.equal(find(rotateRing(hasty, [key('a3')], 60), 'a3').signFrom, 180)
  })

  it('counts a version for each change and drops keys that are gone', () => {
    const later = rotateRing(rotated, [key('a3')], GONE)
    assert.equal(later.version, rotated.version + 1)
    assert.deepEqual(kids(later.keys), ['r1', 'a2', 'a3'])
  })

  it('is due so that keys begin to sign at the interval', () => {
    assert.equal(rotationDueAt(first, 'access', 1000), 1000 - 130)
    assert.equal(rotationDueAt(rotated, 'access', 1000), 1180 - 130)
    assert.equal(rotationDueAt(emptyRing(bounds), 'access', 1000), 0)
  })

  it('gets refresh secrets no faster than twenty in the lifetime of an idle session', () => {
    assert.equal(rotationDueAt(first, 'refresh', 1000), 1000 - 130)
    assert.equal(rotationDueAt(first, 'refresh', 1), 5000 / 20 - 130)
  })
})

describe('a key that the fleet may not have', () => {
  const only =
    (...known: string[]) =>
    (kid: string) =>
      known.includes(kid)

  it('waits while its predecessor signs on, for the lease at most', () => {
    assert.equal(signerOf(rotated, 'access', 180, only('a1'))?.kid, 'a1')
    assert.equal(signerOf(rotated, 'access', 209, only('a1'))?.kid, 'a1')
    assert.equal(signerOf(rotated, 'access', 210, only('a1'))?.kid, 'a2')
    assert.equal(signerOf(rotated, 'access', 180, only('a1', 'a2'))?.kid, 'a2')
  })

  it('has nobody to sign for it after an emergency, until the lease has passed', () => {
    const emergency = withdrawKeys(rotated, ['a1', 'a2'], () => key('a3'), 300)
    assert.equal(signerOf(emergency, 'access', 300, only()), undefined)
    assert.equal(signerOf(emergency, 'access', 300, only('a3'))?.kid, 'a3')
    assert.equal(signerOf(emergency, 'access', 330, only())?.kid, 'a3')
  })
})

describe('a withdrawn key', () => {
  it('is gone at once and for good, and a new key signs at once', () => {
    const without = withdrawKeys(first, ['a1'], () => key('a2'), 70)
    assert.deepEqual(kids(verifiersOf(without, 'access', 70)), ['a2'])
    assert.equal(signerOf(without, 'access', 70)?.kid, 'a2')
    assert.deepEqual(without.withdrawn, ['a1'])
    assert.deepEqual(rotateRing(without, [key('a3')], 80).withdrawn, ['a1'])
  })

  it('is succeeded by the key that was published to be next, which others know already', () => {
    const without = withdrawKeys(rotated, ['a1'], never, 100)
    assert.equal(signerOf(without, 'access', 100)?.kid, 'a2')
    assert.deepEqual(states(without, 100), ['a2 active'])
  })

  it('takes nothing along when it was not signing yet', () => {
    const without = withdrawKeys(rotated, ['a2'], never, 100)
    assert.equal(find(without, 'a1').signUntil, undefined)
    assert.deepEqual(states(without, GONE), ['a1 active'])
  })

  it('takes nothing along when it was retiring', () => {
    const without = withdrawKeys(rotated, ['a1'], never, 300)
    assert.deepEqual(states(without, 300), ['a2 active'])
  })

  it('does not bring a retired key back when it was the one that signed', () => {
    const without = withdrawKeys(rotated, ['a2'], () => key('a3'), 300)
    assert.deepEqual(states(without, 300), ['a1 retiring', 'a3 active'])
    assert.equal(find(without, 'a1').signUntil, 180)
  })
})

describe('a ring that a process opens', () => {
  it('is left as it is when it fits', () => {
    assert.equal(fitRing(rotated, wishes, never, 100), rotated)
    const less = { ...bounds, jwksMaxAge: 1, lifetime: { access: 1, refresh: 1 } }
    assert.equal(fitRing(rotated, { ...wishes, bounds: less }, never, 100), rotated)
  })

  it('keeps retiring keys for longer tokens, but brings none back that is gone', () => {
    const lifetime = { access: 2000, refresh: 5000 }
    const longer = { ...wishes, bounds: { ...bounds, lifetime } }
    const raised = fitRing(rotated, longer, never, 100)
    assert.equal(raised.version, rotated.version + 1)
    assert.equal(goneAt(raised, find(raised, 'a1')), GONE + 1000)
    assert.deepEqual(kids(fitRing(rotated, longer, never, GONE).keys), ['r1', 'a2'])
  })

  it('raises each bound by itself', () => {
    for (const more of [
      { jwksMaxAge: 101 },
      { staleness: 31 },
      { lifetime: { access: 1001, refresh: 0 } },
      { lifetime: { access: 0, refresh: 5001 } },
    ]) {
      const raised = fitRing(first, { ...wishes, bounds: { ...bounds, ...more } }, never, 0)
      assert.notEqual(raised, first)
      assert.ok(raised.bounds.lifetime.access >= 1000 && raised.bounds.lifetime.refresh >= 5000)
    }
  })

  it('gets a key of another algorithm published like any other', () => {
    const es256 = { ...wishes, algorithm: 'ES256' as const }
    const migrating = fitRing(first, es256, () => ({ ...key('e1'), algorithm: 'ES256' }), 0)
    assert.deepEqual(states(migrating, 129), ['a1 active', 'e1 next'])
    assert.equal(fitRing(migrating, es256, never, 10), migrating)
  })

  it('has no access keys where a secret from outside signs', () => {
    const outside = fitRing(emptyRing(bounds), { ...wishes, algorithm: undefined }, numbered(), 0)
    assert.deepEqual(kids(outside.keys), ['r1'])
  })

  it('gets its first access key ahead of time while a secret signs, and at once when none does', () => {
    const outside = fitRing(emptyRing(bounds), { ...wishes, algorithm: undefined }, numbered(), 0)
    const bridged = fitRing(outside, { ...wishes, isBridged: true }, numbered(), 10)
    assert.deepEqual(states(bridged, 139), ['a1 next'])
    assert.deepEqual(states(bridged, 140), ['a1 active'])
    assert.deepEqual(states(fitRing(bridged, wishes, never, 20), 20), ['a1 active'])
    assert.deepEqual(states(fitRing(outside, wishes, numbered(), 10), 10), ['a1 active'])
  })
})

describe('any history of a ring', () => {
  type Step = { readonly do: 'rotate' | 'withdraw' | 'raise' | 'wait'; readonly pick: number }
  const step = fc.record({
    do: fc.constantFrom<Step['do']>('rotate', 'withdraw', 'raise', 'wait'),
    pick: fc.integer({ min: 0, max: 300 }),
  })
  const order = ['next', 'active', 'retiring', 'gone']

  /** Plays a history; `look` sees the ring after each step. */
  function play(steps: readonly Step[], look: (ring: Ring, now: number) => void): void {
    const newKey = numbered()
    let now = 0
    let ring = fitRing(emptyRing(bounds), wishes, newKey, now)
    for (const { do: what, pick } of steps) {
      now += what === 'wait' ? pick * 300 : pick
      const chosen = ring.keys[pick % ring.keys.length]?.kid as string
      const more = { ...bounds, lifetime: { access: 1000 + pick * 9, refresh: 5000 } }
      if (what === 'rotate') ring = rotateRing(ring, [newKey('access'), newKey('refresh')], now)
      if (what === 'withdraw') ring = withdrawKeys(ring, [chosen], newKey, now)
      if (what === 'raise') ring = fitRing(ring, { ...wishes, bounds: more }, newKey, now)
      look(ring, now)
    }
  }

  it('always has exactly one active key of each purpose, and a signer', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        play(steps, (ring, now) => {
          for (const purpose of ['access', 'refresh'] as const) {
            const active = states(ring, now, purpose).filter((each) => each.endsWith('active'))
            assert.equal(active.length, 1)
            assert.equal(`${signerOf(ring, purpose, now)?.kid} active`, active[0])
          }
        })
      }),
    )
  })

  it('moves each key forward only, and never shows a withdrawn one again', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const reached = new Map<string, number>()
        play(steps, (ring, now) => {
          for (const each of ring.keys) {
            const state = order.indexOf(stateOf(ring, each, now))
            assert.ok(state >= (reached.get(each.kid) ?? 0), `${each.kid} went back`)
            reached.set(each.kid, state)
            assert.ok(!ring.withdrawn.includes(each.kid))
          }
        })
      }),
    )
  })

  it('refuses no token of a key that was not withdrawn before the token is dead', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const tokens: { kid: string; exp: number }[] = []
        play(steps, (ring, now) => {
          for (const { kid, exp } of tokens) {
            if (ring.withdrawn.includes(kid) || exp <= now) continue
            assert.ok(kids(verifiersOf(ring, 'access', now)).includes(kid), `${kid} is missing`)
          }
          // The last signature of a process that has not heard of the newest key, and the longest token there is.
          for (const announced of [() => true, () => false]) {
            const signer = signerOf(ring, 'access', now, announced)
            const exp = now + ring.bounds.lifetime.access
            if (signer !== undefined) tokens.push({ kid: signer.kid, exp })
          }
        })
      }),
    )
  })
})

describe('a ring and what a store has left of it', () => {
  const without = (ring: Ring, kid: string): Ring => ({
    ...ring,
    keys: ring.keys.filter((each) => each.kid !== kid),
  })

  it('need nothing when the store lacks nothing, and what is gone is not brought back', () => {
    assert.equal(uniteRings(rotated, rotated, 60), undefined)
    assert.equal(uniteRings(first, { ...rotated, version: 7 }, 60), undefined)
    const later = without({ ...rotated, version: 3 }, 'a1')
    assert.equal(uniteRings(rotated, later, GONE), undefined)
  })

  it('become the newer one when the store has fallen back, above both versions', () => {
    const united = uniteRings(rotated, first, 60) ?? assert.fail('nothing is given back')
    assert.deepEqual(kids(united.keys).toSorted(), kids(rotated.keys).toSorted())
    assert.equal(find(united, 'a1').signUntil, 180)
    assert.equal(united.version, rotated.version + 1)
    assert.equal(uniteRings(rotated, undefined, 60)?.version, rotated.version + 1)
  })

  it('keep the keys of both when they went different ways, each with its turn', () => {
    const wide = { ...first, bounds: { ...bounds, jwksMaxAge: 200 } }
    const united = uniteRings(rotated, rotateRing(wide, [key('a9')], 55), 60)
    if (united === undefined) return assert.fail('nothing is given back')
    assert.deepEqual(states(united, 284), ['a1 retiring', 'a2 active', 'a9 next'])
    assert.deepEqual(states(united, 285), ['a1 retiring', 'a2 retiring', 'a9 active'])
    assert.equal(united.bounds.jwksMaxAge, 200)
    assert.equal(united.version, rotated.version + 1)
  })

  it('never lose a withdrawal, whichever side knows of it', () => {
    const ours = withdrawKeys(first, ['a1'], () => key('a2'), 10)
    const united = uniteRings(ours, { ...first, version: 9 }, 20)
    assert.deepEqual(united?.withdrawn, ['a1'])
    assert.deepEqual(kids(united?.keys ?? []).toSorted(), ['a2', 'r1'])
    assert.equal(united?.version, 10)
    assert.equal(uniteRings(first, { ...ours, version: first.version }, 20), undefined)
  })
})
