/**
 * Failures of other libraries that began with a key: taken from a string, chosen by a header, empty, weak or borrowed.
 * Each title names the advisories and the assertion it belongs to (V01 to V07).
 */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import {
  createKeySet,
  exportJwk,
  exportPem,
  generateKey,
  importJwk,
  importKeyObject,
  importPem,
  secretKey,
  sign,
  verify,
} from 'signet-jwt'
import { forge, segment, testSecret } from '../support/forge.ts'
import { testKey } from '../support/keys.ts'
import { failure, secret, tokenWith, verdict } from '../support/refusals.ts'

const elliptic = testKey('ES256')
const pem = exportPem(testKey('RS256'))
const spki = Buffer.from(pem.replaceAll(/-----.*-----|\s/g, ''), 'base64')

/** The text in all the ways in which sniffing for a PEM header was once fooled. */
const broken = (text: string) => [
  text,
  text.trim(),
  `  ${text}`,
  `\t${text}`,
  `\0${text}`,
  `\ufeff${text}`,
  `\u200b${text}`,
  `comment\n${text}`,
  `\n\n${text}`,
  text.replaceAll('\n', '\r\n'),
  text.replaceAll('\n', '\\n'),
  text.replaceAll('\n', '\n\n'),
  text.replaceAll('\n', ''),
  text.replaceAll('\n', ' '),
  text.toUpperCase(),
  text.replace('-----BEGIN', '---- BEGIN'),
  text.slice(0, text.length / 2),
]

test('CVE-2015-9235, CVE-2016-5431, CVE-2016-10555, CVE-2017-11424, CVE-2021-46743, CVE-2022-29217, CVE-2023-48238, CVE-2024-33663, CVE-2024-37568, CVE-2024-54150: a MAC keyed with a public key does not verify (V01, V02)', () => {
  for (const key of [
    testKey('RS256'),
    elliptic,
    testKey('Ed25519'),
    createKeySet([testKey('RS256'), elliptic]),
  ]) {
    for (const text of [pem, spki, exportPem(elliptic), 'ssh-rsa AAAA']) {
      const token = forge({ alg: 'HS256' }, { sub: '42' }, text)
      assert.notEqual(verdict(token, { algorithms: ['HS256', 'RS256', 'ES256'] }, key), 'accepted')
      assert.notEqual(verdict(token, {}, key), 'accepted')
    }
  }
})

test('CVE-2023-48223, CVE-2026-34950, GHSA-ww5h-9m49-7xx4: PEM never becomes a secret, whatever stands before it or is broken in it (V03)', () => {
  const certificate = pem.replaceAll('PUBLIC KEY', 'CERTIFICATE')
  const texts = [
    pem,
    exportPem(elliptic, 'private'),
    certificate,
    pem.replaceAll('PUBLIC', 'RSA PUBLIC'),
  ]
  for (const text of texts.flatMap(broken)) {
    assert.equal(
      failure(() => secretKey(text)),
      'ERR_KEY_INVALID',
      JSON.stringify(text.slice(0, 40)),
    )
    assert.equal(
      failure(() => secretKey(Buffer.from(text))),
      'ERR_KEY_INVALID',
    )
  }
  assert.equal(
    failure(() => secretKey(spki)),
    'ERR_KEY_INVALID',
  )
  assert.equal(
    failure(() => secretKey('ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 me@here')),
    'ERR_KEY_INVALID',
  )
})

test('GHSA-g3jj-5cmm-3hxx, CVE-2026-48526: a JWK, a JWK Set or a list of JWKs never becomes a secret (V03)', () => {
  const jwk = exportJwk(elliptic)
  for (const value of [jwk, { keys: [jwk] }, [jwk], { nested: { keys: [jwk] } }]) {
    for (const text of [
      JSON.stringify(value),
      ` ${JSON.stringify(value, null, 2)}`,
      `\ufeff${JSON.stringify(value)}`,
    ]) {
      assert.equal(
        failure(() => secretKey(text)),
        'ERR_KEY_INVALID',
      )
    }
  }
})

test('jsonwebtoken 9.0.3: a PEM that cannot be read is an error, never a secret (V03)', () => {
  const unreadable = [
    pem.replace('M', '!'),
    pem.replaceAll('\n', '\\n'),
    pem.slice(0, 200),
    'no key at all',
  ]
  for (const text of unreadable) {
    assert.equal(
      failure(() => importPem(text, { algorithm: 'RS256' })),
      'ERR_KEY_INVALID',
    )
  }
  assert.equal(
    failure(() => importPem(pem, { algorithm: 'HS256' })),
    'TypeError',
  )
})

test('CVE-2026-48523: a list of allowed algorithms does not let a token leave the algorithm of its key (V02)', () => {
  const token = forge({ alg: 'HS256', kid: elliptic.kid }, { sub: '42' })
  assert.equal(
    verdict(token, { algorithms: ['HS256', 'ES256'] }, elliptic),
    'ERR_ALGORITHM_INVALID',
  )
  assert.equal(
    verdict(token, { algorithms: ['HS256', 'ES256'] }, createKeySet([elliptic])),
    'ERR_ALGORITHM_INVALID',
  )
})

