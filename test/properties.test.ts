/** What holds for every token, with random ones. A failure prints its seed and the smallest example. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type Claims,
  decodeUnverified,
  InvalidTokenError,
  type Json,
  sign,
  tryVerify,
  verify,
} from 'signet-jwt'
import { algorithmNames } from '../packages/signet/src/jose/algorithms.ts'
import { forge } from './support/forge.ts'
import { Fuzzer } from './support/fuzz.ts'
import { testKey } from './support/keys.ts'
import { now, secret } from './support/refusals.ts'

/** Enough of every kind of character, and too few to spell the name of a secret. */
const unit = fc.constantFrom(...'abc019 _-"\\/\n\0\u007fé\u2028😀')

/**
 * Without the backslash: V8 13.6 reads the name in {"x":1,"a\\n":2} as "a\\\\" when it has read {"x":1,"a\\\\":2}
 * before: JSON.parse takes the name it expects for the one that stands there. Only names that end in a backslash come of
 * it, and no claim that anybody checks ends so.
 */
const nameUnit = fc.constantFrom(...'abc019 _-"/é\u2028😀')

const anyJson: fc.Arbitrary<Json> = fc.letrec<{ json: Json }>((again) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit, maxLength: 20 }),
    fc.array(again('json'), { maxLength: 4 }),
    fc.dictionary(fc.string({ unit: nameUnit, maxLength: 6 }), again('json'), { maxKeys: 4 }),
  ),
})).json

/** Claims of any shape, under names that are neither registered nor sound secret. */
const claimsOfAnyShape = fc.dictionary(
  fc.string({ unit: nameUnit, maxLength: 12 }).map((name) => `c ${name}`),
  anyJson,
  { maxKeys: 8 },
) as fc.Arbitrary<Claims>

for (const algorithm of algorithmNames) {
  test(`any claims come back from a ${algorithm} token as they went in`, () => {
    const key = testKey(algorithm)
    fc.assert(
      fc.property(claimsOfAnyShape, (claims) => {
        const token = sign(claims, key, { lifetimeSeconds: 60, tokenId: 'id', now })
        const { iat: _, exp: __, jti: ___, ...rest } = verify(token, key, { now })
        // JSON has one zero.
        assert.deepEqual(rest, JSON.parse(JSON.stringify(claims)))
      }),
      { numRuns: algorithm === 'HS256' ? 1000 : 30 },
    )
  })
}

test('a token is accepted from a minute before its iat until its exp, and at no other time', () => {
  const time = fc.integer({ min: 0, max: 4_000_000_000 })
  fc.assert(
    fc.property(
      time,
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.integer({ min: -1_000_100, max: 1_000_100 }),
      (iat, lifetime, offset) => {
        const at = iat + offset
        const token = sign({ iat, exp: iat + lifetime }, secret)
        const expected = at >= iat - 60 && at < iat + lifetime
        assert.equal(tryVerify(token, secret, { now: new Date(at * 1000) }).ok, expected)
      },
    ),
  )
})

const token = sign({ sub: '42', role: 'editor' }, secret, { lifetimeSeconds: 1800, now })

test('any change of one character makes a token that is refused', () => {
  const position = fc.nat({ max: token.length - 1 })
  fc.assert(
    fc.property(
      position,
      fc.string({ unit: 'binary', minLength: 0, maxLength: 3 }),
      fc.nat({ max: 2 }),
      (at, insert, remove) => {
        const mutant = token.slice(0, at) + insert + token.slice(at + remove)
        assert.equal(tryVerify(mutant, secret, { now }).ok, mutant === token)
      },
    ),
    { numRuns: 2000 },
  )
})

test('exactly one string is accepted for a token: no other spelling of the same bytes is', () => {
  const spellings: readonly ((segment: string) => string)[] = [
    (segment) => `${segment}=`,
    (segment) => `${segment}==`,
    (segment) => segment.replaceAll('-', '+').replaceAll('_', '/'),
    (segment) => ` ${segment}`,
    (segment) => `${segment}\n`,
    (segment) => `${segment.slice(0, 5)}\r\n${segment.slice(5)}`,
    (segment) =>
      segment.slice(0, -1) + String.fromCharCode(segment.charCodeAt(segment.length - 1) + 1),
    (segment) => `${segment}A`,
    (segment) => encodeURIComponent(`${segment}=`),
    (segment) => segment.replace('e', String.fromCharCode(0x165)),
  ]
  fc.assert(
    fc.property(
      claimsOfAnyShape,
      fc.nat({ max: 2 }),
      fc.constantFrom(...spellings),
      (claims, index, spell) => {
        const original = sign(claims, secret, { lifetimeSeconds: 60, now })
        const segments = original.split('.')
        segments[index] = spell(segments[index] ?? '')
        const respelled = segments.join('.')
        assert.equal(tryVerify(respelled, secret, { now }).ok, respelled === original)
      },
    ),
  )
})

test('verifying and reading throw nothing but our own errors, whatever the string', () => {
  const segment = fc.oneof(
    fc.base64String().map((text) => Buffer.from(text, 'base64').toString('base64url')),
    fc.string(),
  )
  const nearlyToken = fc.array(segment, { maxLength: 5 }).map((segments) => segments.join('.'))
  const signedNonsense = fc
    .tuple(fc.json(), fc.json())
    .map(([header, claims]) => forge(header, claims))
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), nearlyToken, signedNonsense), (text) => {
      tryVerify(text, secret, { now })
      try {
        decodeUnverified(text)
      } catch (error) {
        assert.ok(error instanceof InvalidTokenError)
      }
    }),
    { numRuns: 2000 },
  )
})

test('twenty thousand mutations: none accepted, no foreign error', (t) => {
  const seed = Math.floor(Math.random() * 2 ** 32)
  t.diagnostic(`seed ${seed}`)
  const fuzzer = new Fuzzer(seed)
  for (let i = 0; i < 20_000; i++) fuzzer.round()
  const { accepted, foreign, disputed } = fuzzer.tally
  assert.deepEqual(
    { seed, accepted, foreign, disputed, findings: fuzzer.findings },
    { seed, accepted: 0, foreign: 0, disputed: 0, findings: [] },
  )
})
