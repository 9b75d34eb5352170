/**
 * Failures of other libraries that began with a key that was empty, weak, impossible or for something else.
 * Each title names the advisories and the assertion it belongs to (V02, V04 to V08).
 */
import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import {
  exportJwk,
  importJwk,
  importKeyObject,
  type Key,
  secretKey,
  sign,
  verify,
} from 'signet-jwt'
import { forge, segment } from '../support/forge.ts'
import { testKey } from '../support/keys.ts'
import { failure, secret, tokenWith, verdict } from '../support/refusals.ts'

const elliptic = testKey('ES256')

test('CVE-2026-44351, CVE-2026-45363, CVE-2019-20933: whatever a key resolver answers, an empty secret is none (V04)', () => {
  for (const empty of ['', new Uint8Array(0)])
    assert.equal(
      failure(() => secretKey(empty)),
      'ERR_KEY_INVALID',
    )
  for (const answer of ['', null, Promise.resolve(secret), new Uint8Array(0)]) {
    const set = { keys: [], get: () => answer as unknown as Key }
    const forged = forge({ alg: 'HS256', kid: 'k' }, {}, '')
    assert.notEqual(
      failure(() => verify(forged, set)),
      'nothing',
    )
  }
})

test('GHSA-8wpc-h4q6-8fxv: no key with a list of algorithms is a mistake, not an unsigned token (V04, V08)', () => {
  for (const key of ['', null, undefined, 0, false, Buffer.alloc(0), {}, [], () => secret]) {
    for (const token of [tokenWith({}), `${segment({ alg: 'none' })}.${segment({})}.`]) {
      assert.equal(
        failure(() => verify(token, key as never, { algorithms: ['HS256'] })),
        'TypeError',
      )
    }
  }
})

test('CVE-2025-45768, CVE-2025-45769: secrets shorter than the hash are refused (V04)', () => {
  const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 37 + 11) % 256)
  for (const [algorithm, least] of [
    ['HS256', 32],
    ['HS384', 48],
    ['HS512', 64],
  ] as const) {
    assert.equal(
      failure(() => secretKey(bytes(least - 1), { algorithm })),
      'ERR_KEY_INVALID',
    )
    assert.equal(secretKey(bytes(least), { algorithm }).algorithm, algorithm)
  }
})

test('V05: weak and impossible keys are refused on import', () => {
  const rsa = (options: object) =>
    generateKeyPairSync('rsa', { modulusLength: 2048, ...options }).publicKey as KeyObject
  for (const key of [rsa({ modulusLength: 1024 }), rsa({ publicExponent: 3 })]) {
    assert.equal(
      failure(() => importKeyObject(key, { algorithm: 'RS256' })),
      'ERR_KEY_INVALID',
    )
  }
  const jwk = exportJwk(elliptic)
  for (const change of [
    { y: jwk.x },
    { kty: 'ec' },
    { crv: 'p-256' },
    { x: undefined },
    { x: 5 },
    { kty: 5 },
  ]) {
    assert.equal(
      failure(() => importJwk({ ...jwk, ...change })),
      'ERR_KEY_INVALID',
    )
  }
  const identity = Buffer.concat([Buffer.of(1), Buffer.alloc(31)]).toString('base64url')
  assert.equal(
    failure(() => importJwk({ kty: 'OKP', crv: 'Ed25519', x: identity })),
    'ERR_KEY_INVALID',
  )
})

test('CVE-2023-25653: a point at zero is refused at once (V05, V24)', () => {
  const zero = Buffer.alloc(32).toString('base64url')
  assert.equal(
    failure(() => importJwk({ kty: 'EC', crv: 'P-256', x: zero, y: zero })),
    'ERR_KEY_INVALID',
  )
})

test('V06: use, key_ops and alg of a JWK are honoured', () => {
  const jwk = exportJwk(elliptic)
  for (const change of [
    { use: 'enc' },
    { key_ops: ['sign'] },
    { key_ops: [] },
    { alg: 'ES384' },
    { alg: 'ECDH-ES' },
  ]) {
    assert.equal(
      failure(() => importJwk({ ...jwk, ...change })),
      'ERR_KEY_INVALID',
    )
  }
  const { alg: _, ...rsa } = exportJwk(testKey('RS256'))
  assert.equal(importJwk({ ...rsa, alg: 'PS256' }).algorithm, 'PS256')
})

test('V02: a key is for one algorithm and does not say two', () => {
  const { alg, ...bare } = exportJwk(testKey('RS256'), 'private')
  const signer = importJwk({ ...bare, kid: 'k' }, { algorithm: 'PS256' })
  const token = sign({}, signer, { lifetimeSeconds: 60 })
  assert.equal(alg, 'RS256')
  assert.equal(verdict(token, {}, importJwk({ ...bare, kid: 'k' })), 'ERR_ALGORITHM_INVALID')
})

test('CVE-2025-65945: the key cannot depend on what the token says (V07, V08)', () => {
  const bySubject = () => createHmac('sha256', 'x').digest()
  assert.equal(
    failure(() => verify(tokenWith({}), bySubject as never)),
    'TypeError',
  )
})
