/**
 * Failures of other libraries in the checks of claims and options, when verifying and when signing. Each title names the
 * advisories and the assertion it belongs to (V15 to V21, S01).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Claims,
  decodeUnverified,
  type SignOptions,
  sign,
  type VerifyOptions,
  verify,
} from 'signet-jwt'
import { failure, now, nowSeconds, secret, tokenWith, verdict } from '../support/refusals.ts'

const notTimes: readonly unknown[] = [
  '9999999999',
  '0',
  '',
  true,
  false,
  null,
  [],
  [9999999999],
  {},
  { valueOf: 9999999999 },
]

test('CVE-2026-25537, CVE-2026-44459: a time of the wrong type, zero or not finite is not an absent time (V15)', () => {
  for (const name of ['exp', 'nbf', 'iat']) {
    for (const value of notTimes) {
      assert.equal(
        verdict(tokenWith({ [name]: value })),
        'ERR_CLAIM_INVALID',
        `${name} ${JSON.stringify(value)}`,
      )
    }
    for (const text of ['1e400', '-1e400']) {
      assert.equal(verdict(tokenWith(`{"${name}":${text}}`)), 'ERR_CLAIM_INVALID')
    }
  }
  assert.equal(verdict(tokenWith({ exp: 0 })), 'ERR_TOKEN_EXPIRED')
  assert.equal(verdict(tokenWith({ exp: -0 })), 'ERR_TOKEN_EXPIRED')
})

test('PyJWT 2.15.1: nothing is converted, and fractions count (V15)', () => {
  assert.equal(verdict(tokenWith({ exp: String(nowSeconds + 60) })), 'ERR_CLAIM_INVALID')
  assert.equal(verdict(tokenWith({ nbf: true })), 'ERR_CLAIM_INVALID')
  assert.equal(verdict(tokenWith({ exp: nowSeconds + 0.5 })), 'accepted')
  assert.equal(verdict(tokenWith({ nbf: nowSeconds + 0.5 })), 'ERR_TOKEN_NOT_YET_VALID')
})

test('fast-jwt 6.3.6: the second of exp is past it, and absurd times crash nothing (V15, V23)', () => {
  assert.equal(verdict(tokenWith({ exp: nowSeconds })), 'ERR_TOKEN_EXPIRED')
  for (const exp of [-1e300, -1, 1, 2 ** 31, -(2 ** 53)]) {
    assert.equal(verdict(tokenWith({ exp })), exp > nowSeconds ? 'accepted' : 'ERR_TOKEN_EXPIRED')
  }
  for (const exp of [2 ** 32, 2 ** 53, 1e20, 1e300])
    assert.equal(verdict(tokenWith({ exp })), 'accepted')
  for (const nbf of [2 ** 32, 2 ** 53, 1e300]) {
    assert.equal(verdict(tokenWith({ nbf })), 'ERR_TOKEN_NOT_YET_VALID')
  }
})

test('V15: the tolerance moves each bound by exactly itself', () => {
  const clockToleranceSeconds = 10
  assert.equal(verdict(tokenWith({ exp: nowSeconds - 9.9 }), { clockToleranceSeconds }), 'accepted')
  assert.equal(
    verdict(tokenWith({ exp: nowSeconds - 10 }), { clockToleranceSeconds }),
    'ERR_TOKEN_EXPIRED',
  )
  assert.equal(verdict(tokenWith({ nbf: nowSeconds + 10 }), { clockToleranceSeconds }), 'accepted')
  assert.equal(
    verdict(tokenWith({ nbf: nowSeconds + 10.1 }), { clockToleranceSeconds }),
    'ERR_TOKEN_NOT_YET_VALID',
  )
})

test('fast-jwt 6.3.6: a maximum age needs iat, and an iat from the future does not stretch it (V16)', () => {
  const maxAgeSeconds = 60
  assert.equal(verdict(tokenWith({ exp: nowSeconds + 9 }), { maxAgeSeconds }), 'ERR_CLAIM_MISSING')
  assert.equal(verdict(tokenWith({ iat: nowSeconds - 60 }), { maxAgeSeconds }), 'ERR_TOKEN_EXPIRED')
  assert.equal(
    verdict(tokenWith({ iat: nowSeconds + 30 }), { maxAgeSeconds }),
    'ERR_TOKEN_NOT_YET_VALID',
  )
})

test('CVE-2025-30144, CVE-2024-53861: an issuer is one string, equal and not contained (V17)', () => {
  const issuer = 'https://login.example'
  for (const iss of [[issuer], [issuer, 'x'], { 0: issuer }]) {
    assert.equal(verdict(tokenWith({ iss }), { issuer }), 'ERR_CLAIM_INVALID')
  }
  for (const iss of [
    '',
    'h',
    'login.example',
    `${issuer}/`,
    `${issuer} `,
    issuer.toUpperCase(),
    `${issuer}\0`,
  ]) {
    assert.equal(verdict(tokenWith({ iss }), { issuer }), 'ERR_CLAIM_INVALID', iss)
  }
  assert.equal(verdict(tokenWith({ iss: issuer }), { issuer: ['x', issuer] }), 'accepted')
  assert.equal(
    verdict(tokenWith({ iss: 'caf\u00e9' }), { issuer: 'cafe\u0301' }),
    'ERR_CLAIM_INVALID',
  )
})

test('fast-jwt 6.3.6, PyJWT 2.15.1: what is configured and absent is refused (V17, V18)', () => {
  const checks: readonly VerifyOptions[] = [
    { issuer: 'a' },
    { audience: 'a' },
    { subject: 'a' },
    { tokenId: 'a' },
    { tokenType: 'a' },
    { requiredClaims: ['a'] },
    { maxAgeSeconds: 5 },
  ]
  for (const options of checks) assert.equal(verdict(tokenWith({}), options), 'ERR_CLAIM_MISSING')
  assert.equal(verdict(tokenWith({}), { typ: 'at+jwt' }), 'ERR_TOKEN_INVALID')
})

test('CVE-2020-26160, CVE-2026-23552: an audience that is empty or of another type does not pass (V18)', () => {
  for (const aud of [[], '', [''], 5, {}, [5], [['a']], null, true, { a: true }]) {
    assert.equal(
      verdict(tokenWith({ aud }), { audience: 'a' }),
      'ERR_CLAIM_INVALID',
      JSON.stringify(aud),
    )
  }
  assert.equal(verdict(tokenWith({ aud: 'abc' }), { audience: 'a' }), 'ERR_CLAIM_INVALID')
  assert.equal(verdict(tokenWith({ aud: ['b', 'a'] }), { audience: 'a' }), 'accepted')
})

test('V18: a token for somebody is refused by whoever does not say who they are', () => {
  for (const aud of ['a', ['a'], []]) assert.equal(verdict(tokenWith({ aud })), 'ERR_CLAIM_INVALID')
})

test('V18: sub and jti are exact strings, with an option and without', () => {
  for (const name of ['sub', 'jti']) {
    for (const value of [42, null, ['42'], {}]) {
      assert.equal(verdict(tokenWith({ [name]: value })), 'ERR_CLAIM_INVALID')
    }
  }
  assert.equal(verdict(tokenWith({ sub: '42 ' }), { subject: '42' }), 'ERR_CLAIM_INVALID')
  assert.equal(verdict(tokenWith({ jti: 'A' }), { tokenId: 'a' }), 'ERR_CLAIM_INVALID')
})

test('V19: a token of one kind does not pass for another', () => {
  const kinds = ['at+jwt', 'rt+jwt', 'JWT', 'logout+jwt', 'secevent+jwt']
  for (const typ of kinds) {
    for (const asked of kinds) {
      const expected = typ === asked ? 'accepted' : 'ERR_TOKEN_INVALID'
      assert.equal(verdict(tokenWith({}, { alg: 'HS256', typ }), { typ: asked }), expected)
    }
  }
  assert.equal(
    verdict(tokenWith({}, { alg: 'HS256', typ: 'application/AT+JWT' }), { typ: 'at+jwt' }),
    'accepted',
  )
  assert.equal(
    verdict(tokenWith({ type: 'refresh' }), { tokenType: 'access' }),
    'ERR_CLAIM_INVALID',
  )
})

test('fast-jwt 6.3.6: an inherited name is no claim, and null is none (V20)', () => {
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    assert.equal(verdict(tokenWith({}), { requiredClaims: [name] }), 'ERR_CLAIM_MISSING')
  }
  assert.equal(
    verdict(tokenWith({ role: null }), { requiredClaims: ['role'] }),
    'ERR_CLAIM_MISSING',
  )
})

test('jsonwebtoken, fast-jwt c0fb5b8, CVE-2026-35040, CVE-2026-35041: options that would check nothing, or match a pattern, are refused (V21)', () => {
  const bad: readonly object[] = [
    ...['issuer', 'audience', 'subject', 'tokenId', 'tokenType', 'typ'].flatMap((name) =>
      ['', [], [''], undefined, null, 5, /a/g, /(a+)+$/].map((value) => ({ [name]: value })),
    ),
    ...['maxAgeSeconds', 'clockToleranceSeconds'].flatMap((name) =>
      [Number.NaN, Number.POSITIVE_INFINITY, -1, '5', null, undefined].map((value) => ({
        [name]: value,
      })),
    ),
    ...[[], ['none'], ['HS257'], 'HS256', new Set(['HS256']), undefined].map((algorithms) => ({
      algorithms,
    })),
    ...['role', [5], [''], undefined].map((requiredClaims) => ({ requiredClaims })),
    ...[0, 'now', new Date(Number.NaN), undefined].map((now) => ({ now })),
    ...['audiance', 'leeway', 'verify', 'ignoreExpiration', 'complete', 'cacheKeyBuilder'].map(
      (name) => ({ [name]: 1 }),
    ),
  ]
  for (const options of bad) {
    assert.match(
      failure(() => verify(tokenWith({}), secret, options)),
      /^(Type|Range)Error$/,
      JSON.stringify(options),
    )
  }
})

test('S01: a token that would be weak, endless, never valid or unclear is not signed', () => {
  const refused: readonly (readonly [claims: unknown, options: object])[] = [
    ...[null, undefined, [], 'x', 5, new Map()].map((claims) => [claims, {}] as const),
    ...notTimes.map((exp) => [{ exp }, { lifetimeSeconds: undefined }] as const),
    ...[Number.NaN, Number.POSITIVE_INFINITY, 0, -5, '30m', 1e12].map(
      (value) => [{}, { lifetimeSeconds: value }] as const,
    ),
    [{ exp: Number.NaN }, { lifetimeSeconds: undefined }],
    [{ nbf: nowSeconds + 60 }, {}],
    [{ sub: 42 }, {}],
    [{ aud: [] }, {}],
    [{ iat: 'now' }, {}],
    [{}, { header: { alg: 'none' } }],
    [{}, { alg: 'none' }],
    [{}, { algorithm: 'none' }],
    [{}, { crit: ['x'] }],
    [{}, { b64: false }],
    [{}, { jku: 'https://evil.example' }],
    [{}, { typ: '' }],
    [{}, { tokenId: '' }],
  ]
  for (const [claims, change] of refused) {
    const options = Object.fromEntries(
      Object.entries({ lifetimeSeconds: 60, now, ...change }).filter(
        ([name, value]) => name !== 'lifetimeSeconds' || value !== undefined,
      ),
    )
    assert.match(
      failure(() => sign(claims as Claims, secret, options as SignOptions)),
      /^(Type|Range)Error$/,
    )
  }
  assert.equal(
    failure(() => sign({}, secret)),
    'TypeError',
  )
  assert.equal(
    failure(() => sign({}, 'a secret' as never, { lifetimeSeconds: 60 })),
    'TypeError',
  )
})

test("S01: the caller's claims are not changed, and every token has an id of 122 random bits", () => {
  const claims = Object.freeze({ sub: '42', roles: Object.freeze(['editor']) })
  const tokens = Array.from({ length: 100 }, () =>
    sign(claims, secret, { lifetimeSeconds: 60, now }),
  )
  assert.deepEqual(claims, { sub: '42', roles: ['editor'] })
  const ids = tokens.map((token) => decodeUnverified(token).claims.jti ?? '')
  assert.equal(new Set(ids).size, 100)
  for (const id of ids)
    assert.match(id, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
})
