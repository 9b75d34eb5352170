import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { testSecret } from '../../../../test/support/forge.ts'
import { generateKey } from '../keys/generate.ts'
import { createKeySet } from '../keys/key-set.ts'
import { secretKey } from '../keys/secret.ts'
import { answersTo, candidateKeys, isKey, materialOf } from './key.ts'

test('a key prints as its algorithm and kid, everywhere', () => {
  const key = generateKey('ES256', { kid: 'k1' })
  assert.equal(String(key), 'Key(ES256, k1)')
  assert.equal(inspect(key), 'Key(ES256, k1)')
  assert.equal(
    inspect({ deep: [key] }, { showHidden: true, depth: 9 }),
    '{ deep: [ Key(ES256, k1), [length]: 1 ] }',
  )
  assert.equal(JSON.stringify({ key }), '{"key":"Key(ES256, k1)"}')
  assert.equal(String(secretKey(testSecret)), 'Key(HS256)')
})

test('a key shows nothing of its material to anyone who looks for it', () => {
  const key = secretKey(testSecret)
  assert.deepEqual(Reflect.ownKeys(key), [])
  assert.ok(!inspect(key, { showHidden: true, getters: true }).includes(testSecret.slice(0, 8)))
  assert.throws(() => structuredClone(key) && materialOf(structuredClone(key)), TypeError)
})

test('a key cannot be changed', () => {
  const key = generateKey('ES256') as { algorithm: string }
  assert.throws(() => {
    key.algorithm = 'HS256'
  }, TypeError)
})

test('only what Signet made is a key', () => {
  for (const value of [
    { algorithm: 'HS256', kid: undefined, canSign: true },
    null,
    undefined,
    'x',
    Object.create(generateKey('ES256')),
  ]) {
    assert.ok(!isKey(value))
  }
})

test('text in place of a key is refused with what to write', () => {
  assert.throws(() => materialOf('some text'), /for a shared secret write secretKey\(secret\)/)
  assert.throws(() => materialOf({ kty: 'EC' }), /the key must be a Key, got an object/)
})

test('a named key answers to its name only, a nameless one to any', () => {
  const named = generateKey('ES256', { kid: 'a' })
  const nameless = secretKey(testSecret)
  assert.deepEqual(candidateKeys(named, { alg: 'ES256', kid: 'b' }, undefined), [])
  assert.deepEqual(candidateKeys(named, { alg: 'ES256' }, undefined), [named])
  assert.deepEqual(candidateKeys(nameless, { alg: 'HS256', kid: 'b' }, undefined), [nameless])
})

test('a kid is found in a set exactly, and a token without one tries at most four keys', () => {
  const keys = Array.from({ length: 6 }, (_, i) => generateKey('ES256', { kid: `k${i}` }))
  const set = createKeySet(keys)
  assert.deepEqual(candidateKeys(set, { alg: 'ES256', kid: 'k5' }, undefined), [keys[5]])
  assert.deepEqual(candidateKeys(set, { alg: 'ES256', kid: 'K5' }, undefined), [])
  assert.deepEqual(candidateKeys(set, { alg: 'ES256' }, undefined), keys.slice(0, 4))
  assert.deepEqual(candidateKeys(set, { alg: 'HS256' }, undefined), [])
})

test('a kid that no key has is tried with the keys that have none', () => {
  const nameless = secretKey(testSecret)
  const set = createKeySet([generateKey('ES256'), nameless])
  assert.deepEqual(candidateKeys(set, { alg: 'HS256', kid: 'x' }, undefined), [nameless])
  assert.deepEqual(candidateKeys(set, { alg: 'ES256', kid: 'x' }, undefined), [])
})

test('EdDSA is another name for an Ed25519 key only where the caller lists it', () => {
  const key = generateKey('Ed25519')
  assert.ok(answersTo(key, 'Ed25519', undefined))
  assert.ok(!answersTo(key, 'EdDSA', undefined))
  assert.ok(!answersTo(key, 'EdDSA', new Set(['Ed25519'])))
  assert.ok(answersTo(key, 'EdDSA', new Set(['EdDSA'])))
  assert.ok(!answersTo(generateKey('ES256'), 'EdDSA', new Set(['EdDSA'])))
})