test('CVE-2026-22817, CVE-2026-22818: with a JWK without alg the header does not choose, either (V02)', () => {
  const { alg: _, ...jwk } = exportJwk(testKey('PS256'))
  const set = createKeySet({ keys: [jwk] })
  const signer = importJwk({ ...exportJwk(testKey('PS256'), 'private') })
  assert.equal(verdict(sign({}, signer, { lifetimeSeconds: 60 }), {}, set), 'ERR_ALGORITHM_INVALID')
  assert.equal(
    verdict(forge({ alg: 'HS256', kid: jwk.kid }, {}, spki), {}, set),
    'ERR_ALGORITHM_INVALID',
  )
})

test('CVE-2026-11800: a token whose alg was changed afterwards is refused (V01, V02)', () => {
  const [, payload, signature] = sign({ sub: '42' }, elliptic, { lifetimeSeconds: 60 }).split('.')
  for (const alg of [
    'none',
    'HS256',
    'ES384',
    'ES256K',
    'RS256',
    'es256',
    'ES256 ',
    'ES256\0',
    'EdDSA',
  ]) {
    const token = `${segment({ alg, kid: elliptic.kid })}.${payload}.${signature}`
    assert.equal(verdict(token, {}, elliptic), 'ERR_ALGORITHM_INVALID', alg)
  }
})

test('CVE-2022-23539, CVE-2022-23540, CVE-2022-23541: legacy key types, missing algorithms and the wrong kind of key do not verify (V01, V02)', () => {
  const dsa = generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).publicKey
  for (const algorithm of ['RS256', 'ES256', 'PS256'] as const) {
    assert.equal(
      failure(() => importKeyObject(dsa, { algorithm })),
      'ERR_KEY_INVALID',
    )
  }
  assert.equal(verdict(`${segment({ alg: 'none' })}.${segment({})}.`), 'ERR_ALGORITHM_INVALID')
})

test('CVE-2022-23529: an object is not turned into a string to be a key (V04)', () => {
  const forged = { toString: () => testSecret, valueOf: () => testSecret, length: 48 }
  assert.equal(
    failure(() => secretKey(forged as never)),
    'TypeError',
  )
  assert.equal(
    failure(() => verify(tokenWith({}), forged as never)),
    'TypeError',
  )
})

test('fast-jwt 6.3.6: an empty list of algorithms allows nothing, it does not mean detect (V01)', () => {
  assert.equal(
    failure(() => verify(tokenWith({}), secret, { algorithms: [] })),
    'TypeError',
  )
})

test('fast-jwt 6.3.6, PyJWT before 2.11: ES256 takes keys of P-256 only (V02)', () => {
  for (const name of ['ES384', 'ES512', 'ES256K'] as const) {
    const { alg: _, ...jwk } = exportJwk(testKey(name))
    assert.equal(
      failure(() => importPem(exportPem(testKey(name)), { algorithm: 'ES256' })),
      'ERR_KEY_INVALID',
    )
    assert.equal(
      failure(() => importJwk(jwk, { algorithm: 'ES256' })),
      'ERR_KEY_INVALID',
    )
  }
})

test('CVE-2018-0114, CVE-2026-27962: a key that the token brings along is not used (V07)', () => {
  const attacker = generateKey('ES256', { kid: 'k' })
  const jwk = exportJwk(attacker)
  const [, payload] = sign({ sub: '42' }, attacker, { lifetimeSeconds: 60 }).split('.')
  const header = segment({ alg: 'ES256', kid: elliptic.kid, jwk, x5c: [spki.toString('base64')] })
  const signature = sign({}, attacker, { lifetimeSeconds: 60 }).split('.')[2]
  assert.equal(verdict(`${header}.${payload}.${signature}`, {}, elliptic), 'ERR_SIGNATURE_INVALID')
  assert.equal(
    failure(() => verify(`${header}.${payload}.${signature}`, undefined as never)),
    'TypeError',
  )
})

test('CVE-2024-21643, CVE-2026-48522: jku and x5u cause no request (V07)', (t) => {
  const fetch = t.mock.method(globalThis, 'fetch', () => assert.fail('a request was made'))
  for (const url of [
    'https://evil.example/jwks',
    'file:///etc/passwd',
    'ftp://evil.example/',
    'data:,{}',
  ]) {
    assert.equal(
      verdict(tokenWith({ sub: '42' }, { alg: 'HS256', jku: url, x5u: url })),
      'accepted',
    )
    const stranger = forge({ alg: 'HS256', jku: url, x5u: url }, {}, 'another secret')
    assert.equal(verdict(stranger), 'ERR_SIGNATURE_INVALID')
  }
  assert.equal(fetch.mock.callCount(), 0)
})

test('kid as path, SQL, command or prototype: it is compared exactly and used for nothing else (V07)', () => {
  const set = createKeySet([generateKey('ES256', { kid: 'one' })])
  for (const kid of [
    '../../dev/null',
    "' UNION SELECT 'x",
    '$(id)',
    '__proto__',
    'constructor',
    'ONE',
    'one ',
    '',
  ]) {
    assert.equal(verdict(forge({ alg: 'ES256', kid }, {}), {}, set), 'ERR_KEY_UNKNOWN', kid)
  }
})
