import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Fingerprints } from './fingerprint.ts'

/** Bytes from a seed (xorshift32), so that a finding can be repeated. */
function bytesFrom(seed: number): (size: number) => Uint8Array {
  let state = seed | 1
  return (size) =>
    Uint8Array.from({ length: size }, () => {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      return state
    })
}

const PRIME = 4_294_967_291n

/** The definition, in whole numbers of any size: the sum of key times character, and of the last key times the length. */
function exactly(keys: readonly bigint[], text: string): bigint {
  const { length } = text
  const last = (keys[256] as bigint) * BigInt(length)
  return [...Array(length).keys()].reduce(
    (sum, i) => sum + (keys[i] as bigint) * BigInt(text.charCodeAt(i)),
    last,
  )
}

function keysFrom(seed: number): bigint[][] {
  const random = bytesFrom(seed)
  return Array.from({ length: 4 }, () => {
    const words = new Uint32Array(random(4 * 257).slice().buffer)
    return [...words].map(BigInt)
  })
}

/** The last step of MurmurHash3, which the fingerprint puts on top of the sum. */
function stirred(sum: bigint): number {
  let bits = Number(sum % PRIME) | 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return bits ^ (bits >>> 16)
}

describe('a fingerprint', () => {
  const seed = 20_260_101
  const fingerprints = new Fingerprints(bytesFrom(seed))
  const of = (issuer: string, name: string) => [
    fingerprints.low(fingerprints.lowOfIssuer(issuer), name),
    fingerprints.high(issuer, name),
  ]

  it('is the sum it says it is, exactly, for characters of every size', () => {
    const [lowIssuer, lowName, highIssuer, highName] = keysFrom(seed) as [
      bigint[],
      bigint[],
      bigint[],
      bigint[],
    ]
    const text = fc.oneof(
      fc.string({ maxLength: 256, unit: 'binary' }).map((long) => long.slice(0, 256)),
      fc.string({ maxLength: 60 }),
      fc.integer({ min: 0, max: 256 }).map((length) => '\uffff'.repeat(length)),
    )
    fc.assert(
      fc.property(text, text, (issuer, name) => {
        const low = stirred(exactly(lowIssuer, issuer) + exactly(lowName, name)) || 1
        const high = stirred(exactly(highIssuer, issuer) + exactly(highName, name))
        assert.deepEqual(of(issuer, name), [low, high])
      }),
    )
  })

  it('differs for names that differ in a little only', () => {
    const names = ['', '\0', '\0\0', 'a', 'a\0', 'b', 'ab', 'ba', 'x'.repeat(256), 'x'.repeat(257)]
    const long = ['y'.repeat(300), `${'y'.repeat(299)}z`, 'y'.repeat(70_000), 'y'.repeat(70_001)]
    const all = ['', 'iss', 'isr'].flatMap((issuer) =>
      [...names, ...long].map((name) => of(issuer, name).join()),
    )
    assert.equal(new Set(all).size, all.length)
  })

  it('keeps a long name apart from its own digest', () => {
    const long = 'y'.repeat(300)
    const digest = 'x'.repeat(43)
    assert.notDeepEqual(of('iss', long), of('iss', digest))
  })

  it('is another one under other keys', () => {
    const other = new Fingerprints(bytesFrom(seed + 2))
    assert.notEqual(other.high('iss', 'name'), fingerprints.high('iss', 'name'))
  })

  it('strews names that count upwards', () => {
    const eighths = new Array<number>(8).fill(0)
    const count = 80_000
    for (let i = 0; i < count; i++) {
      const [low = 0] = of('iss', `user-${i}`)
      eighths[low >>> 29] = (eighths[low >>> 29] as number) + 1
    }
    for (const held of eighths) assert.ok(Math.abs(held - count / 8) < 500, eighths.join())
  })
})
