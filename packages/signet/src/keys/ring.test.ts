import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  createRing,
  type NewKey,
  type Ring,
  rotateRing,
  signerOf,
  stateOf,
  uniteRings,
  verifiersOf,
  withdrawKeys,
} from './ring.ts'

const key = (kid: string, purpose: NewKey['purpose'] = 'access'): NewKey => ({
  kid,
  algorithm: 'HS256',
  purpose,
  material: 'm',
})
const plan = { publishAhead: 100, retireAfter: { access: 1000, refresh: 5000 } }
const kids = (keys: readonly { kid: string }[]) => keys.map(({ kid }) => kid)

const first = createRing(1, [key('a1'), key('r1', 'refresh')], 0)
const rotated = rotateRing(first, [key('a2')], 50, plan)

describe('a key ring', () => {
  it('signs with its first key at once', () => {
    assert.equal(signerOf(first, 'access', 0)?.kid, 'a1')
    assert.equal(signerOf(first, 'refresh', 0)?.kid, 'r1')
  })

  it('publishes a key before it signs, and keeps its predecessor until its last token is dead', () => {
    const states = (now: number) =>
      rotated.keys
        .slice(0, 1)
        .concat(rotated.keys.slice(2))
        .map((each) => stateOf(rotated, each, now))
    assert.deepEqual(states(149), ['active', 'next'])
    assert.deepEqual(states(150), ['retiring', 'active'])
    assert.deepEqual(states(1149), ['retiring', 'active'])
    assert.deepEqual(states(1150), ['gone', 'active'])
  })

  it('verifies with every key that is not gone, newest first', () => {
    assert.deepEqual(kids(verifiersOf(rotated, 'access', 60)), ['a2', 'a1'])
    assert.deepEqual(kids(verifiersOf(rotated, 'access', 1150)), ['a2'])
  })

  it('leaves the other purpose alone', () => {
    assert.equal(signerOf(rotated, 'refresh', 9999)?.kid, 'r1')
    assert.equal(rotated.keys.find(({ kid }) => kid === 'r1')?.goneAt, undefined)
  })

  it('does not prolong a key that already has its end when rotated twice in a row', () => {
    const twice = rotateRing(rotated, [key('a3')], 60, plan)
    assert.equal(twice.keys.find(({ kid }) => kid === 'a1')?.goneAt, 1150)
    assert.equal(signerOf(twice, 'access', 155)?.kid, 'a2')
    assert.equal(signerOf(twice, 'access', 160)?.kid, 'a3')
  })

  it('withdraws at once and for good, with a successor that signs at once', () => {
    const without = withdrawKeys(first, ['a1'], [key('a2')], 70)
    assert.deepEqual(kids(verifiersOf(without, 'access', 70)), ['a2'])
    assert.equal(signerOf(without, 'access', 70)?.kid, 'a2')
    assert.deepEqual(without.withdrawn, ['a1'])
    assert.deepEqual(rotateRing(without, [key('a3')], 80, plan).withdrawn, ['a1'])
  })

  it('counts a version for each change and drops keys that are gone', () => {
    const later = rotateRing(rotated, [key('a3')], 5000, plan)
    assert.equal(later.version, 3)
    assert.deepEqual(kids(later.keys), ['r1', 'a2', 'a3'])
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
    assert.equal(uniteRings(rotated, later, 1150), undefined)
  })

  it('become the newer one when the store has fallen back, above both versions', () => {
    const united = uniteRings(rotated, first, 60)
    assert.deepEqual(kids(united?.keys ?? []).toSorted(), kids(rotated.keys).toSorted())
    assert.equal(united?.keys.find(({ kid }) => kid === 'a1')?.goneAt, 1150)
    assert.equal(united?.version, 3)
    assert.equal(uniteRings(rotated, undefined, 60)?.version, 3)
  })

  it('keep the keys of both when they went different ways', () => {
    const other = rotateRing(first, [key('a9')], 55, plan)
    const united = uniteRings(rotated, other, 60)
    assert.deepEqual(kids(united?.keys ?? []).toSorted(), ['a1', 'a2', 'a9', 'r1'])
    assert.equal(united?.version, 3)
  })

  it('never lose a withdrawal, whichever side knows of it', () => {
    const ours = withdrawKeys(first, ['a1'], [key('a2')], 10)
    const stored = { ...first, version: 9 }
    const united = uniteRings(ours, stored, 20)
    assert.deepEqual(united?.withdrawn, ['a1'])
    assert.deepEqual(kids(united?.keys ?? []).toSorted(), ['a2', 'r1'])
    assert.equal(united?.version, 10)
    const back = uniteRings(first, { ...ours, version: 1 }, 20)
    assert.equal(back, undefined)
  })
})
