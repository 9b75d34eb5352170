import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testKey } from '../../../../test/support/keys.ts'
import { InvalidKeyError } from '../errors.ts'
import type { Key } from '../jose/key.ts'
import { exportJwk, type Jwk } from './export.ts'
import { generateKey } from './generate.ts'
import { createKeySet, MAX_KEYS } from './key-set.ts'

const invalid = (message: RegExp) => (error: unknown) =>
  error instanceof InvalidKeyError && message.test(error.message)

test('a set finds its keys by kid and keeps their order', () => {
  const keys = [generateKey('ES256'), generateKey('ES256')]
  const set = createKeySet(keys)
  assert.deepEqual(set.keys, keys)
  assert.equal(set.get(keys[1]?.kid ?? ''), keys[1])
  assert.equal(set.get('constructor'), undefined)
})

test('two keys of one kid are refused', () => {
  const key = generateKey('ES256', { kid: 'a' })
  assert.throws(() => createKeySet([key, key]), invalid(/two keys of the set have the kid "a"/))
  const jwk = exportJwk(key)
  assert.throws(() => createKeySet({ keys: [jwk, jwk] }), invalid(/two keys/))
})

test('a set is bounded and holds keys only', () => {
  const key = generateKey('ES256')
  assert.throws(() => createKeySet(Array.from({ length: MAX_KEYS + 1 }, () => key)), RangeError)
  assert.throws(
    () => createKeySet({ keys: Array.from({ length: MAX_KEYS + 1 }, () => ({})) }),
    RangeError,
  )
  assert.throws(() => createKeySet(['secret' as unknown as Key]), TypeError)
  assert.throws(
    () => createKeySet([exportJwk(key)] as unknown as Key[]),
    /a JWK Set: \{ keys: \[...\] \}/,
  )
})

test('keys that cannot be used are ignored', () => {
  const good = exportJwk(testKey('ES256'))
  const set = createKeySet({
    keys: [
      { kty: 'XYZ', kid: 'new' },
      { ...exportJwk(testKey('ES384')), use: 'enc' },
      { ...exportJwk(testKey('RS256')), alg: 'RSA-OAEP' },
      { kty: 'EC', crv: 'P-256' },
      'nonsense' as unknown as object,
      null as unknown as object,
      good,
    ],
  })
  assert.deepEqual(
    set.keys.map((key) => key.kid),
    [good.kid],
  )
})

test('a JWK Set without a usable key says what is wrong with the first', () => {
  assert.throws(() => createKeySet({ keys: [] }), invalid(/no key that can be used$/))
  assert.throws(
    () => createKeySet({ keys: [{ ...exportJwk(testKey('ES256')), use: 'enc' }] }),
    invalid(/'use' is not 'sig'/),
  )
  assert.throws(
    () => createKeySet({} as { keys: object[] }),
    invalid(/member 'keys' that is a list/),
  )
})

test('a JWK Set that mixes shared secrets with public keys is refused', () => {
  const keys = [exportJwk(testKey('HS256'), 'private'), exportJwk(testKey('ES256'))]
  assert.throws(() => createKeySet({ keys }), invalid(/mixes shared secrets with public keys/))
})

test('algorithms picks keys, and decides what an RSA key without alg is for', () => {
  const { alg: _, ...rsa } = exportJwk(testKey('RS256'))
  const keys: Jwk[] = [rsa as Jwk, exportJwk(testKey('ES256'))]
  const names = (algorithms: Key['algorithm'][]) =>
    createKeySet({ keys }, { algorithms }).keys.map((key) => key.algorithm)
  assert.deepEqual(
    createKeySet({ keys }).keys.map((key) => key.algorithm),
    ['RS256', 'ES256'],
  )
  assert.deepEqual(names(['PS256']), ['PS256'])
  assert.deepEqual(names(['PS256', 'ES256']), ['PS256', 'ES256'])
  assert.deepEqual(names(['PS256', 'RS256']), ['RS256'])
  assert.throws(() => names(['ES384']), invalid(/'algorithms' does not list/))
})

test('keys made before are picked by algorithms, too', () => {
  const keys = [testKey('ES256'), testKey('ES384'), testKey('Ed25519')]
  const set = createKeySet(keys, { algorithms: ['ES384', 'EdDSA'] })
  assert.deepEqual(set.keys, [keys[1], keys[2]])
})

test('algorithms must name some', () => {
  for (const algorithms of [[], 'RS256', ['none']]) {
    assert.throws(() => createKeySet([], { algorithms: algorithms as never }), TypeError)
  }
})
