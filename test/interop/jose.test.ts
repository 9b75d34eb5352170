/** Signet and jose: each reads the other's tokens in every algorithm both have, keys handed over as JWK. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as jose from 'jose'
import {
  type Algorithm,
  createKeySet,
  decodeUnverified,
  exportJwk,
  type Key,
  secretKey,
  sign,
  thumbprint,
  verify,
} from 'signet-jwt'
import { algorithmNames } from '../../packages/signet/src/jose/algorithms.ts'
import { testKey } from '../support/keys.ts'

/** Dropped by jose in its version 6. */
const notInJose: readonly Algorithm[] = ['ES256K', 'Ed448']
const shared = algorithmNames.filter((name) => !notInJose.includes(name))

const forJose = (key: Key, part: 'public' | 'private') =>
  jose.importJWK(exportJwk(key, part) as jose.JWK, key.algorithm)

for (const algorithm of shared) {
  const key = testKey(algorithm)
  const isSecret = algorithm.startsWith('HS')

  test(`jose reads what Signet signs with ${algorithm}`, async () => {
    const token = sign({ sub: '42', role: 'editor' }, key, {
      lifetimeSeconds: 60,
      issuer: 'i',
      audience: ['a', 'b'],
      typ: 'at+jwt',
    })
    const joseKey = await forJose(key, isSecret ? 'private' : 'public')
    const { payload, protectedHeader } = await jose.jwtVerify(token, joseKey, {
      algorithms: [algorithm],
      issuer: 'i',
      audience: 'b',
      typ: 'at+jwt',
    })
    assert.deepEqual(payload, decodeUnverified(token).claims)
    assert.equal(protectedHeader.kid, key.kid)
  })

  test(`Signet reads what jose signs with ${algorithm}`, async () => {
    const token = await new jose.SignJWT({ role: 'editor', name: 'Zoë ✓' })
      .setProtectedHeader({
        alg: algorithm,
        typ: 'JWT',
        ...(key.kid === undefined ? {} : { kid: key.kid }),
      })
      .setSubject('42')
      .setIssuer('i')
      .setIssuedAt()
      .setExpirationTime('2h')
      .sign(await forJose(key, 'private'))
    const { sub, role, name } = verify(token, key, { issuer: 'i', requiredClaims: ['exp', 'iat'] })
    assert.deepEqual([sub, role, name], ['42', 'editor', 'Zoë ✓'])
  })
}

test('thumbprints are the same', async () => {
  for (const algorithm of shared.filter((name) => !name.startsWith('HS'))) {
    const key = testKey(algorithm)
    assert.equal(thumbprint(key), await jose.calculateJwkThumbprint(exportJwk(key) as jose.JWK))
  }
})

test('a JWK Set of either serves the other', async () => {
  const keys = [testKey('ES256'), testKey('RS256')]
  const jwks = { keys: keys.map((key) => exportJwk(key)) }
  const find = jose.createLocalJWKSet(jwks as jose.JSONWebKeySet)
  for (const key of keys) {
    const token = sign({}, key, { lifetimeSeconds: 60 })
    await jose.jwtVerify(token, find)
    verify(token, createKeySet(jwks))
  }
})

test('a token that jose is lenient about is refused: white space in a segment', async () => {
  const secret = '7c1f4e0b9a2d58e36f0147ac9bd3825e'
  const token = sign({}, secretKey(secret), { lifetimeSeconds: 60 })
  const spaced = `${token} `
  await jose.jwtVerify(spaced, new TextEncoder().encode(secret))
  assert.throws(() => verify(spaced, secretKey(secret)), { code: 'ERR_TOKEN_MALFORMED' })
})
