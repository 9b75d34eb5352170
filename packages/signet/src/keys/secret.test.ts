import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { testSecret } from '../../../../test/support/forge.ts'
import { InvalidKeyError } from '../errors.ts'
import { signJws } from '../jose/jws.ts'
import { makeSecret, secretKey } from './secret.ts'

const refused = (secret: string | Uint8Array, message: RegExp) =>
  assert.throws(
    () => secretKey(secret),
    (error) =>
      error instanceof InvalidKeyError &&
      message.test(error.message) &&
      /signet secret/.test(error.message),
  )

test('the text itself is the key, as PyJWT and jsonwebtoken have it', () => {
  const [header, payload, signature] = signJws('{}', secretKey(testSecret), 'JWT').split('.')
  assert.equal(
    createHmac('sha256', testSecret).update(`${header}.${payload}`).digest('base64url'),
    signature,
  )
})

test('hex and base64url text become the bytes they spell', () => {
  const bytes = Buffer.from(
    makeSecret(32, 'hex', (n) => Uint8Array.from({ length: n }, (_, i) => i * 7)),
    'hex',
  )
  const tokens = [
    secretKey(bytes),
    secretKey(bytes.toString('hex'), { encoding: 'hex' }),
    secretKey(bytes.toString('base64url'), { encoding: 'base64url' }),
  ].map((key) => signJws('{}', key, 'JWT'))
  assert.equal(new Set(tokens).size, 1)
})

test('text that is not in the encoding named is refused', () => {
  assert.throws(() => secretKey('not hex at all', { encoding: 'hex' }), InvalidKeyError)
  assert.throws(() => secretKey(`${testSecret}==`, { encoding: 'base64url' }), InvalidKeyError)
})

test('an unset variable is named as what it is', () => {
  assert.throws(() => secretKey(undefined), {
    name: 'TypeError',
    message:
      'the secret is undefined: the variable you read is not set; make one with: signet secret',
  })
})

test('what is no text or bytes is refused without being turned into a string', () => {
  for (const secret of [null, 5, {}, { toString: () => testSecret }, [testSecret]]) {
    assert.throws(() => secretKey(secret as string), TypeError)
  }
})

test('a secret is at least as long as the hash', () => {
  refused('Zx9', /3 bytes, HS256 needs at least 32/)
  refused('', /0 bytes/)
  refused(new Uint8Array(0), /0 bytes/)
  assert.throws(
    () => secretKey(testSecret.slice(0, 32), { algorithm: 'HS384' }),
    /HS384 needs at least 48/,
  )
  assert.throws(() => secretKey(testSecret, { algorithm: 'HS512' }), /HS512 needs at least 64/)
  assert.equal(secretKey(testSecret, { algorithm: 'HS384' }).algorithm, 'HS384')
})

test('famous secrets are refused, also when repeated or padded', () => {
  for (const secret of [
    'secret',
    'your-256-bit-secret',
    'your-256-bit-random-secret-key',
    'a-string-secret-at-least-256-bits-long',
    'SECRET-secret-SECRET-secret-SECRET-secret',
    'changeme0000000000000000000000000000000000',
    'supersecretsupersecretsupersecretsupersecret',
  ]) {
    refused(secret, /public examples/)
  }
})

test('a secret that repeats itself is refused', () => {
  refused('a'.repeat(64), /repeats itself/)
  refused('correct horse '.repeat(4), /repeats itself/)
  refused(new Uint8Array(32), /repeats itself/)
})

test('the text of a key is no secret, however it is broken', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string
  for (const text of [
    pem,
    privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    ` \t${pem}`,
    `\ufeff${pem}`,
    `comment\n${pem}`,
    pem.replaceAll('\n', '\\n'),
    pem.replaceAll('\n', ''),
    pem.replace('-----BEGIN', '----BEGIN'),
    JSON.stringify(publicKey.export({ format: 'jwk' })),
    JSON.stringify({ keys: [publicKey.export({ format: 'jwk' })] }),
    `[${JSON.stringify(publicKey.export({ format: 'jwk' }))}]`,
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ user@host-name',
  ]) {
    refused(text, /text of an asymmetric key or a JWK/)
  }
  refused(publicKey.export({ type: 'spki', format: 'der' }), /text of an asymmetric key or a JWK/)
})

test('a secret that is made has the entropy asked for', () => {
  const random = (size: number) => new Uint8Array(size).fill(0xab)
  assert.equal(makeSecret(32, 'hex', random), 'ab'.repeat(32))
  assert.equal(makeSecret(64, 'base64url', random).length, 86)
  for (const bytes of [31, 0, 1025, 32.5, Number.NaN])
    assert.throws(() => makeSecret(bytes, 'hex', random), RangeError)
})
