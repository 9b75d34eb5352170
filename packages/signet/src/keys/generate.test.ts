import assert from 'node:assert/strict'
import { test } from 'node:test'
import { materialOf } from '../jose/key.ts'
import { generateKey } from './generate.ts'
import { thumbprint } from './thumbprint.ts'

test('a new key signs and is named by its thumbprint', () => {
  const key = generateKey('ES256')
  assert.ok(key.canSign)
  assert.equal(key.kid, thumbprint(key))
  assert.notEqual(key.kid, generateKey('ES256').kid)
})

test('a name can be given', () => assert.equal(generateKey('ES256', { kid: 'k1' }).kid, 'k1'))

test('a shared secret is not generated as a key', () => {
  assert.throws(() => generateKey('HS256'), { name: 'TypeError', message: /generateSecret\(\)/ })
})

test('an unknown algorithm is refused with the known ones', () => {
  assert.throws(() => generateKey('none' as 'ES256'), /unknown algorithm; known are HS256/)
})

test('an RSA key has 2048 bits, or more where that is asked for', () => {
  const bits = (modulusBits?: number) =>
    materialOf(generateKey('PS256', modulusBits === undefined ? {} : { modulusBits })).verifying
      .asymmetricKeyDetails?.modulusLength
  assert.equal(bits(), 2048)
  assert.equal(bits(2056), 2056)
  for (const modulusBits of [1024, 8193, 2048.5]) assert.throws(() => bits(modulusBits), RangeError)
  assert.throws(() => generateKey('ES256', { modulusBits: 2048 }), /'modulusBits' is for RSA/)
})
