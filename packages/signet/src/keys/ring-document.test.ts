import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { newKeyOf } from './key-material.ts'
import { emptyRing, fitRing, type RingWishes } from './ring.ts'
import { isSealedFor, namesIn, openRing, sealedRingOf, sealRing } from './ring-document.ts'
import { deriveSealingKey } from './seal.ts'

const [ours, other] = ['ours', 'other'].map((name) =>
  deriveSealingKey(Buffer.from(name), 'test'),
) as [ReturnType<typeof deriveSealingKey>, ReturnType<typeof deriveSealingKey>]
const wishes: RingWishes = {
  bounds: { jwksMaxAge: 1, staleness: 2, lifetime: { access: 3, refresh: 4 } },
  algorithm: 'HS256',
  isBridged: false,
}
const ring = fitRing(emptyRing(wishes.bounds), wishes, newKeyOf('HS256', randomBytes), 5)
const document = sealRing(ring, [undefined, undefined], [ours], randomBytes)

describe('the document of a ring', () => {
  it('opens to the same ring', () => {
    assert.deepEqual(openRing(document, [other, ours]), ring)
    assert.equal(openRing(document, [other]), undefined)
  })

  it('opens only beside the open part and the version it was sealed with', () => {
    const publicPart = document.publicPart.replace('"signFrom":5', '"signFrom":6')
    assert.notEqual(publicPart, document.publicPart)
    assert.equal(openRing({ ...document, publicPart }, [ours]), undefined)
    assert.equal(openRing({ ...document, version: document.version + 1 }, [ours]), undefined)
  })

  it('shows names and instants to those who cannot open it, and nothing else', () => {
    assert.deepEqual(
      sealedRingOf(document).keys.map(({ material }) => material),
      ['', ''],
    )
    assert.deepEqual(
      namesIn(document).keys.map(({ kid }) => kid),
      ring.keys.map(({ kid }) => kid),
    )
    for (const { material } of ring.keys) assert.ok(!JSON.stringify(document).includes(material))
  })

  it('tells for whom it is sealed', () => {
    const both = sealRing(ring, [undefined, undefined], [ours, other], randomBytes)
    assert.deepEqual([isSealedFor(document, [ours]), isSealedFor(document, [other])], [true, false])
    assert.equal(isSealedFor(both, [ours]), true)
    assert.equal(isSealedFor(both, [ours], { only: true }), false)
    assert.equal(isSealedFor(both, [other, ours], { only: true }), true)
  })
})
