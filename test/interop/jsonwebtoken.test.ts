/** Signet and jsonwebtoken: each reads the other's tokens in every algorithm both have, keys handed over as PEM. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import jsonwebtoken from 'jsonwebtoken'
import { decodeUnverified, exportPem, generateSecret, secretKey, sign, verify } from 'signet-jwt'
import { testKey } from '../support/keys.ts'

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
] as const
const text = generateSecret(64)

const pairs = [
  ...(['HS256', 'HS384', 'HS512'] as const).map((algorithm) => ({
    algorithm,
    key: secretKey(text, { algorithm }),
    signing: text,
    verifying: text,
  })),
  ...asymmetric.map((algorithm) => ({
    algorithm,
    key: testKey(algorithm),
    signing: exportPem(testKey(algorithm), 'private'),
    verifying: exportPem(testKey(algorithm)),
  })),
]

for (const { algorithm, key, signing, verifying } of pairs) {
  test(`jsonwebtoken reads what Signet signs with ${algorithm}`, () => {
    const token = sign({ sub: '42', role: 'editor' }, key, { lifetimeSeconds: 60, audience: 'a' })
    const claims = jsonwebtoken.verify(token, verifying, { algorithms: [algorithm], audience: 'a' })
    assert.deepEqual(claims, decodeUnverified(token).claims)
  })

  test(`Signet reads what jsonwebtoken signs with ${algorithm}`, () => {
    const token = jsonwebtoken.sign({ role: 'editor', name: 'Zoë ✓' }, signing, {
      algorithm,
      subject: '42',
      expiresIn: '30m',
    })
    const { sub, role, name } = verify(token, key, { requiredClaims: ['exp', 'iat'] })
    assert.deepEqual([sub, role, name], ['42', 'editor', 'Zoë ✓'])
  })
}

test('what jsonwebtoken lets pass and Signet does not: an extension it does not understand, claims that are a list', () => {
  const header = { alg: 'HS256', crit: ['x'], x: 1 } as const
  const critical = jsonwebtoken.sign({}, text, { header: header as never })
  jsonwebtoken.verify(critical, text)
  assert.throws(() => verify(critical, secretKey(text)), { code: 'ERR_TOKEN_MALFORMED' })
  const list = jsonwebtoken.sign('[]', text)
  jsonwebtoken.verify(list, text)
  assert.throws(() => verify(list, secretKey(text)), { code: 'ERR_TOKEN_MALFORMED' })
})
