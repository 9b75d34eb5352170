import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { test } from 'node:test'
import { testSecret } from '../../../../test/support/forge.ts'
import { exportJwk, exportPem } from './export.ts'
import { generateKey } from './generate.ts'
import { secretKey } from './secret.ts'

test('a public JWK is ready for a key set and holds nothing private', () => {
  const key = generateKey('ES256')
  const jwk = exportJwk(key)
  assert.deepEqual(Object.keys(jwk).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
  assert.deepEqual([jwk.kid, jwk.alg, jwk.use], [key.kid, 'ES256', 'sig'])
})

test('a private JWK has the private member, too', () => {
  assert.equal(typeof exportJwk(generateKey('ES256'), 'private').d, 'string')
})

test('a shared secret is written out only as a private JWK', () => {
  const key = secretKey(testSecret)
  assert.deepEqual(exportJwk(key, 'private'), {
    kty: 'oct',
    alg: 'HS256',
    use: 'sig',
    k: Buffer.from(testSecret).toString('base64url'),
  })
  assert.throws(() => exportJwk(key), /no public part/)
  assert.throws(() => exportPem(key, 'private'), /no PEM form/)
})

test('PEM is SPKI or PKCS#8', () => {
  const key = generateKey('ES256')
  assert.match(exportPem(key), /^-----BEGIN PUBLIC KEY-----\n/)
  assert.match(exportPem(key, 'private'), /^-----BEGIN PRIVATE KEY-----\n/)
  assert.equal(
    createPublicKey(exportPem(key, 'private')).export({ type: 'spki', format: 'pem' }),
    exportPem(key),
  )
})

test('a part is public or private', () => {
  assert.throws(
    () => exportPem(generateKey('ES256'), 'secret' as 'private'),
    /'public' or 'private'/,
  )
})
