import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forge, segment, testSecret } from '../../../../test/support/forge.ts'
import {
  InvalidAlgorithmError,
  InvalidSignatureError,
  MalformedTokenError,
  UnknownKeyError,
} from '../errors.ts'
import { generateKey } from '../keys/generate.ts'
import { createKeySet } from '../keys/key-set.ts'
import { secretKey } from '../keys/secret.ts'
import { MAX_TOKEN_LENGTH, signJws, splitToken, verifyJws } from './jws.ts'

const key = secretKey(testSecret)
const payload = '{"sub":"42"}'

test('what is signed is verified', () => {
  for (const signer of [key, generateKey('ES256')]) {
    const verified = verifyJws(signJws(payload, signer, 'JWT'), signer, undefined)
    assert.equal(verified.payload, payload)
    assert.equal(verified.key, signer)
    assert.equal(verified.header.alg, signer.algorithm)
    assert.equal(verified.header.kid, signer.kid)
  }
})

test('a token is exactly three segments', () => {
  for (const [token, message] of [
    ['', /empty string/],
    ['a', /this one has 1/],
    ['a.b', /this one has 2/],
    ['a.b.c.d', /this one has 4/],
    ['a.b.c.d.e', /encrypted \(JWE\)/],
    ['.'.repeat(16_000), /more than five/],
    ['.b.c', /three segments/],
  ] as const) {
    assert.throws(
      () => splitToken(token),
      (error) => error instanceof MalformedTokenError && message.test(error.message),
    )
  }
})

test('what is not a string is refused as a token, not as a crash', () => {
  for (const token of [
    undefined,
    null,
    5,
    {},
    ['a.b.c'],
    Buffer.from('a.b.c'),
    new String('a.b.c'),
  ]) {
    assert.throws(() => verifyJws(token, key, undefined), MalformedTokenError)
  }
})

test('a token is bounded in length when read and when made', () => {
  assert.throws(() => splitToken('a'.repeat(MAX_TOKEN_LENGTH + 1)), /16385 characters long/)
  assert.throws(() => signJws('a'.repeat(13_000), key, 'JWT'), /put fewer claims/)
})

test('a Bearer prefix is named', () => {
  assert.throws(() => splitToken(`Bearer ${signJws(payload, key, 'JWT')}`), /'Bearer ' prefix/)
})

test('an unsigned token is refused in every spelling', () => {
  for (const alg of ['none', 'None', 'NONE', 'nOnE']) {
    const token = `${segment({ alg })}.${segment(payload)}.`
    assert.throws(() => verifyJws(token, key, undefined), InvalidAlgorithmError)
  }
})

test('an unknown algorithm is refused before any key is looked for', () => {
  const token = forge({ alg: 'HS257', kid: 'nobody' }, payload)
  assert.throws(() => verifyJws(token, createKeySet([]), undefined), InvalidAlgorithmError)
})

test('the header cannot choose the algorithm of a key', () => {
  const elliptic = generateKey('ES256', { kid: 'k' })
  assert.throws(
    () => verifyJws(forge({ alg: 'HS256' }, payload), elliptic, undefined),
    InvalidAlgorithmError,
  )
  assert.throws(
    () =>
      verifyJws(forge({ alg: 'HS256', kid: 'k' }, payload), createKeySet([elliptic]), undefined),
    /its key is for ES256/,
  )
  assert.throws(
    () => verifyJws(forge({ alg: 'ES256' }, payload), key, undefined),
    InvalidAlgorithmError,
  )
})

test('an algorithm that the caller does not allow is refused although the key is for it', () => {
  assert.throws(
    () => verifyJws(signJws(payload, key, 'JWT'), key, new Set(['ES256'])),
    /allowed here: ES256/,
  )
})

test('an unknown kid is refused without its text in the message', () => {
  const token = forge({ alg: 'HS256', kid: 'evil\nkid' }, payload)
  assert.throws(
    () => verifyJws(token, createKeySet([generateKey('ES256')]), undefined),
    (error) => error instanceof UnknownKeyError && !error.message.includes('evil'),
  )
})

test('a signature of another length is refused, truncated or in DER', () => {
  const token = signJws(payload, key, 'JWT')
  for (const cut of [0, 1, 8, 16, 31, 33]) {
    const bytes = Buffer.alloc(cut)
    Buffer.from(splitToken(token).signature, 'base64url').copy(bytes)
    const mutant = `${splitToken(token).signingInput}.${bytes.toString('base64url')}`
    assert.throws(() => verifyJws(mutant, key, undefined), InvalidSignatureError)
  }
})

test('a signature by another key is refused', () => {
  const token = signJws(payload, generateKey('ES256', { kid: 'k' }), 'JWT')
  assert.throws(
    () => verifyJws(token, generateKey('ES256', { kid: 'k' }), undefined),
    InvalidSignatureError,
  )
})

test('a payload that is not canonical is refused only after its signature was checked', () => {
  const signingInput = `${segment({ alg: 'HS256' })}.QR`
  const unsigned = `${signingInput}.${Buffer.alloc(32).toString('base64url')}`
  assert.throws(() => verifyJws(unsigned, key, undefined), InvalidSignatureError)
})
