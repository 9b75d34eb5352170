import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Claims } from './claims.ts'
import type { SignOptions } from './jwt.ts'
import { completeClaims } from './signed-claims.ts'

const now = 1_800_000_000.75
const complete = (claims: unknown, options: SignOptions = { lifetimeSeconds: 60 }) =>
  completeClaims(claims as Claims, options, now, () => 'a-uuid')

test('iat, exp and jti are filled in', () => {
  assert.deepEqual(complete({ sub: '42' }), {
    sub: '42',
    iat: 1_800_000_000,
    exp: 1_800_000_060,
    jti: 'a-uuid',
  })
})

test('the options become claims', () => {
  const claims = complete(
    {},
    {
      lifetimeSeconds: 60,
      issuer: 'i',
      audience: ['a', 'b'],
      subject: 's',
      tokenId: 't',
      notBefore: new Date(1_800_000_010_999),
    },
  )
  assert.deepEqual(claims, {
    iss: 'i',
    sub: 's',
    aud: ['a', 'b'],
    nbf: 1_800_000_010,
    iat: 1_800_000_000,
    exp: 1_800_000_060,
    jti: 't',
  })
})

test("the caller's own iat, exp and jti are kept", () => {
  const claims = { iat: 1_799_999_999, exp: 1_800_000_099, jti: 'mine' }
  assert.deepEqual(complete(claims, {}), claims)
})

test('an iat or jti of null is refused, not replaced', () => {
  assert.throws(
    () => complete({ iat: null }),
    /claim 'iat' must be a number of seconds since 1970, got null/,
  )
  assert.throws(() => complete({ jti: null }), /claim 'jti' must be a non-empty string, got null/)
})

test("the caller's object is not touched", () => {
  const claims = Object.freeze({ sub: '42' })
  complete(claims)
  assert.deepEqual(claims, { sub: '42' })
})

test('a token needs an end', () => {
  assert.throws(() => complete({}, {}), {
    name: 'TypeError',
    message: /a token needs an end: write lifetimeSeconds: 1800/,
  })
  assert.equal(complete({}, { lifetimeSeconds: 'forever' }).exp, undefined)
})

test('a lifetime is a positive number of seconds', () => {
  for (const lifetimeSeconds of [0, -1, 0.5]) {
    assert.throws(() => complete({}, { lifetimeSeconds }), RangeError)
  }
  for (const lifetimeSeconds of ['30m', Number.NaN, true]) {
    assert.throws(() => complete({}, { lifetimeSeconds: lifetimeSeconds as number }), TypeError)
  }
})

test('milliseconds in place of seconds are named', () => {
  assert.throws(
    () => complete({}, { lifetimeSeconds: 1_800_000_000 }),
    /counts seconds, not milliseconds/,
  )
  assert.throws(
    () => complete({ exp: 1_800_000_000_000 }, {}),
    /write Math.floor\(milliseconds \/ 1000\)/,
  )
})

test('a numeric sub is refused with what to write', () => {
  assert.throws(() => complete({ sub: 42 }), {
    name: 'TypeError',
    message: "claim 'sub' must be a non-empty string, got the number 42: write String(42)",
  })
})

test('a claim given twice is refused, since one of the two would be lost', () => {
  assert.throws(
    () => complete({ sub: 'a' }, { lifetimeSeconds: 1, subject: 'b' }),
    /claim 'sub' and option 'subject' are both given/,
  )
  assert.throws(() => complete({ exp: 1_800_000_060 }, { lifetimeSeconds: 60 }), /both given/)
})

test('no jti where the caller wants none', () => {
  assert.equal('jti' in complete({}, { lifetimeSeconds: 60, tokenId: false }), false)
})

test('a token that is never valid is not made', () => {
  assert.throws(() => complete({ nbf: 1_800_000_100 }), /'exp' must lie after claim 'nbf'/)
  assert.throws(() => complete({ iat: 1_800_000_100 }), /'exp' must lie after claim 'iat'/)
})

test('claims must be a plain object of JSON values', () => {
  for (const claims of [null, undefined, [], 'sub', new Map(), 5]) {
    assert.throws(() => complete(claims), /claims must be a plain object/)
  }
  assert.throws(
    () => complete({ exp: new Date(0) }, {}),
    /claims.exp must be a JSON value, got a Date/,
  )
})

test('an audience must be a string or strings', () => {
  for (const aud of [5, [], [''], ['a', 5], ''])
    assert.throws(() => complete({ aud }), /claim 'aud'/)
})
