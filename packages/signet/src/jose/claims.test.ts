import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ExpiredTokenError,
  InvalidClaimError,
  type InvalidTokenError,
  MissingClaimError,
  NotYetValidTokenError,
} from '../errors.ts'
import { type ClaimRules, checkClaims } from './claims.ts'
import type { JsonObject } from './json.ts'

const now = 1_800_000_000

const noRules: ClaimRules = {
  issuers: undefined,
  audiences: undefined,
  subject: undefined,
  tokenId: undefined,
  tokenType: undefined,
  required: [],
  maxAgeSeconds: undefined,
  toleranceSeconds: 0,
}

const check = (claims: JsonObject, rules: Partial<ClaimRules> = {}, at = now) =>
  checkClaims(claims, { ...noRules, ...rules }, at)

const refused = (
  kind: new (...args: never[]) => InvalidTokenError,
  claims: JsonObject,
  rules: Partial<ClaimRules> = {},
) => assert.throws(() => check(claims, rules), kind)

test('a token is expired from the second of its exp on', () => {
  check({ exp: now + 0.001 })
  refused(ExpiredTokenError, { exp: now })
  refused(ExpiredTokenError, { exp: now - 1 })
})

test('an expired token says when it ended', () => {
  assert.throws(
    () => check({ exp: 1_700_000_000 }),
    (error) =>
      error instanceof ExpiredTokenError &&
      error.expiredAt.getTime() === 1_700_000_000_000 &&
      error.claim === 'exp',
  )
})

test('absurd times are refused or accepted without a crash', () => {
  refused(ExpiredTokenError, { exp: -1e300 })
  check({ exp: 1e300 })
  refused(NotYetValidTokenError, { nbf: 1e300 })
  refused(ExpiredTokenError, { exp: 0 })
})

test('a token is not valid before its nbf', () => {
  check({ nbf: now })
  refused(NotYetValidTokenError, { nbf: now + 0.5 })
})

test('iat may lie a minute ahead and no further', () => {
  check({ iat: now + 60 })
  refused(NotYetValidTokenError, { iat: now + 61 })
})

test('tolerance widens exp, nbf and iat, and nothing else', () => {
  check({ exp: now - 9 }, { toleranceSeconds: 10 })
  refused(ExpiredTokenError, { exp: now - 10 }, { toleranceSeconds: 10 })
  check({ nbf: now + 10 }, { toleranceSeconds: 10 })
  check({ iat: now + 90 }, { toleranceSeconds: 90 })
})

test('times that are no finite numbers are refused', () => {
  for (const name of ['exp', 'nbf', 'iat']) {
    for (const value of ['9999999999', true, null, [now], {}, Number.POSITIVE_INFINITY]) {
      refused(InvalidClaimError, { [name]: value })
    }
  }
})

test('a maximum age needs iat and is counted from it', () => {
  refused(MissingClaimError, {}, { maxAgeSeconds: 60 })
  check({ iat: now - 59 }, { maxAgeSeconds: 60 })
  refused(ExpiredTokenError, { iat: now - 60 }, { maxAgeSeconds: 60 })
})

test('an iat that lies ahead does not stretch a maximum age', () => {
  refused(NotYetValidTokenError, { iat: now + 1 }, { maxAgeSeconds: 60 })
  check({ iat: now + 1 }, { maxAgeSeconds: 60, toleranceSeconds: 5 })
})

test('iss, sub, jti and type must be strings even when nobody asks for them', () => {
  for (const name of ['iss', 'sub', 'jti', 'type']) {
    for (const value of [42, null, ['a'], true]) refused(InvalidClaimError, { [name]: value })
  }
})

test('an issuer is compared exactly', () => {
  check({ iss: 'https://a.example' }, { issuers: ['https://b.example', 'https://a.example'] })
  for (const iss of ['https://a.example/', 'HTTPS://a.example', 'a.example', '']) {
    refused(InvalidClaimError, { iss }, { issuers: ['https://a.example'] })
  }
})

test('every configured check fails when its claim is absent', () => {
  refused(MissingClaimError, {}, { issuers: ['a'] })
  refused(MissingClaimError, {}, { audiences: ['a'] })
  refused(MissingClaimError, {}, { subject: 'a' })
  refused(MissingClaimError, {}, { tokenId: 'a' })
  refused(MissingClaimError, {}, { tokenType: 'access' })
})

test('an audience is any of those asked for', () => {
  check({ aud: 'a' }, { audiences: ['a'] })
  check({ aud: ['x', 'b'] }, { audiences: ['a', 'b'] })
  for (const aud of ['c', ['c'], [], '']) refused(InvalidClaimError, { aud }, { audiences: ['a'] })
})

test('an audience of another type is refused', () => {
  for (const aud of [5, null, { a: 1 }, [5], ['a', 5]])
    refused(InvalidClaimError, { aud }, { audiences: ['a'] })
})

test('a token for somebody is refused when nobody says who they are', () => {
  assert.throws(
    () => check({ aud: 'https://api.example' }),
    /write audience: "https:\/\/api.example" if that is you/,
  )
  refused(InvalidClaimError, { aud: [] })
})

test('sub, jti and type are compared exactly', () => {
  check({ sub: 'a', jti: 'b', type: 'access' }, { subject: 'a', tokenId: 'b', tokenType: 'access' })
  refused(InvalidClaimError, { sub: 'A' }, { subject: 'a' })
  refused(InvalidClaimError, { jti: 'A' }, { tokenId: 'a' })
  refused(InvalidClaimError, { type: 'refresh' }, { tokenType: 'access' })
})

test('a required claim is an own member and not null', () => {
  check({ role: false }, { required: ['role'] })
  refused(MissingClaimError, {}, { required: ['constructor'] })
  refused(MissingClaimError, { role: null }, { required: ['role'] })
})

test('an error about a claim carries claim, expected and received', () => {
  assert.throws(
    () => check({ iss: 'b' }, { issuers: ['a'] }),
    (error) => {
      assert.ok(error instanceof InvalidClaimError)
      assert.deepEqual([error.claim, error.expected, error.received], ['iss', ['a'], 'b'])
      return true
    },
  )
})

test('a value in a message is quoted and cut, so that it cannot forge a log line', () => {
  assert.throws(
    () => check({ iss: `a\n${'x'.repeat(200)}` }, { issuers: ['b'] }),
    (error) => {
      assert.ok(error instanceof Error)
      return !error.message.includes('\n') && error.message.length < 160
    },
  )
})

test('what Object.prototype was given is no claim', () => {
  const prototype = Object.prototype as { iss?: string; exp?: number }
  try {
    prototype.iss = 'https://id.example'
    assert.throws(() => check({}, { issuers: ['https://id.example'] }), MissingClaimError)
    prototype.exp = 1
    check({ iss: 'https://id.example' }, { issuers: ['https://id.example'] })
  } finally {
    delete prototype.iss
    delete prototype.exp
  }
})
