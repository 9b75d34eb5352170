/** Signet and fast-jwt: each reads the other's tokens in every algorithm both have, keys handed over as PEM. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSigner, createVerifier, type Algorithm as FastAlgorithm } from 'fast-jwt'
import {
  decodeUnverified,
  exportPem,
  generateKey,
  generateSecret,
  importPem,
  type Key,
  secretKey,
  sign,
  verify,
} from 'signet-jwt'
import { testKey } from '../support/keys.ts'

const text = generateSecret(64)
const asymmetric = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const

/** RFC 8037 leaves the curve of EdDSA to the key, and fast-jwt signs with Ed448 by that name. */
const edwards448 = importPem(exportPem(generateKey('Ed448'), 'private'), { algorithm: 'EdDSA' })

const pairs: readonly { title: string; key: Key; signing: string; verifying: string }[] = [
  ...(['HS256', 'HS384', 'HS512'] as const).map((algorithm) => ({
    title: algorithm,
    key: secretKey(text, { algorithm }),
    signing: text,
    verifying: text,
  })),
  ...[...asymmetric.map(testKey), edwards448].map((key) => ({
    title: `${key.algorithm}${key === edwards448 ? ' and Ed448' : ''}`,
    key,
    signing: exportPem(key, 'private'),
    verifying: exportPem(key),
  })),
]

for (const { title, key, signing, verifying } of pairs) {
  const algorithm = key.algorithm as FastAlgorithm

  test(`fast-jwt reads what Signet signs with ${title}`, () => {
    const token = sign({ sub: '42', role: 'editor' }, key, { lifetimeSeconds: 60, issuer: 'i' })
    const read = createVerifier({ key: verifying, algorithms: [algorithm], allowedIss: 'i' })
    assert.deepEqual(read(token), decodeUnverified(token).claims)
  })

  test(`Signet reads what fast-jwt signs with ${title}`, () => {
    const write = createSigner({ key: signing, algorithm, expiresIn: 60_000, sub: '42' })
    const token = write({ role: 'editor', name: 'Zoë ✓' })
    const { sub, role, name } = verify(token, key, { requiredClaims: ['exp', 'iat'] })
    assert.deepEqual([sub, role, name], ['42', 'editor', 'Zoë ✓'])
  })
}

test('what fast-jwt lets pass and Signet does not: a configured issuer that is absent', () => {
  const token = createSigner({ key: text })({})
  createVerifier({ key: text, allowedIss: 'i' })(token)
  assert.throws(() => verify(token, secretKey(text), { issuer: 'i' }), {
    code: 'ERR_CLAIM_MISSING',
  })
})
