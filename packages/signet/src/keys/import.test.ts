import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createSecretKey, generateKeyPairSync, type KeyObject, webcrypto } from 'node:crypto'
import { test } from 'node:test'
import { testSecret } from '../../../../test/support/forge.ts'
import { testKey } from '../../../../test/support/keys.ts'
import { InvalidKeyError } from '../errors.ts'
import { type Algorithm, algorithmNames, algorithmRow } from '../jose/algorithms.ts'
import { signJws, verifyJws } from '../jose/jws.ts'
import { type Key, materialOf } from '../jose/key.ts'
import { exportPem } from './export.ts'
import { importDer, importKeyObject, importPem } from './import.ts'

const asymmetric = algorithmNames.filter((name) => algorithmRow(name)?.keyType !== 'oct')
const privateOf = (name: Algorithm) => materialOf(testKey(name)).signing as KeyObject
const publicOf = (name: Algorithm) => materialOf(testKey(name)).verifying
const fits = (signer: Key, verifier: Key) =>
  verifyJws(signJws('{}', signer, 'JWT'), verifier, undefined)
const invalid = (message: RegExp) => (error: unknown) =>
  error instanceof InvalidKeyError && message.test(error.message)

for (const algorithm of asymmetric) {
  test(`a ${algorithm} key survives PEM, DER and KeyObject`, () => {
    const key = testKey(algorithm)
    const again = importPem(exportPem(key, 'private'), { algorithm })
    assert.equal(again.kid, key.kid)
    fits(again, importPem(exportPem(key), { algorithm }))
    fits(
      importDer(privateOf(algorithm).export({ type: 'pkcs8', format: 'der' }), { algorithm }),
      key,
    )
    fits(key, importDer(publicOf(algorithm).export({ type: 'spki', format: 'der' }), { algorithm }))
    fits(
      importKeyObject(privateOf(algorithm), { algorithm }),
      importKeyObject(publicOf(algorithm), { algorithm }),
    )
  })
}

test('the older structures are read: PKCS#1 and SEC 1', () => {
  const options = { algorithm: 'RS256' } as const
  for (const format of ['pem', 'der'] as const) {
    const read = (key: string | Buffer, options: { algorithm: Algorithm }) =>
      typeof key === 'string' ? importPem(key, options) : importDer(key, options)
    fits(
      read(privateOf('RS256').export({ type: 'pkcs1', format: format as 'pem' }), options),
      testKey('RS256'),
    )
    fits(
      testKey('RS256'),
      read(publicOf('RS256').export({ type: 'pkcs1', format: format as 'pem' }), options),
    )
    fits(
      read(privateOf('ES256').export({ type: 'sec1', format: format as 'pem' }), {
        algorithm: 'ES256',
      }),
      testKey('ES256'),
    )
  }
})

test('a block of EC PARAMETERS before the key is passed over', () => {
  const parameters =
    '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n'
  const pem = privateOf('ES256').export({ type: 'sec1', format: 'pem' })
  fits(importPem(parameters + pem, { algorithm: 'ES256' }), testKey('ES256'))
})

test('an encrypted key opens with its passphrase and no other', () => {
  const secret = { cipher: 'aes-256-cbc', passphrase: 'open sesame' }
  const pem = privateOf('ES256').export({ type: 'pkcs8', format: 'pem', ...secret }) as string
  const der = privateOf('ES256').export({ type: 'pkcs8', format: 'der', ...secret }) as Buffer
  const legacy = privateOf('RS256').export({ type: 'pkcs1', format: 'pem', ...secret }) as string
  const options = { algorithm: 'ES256', passphrase: 'open sesame' } as const
  fits(importPem(pem, options), testKey('ES256'))
  fits(importDer(der, options), testKey('ES256'))
  fits(importPem(legacy, { ...options, algorithm: 'RS256' }), testKey('RS256'))
  for (const [key, algorithm] of [
    [pem, 'ES256'],
    [legacy, 'RS256'],
  ] as const) {
    assert.throws(
      () => importPem(key, { algorithm }),
      invalid(/is encrypted: give its 'passphrase'/),
    )
    assert.throws(
      () => importPem(key, { algorithm, passphrase: 'x' }),
      invalid(/the passphrase is another/),
    )
  }
  assert.throws(() => importDer(der, { algorithm: 'ES256' }), invalid(/is encrypted/))
  assert.throws(() => importPem(pem, { algorithm: 'ES256', passphrase: 5 as never }), TypeError)
})

test('of a certificate the public key is taken', () => {
  const subject = ['-subj', '/CN=test', '-days', '1', '-nodes']
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-keyout', '-']
  const output = execFileSync('openssl', ['req', '-x509', ...curve, ...subject], {
    encoding: 'utf8',
    stdio: 'pipe',
  })
  const certificate = output.slice(output.indexOf('-----BEGIN CERTIFICATE'))
  const privateKey = output.slice(0, output.indexOf('-----BEGIN CERTIFICATE'))
  const key = importPem(certificate, { algorithm: 'ES256' })
  assert.ok(!key.canSign)
  fits(importPem(privateKey, { algorithm: 'ES256' }), key)
  const der = Buffer.from(certificate.replaceAll(/-----.*-----|\s/g, ''), 'base64')
  fits(importPem(privateKey, { algorithm: 'ES256' }), importDer(der, { algorithm: 'ES256' }))
})

test('a key that is RSASSA-PSS by itself serves PS256 with its own hash only', () => {
  // The type declarations know this key type without its options only.
  const restrictions = { hashAlgorithm: 'sha256', mgf1HashAlgorithm: 'sha256', saltLength: 32 }
  const options = { modulusLength: 2048, ...restrictions } as { modulusLength: number }
  const pair = generateKeyPairSync('rsa-pss' as 'rsa', options)
  const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  const spki = pair.publicKey.export({ type: 'spki', format: 'pem' }) as string
  fits(importPem(pem, { algorithm: 'PS256' }), importPem(spki, { algorithm: 'PS256' }))
  for (const algorithm of ['PS384', 'RS256', 'ES256'] as const) {
    assert.throws(() => importPem(spki, { algorithm }), invalid(/type rsa-pss cannot be used/))
  }
})

test('an RSASSA-PSS key that asks for a longer salt than JOSE has is refused', () => {
  const restrictions = { hashAlgorithm: 'sha256', mgf1HashAlgorithm: 'sha256', saltLength: 64 }
  const options = { modulusLength: 2048, ...restrictions } as { modulusLength: number }
  const { publicKey } = generateKeyPairSync('rsa-pss' as 'rsa', options)
  assert.throws(() => importKeyObject(publicKey, { algorithm: 'PS256' }), invalid(/rsa-pss/))
})

test('a key of another type or curve is refused', () => {
  assert.throws(
    () => importPem(exportPem(testKey('ES256')), { algorithm: 'RS256' }),
    invalid(/type ec prime256v1 cannot be used with RS256/),
  )
  for (const name of ['ES384', 'ES512', 'ES256K'] as const) {
    assert.throws(
      () => importPem(exportPem(testKey(name)), { algorithm: 'ES256' }),
      invalid(/cannot be used with ES256/),
    )
  }
  const x25519 = generateKeyPairSync('x25519').publicKey
  assert.throws(() => importKeyObject(x25519, { algorithm: 'Ed25519' }), invalid(/x25519/))
})

test('a weak RSA key is refused in every form', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  for (const key of [publicKey, privateKey]) {
    assert.throws(() => importKeyObject(key, { algorithm: 'RS256' }), invalid(/1024 bits/))
  }
  const { publicKey: cubic } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicExponent: 3,
  })
  assert.throws(() => importKeyObject(cubic, { algorithm: 'PS256' }), invalid(/exponent/))
})

test('text without a key, with two, or with another kind of block is refused', () => {
  const pem = exportPem(testKey('ES256'))
  assert.throws(() => importPem('not a key', { algorithm: 'ES256' }), invalid(/no PEM block/))
  assert.throws(() => importPem(pem + pem, { algorithm: 'ES256' }), invalid(/more than one/))
  assert.throws(
    () => importPem('-----BEGIN OPENSSH PRIVATE KEY-----', { algorithm: 'ES256' }),
    invalid(/none that Signet reads/),
  )
  assert.throws(
    () => importPem(pem.replace('M', '!'), { algorithm: 'ES256' }),
    invalid(/cannot be read/),
  )
  assert.throws(
    () => importDer(Buffer.from('nonsense'), { algorithm: 'ES256' }),
    invalid(/cannot be read/),
  )
})

test('the algorithm must be said, and a shared secret is no PEM', () => {
  const pem = exportPem(testKey('ES256'))
  assert.throws(() => importPem(pem, {} as never), {
    name: 'TypeError',
    message: /'algorithm' must name the one algorithm/,
  })
  assert.throws(() => importPem(pem, { algorithm: 'HS256' }), {
    name: 'TypeError',
    message: /write secretKey\(secret\)/,
  })
  assert.throws(
    () => importPem(Buffer.from(pem) as never, { algorithm: 'ES256' }),
    /takes PEM text/,
  )
  assert.throws(() => importDer(pem as never, { algorithm: 'ES256' }), /takes bytes/)
})

test('a secret KeyObject is held to the rules of secrets', () => {
  assert.equal(
    importKeyObject(createSecretKey(Buffer.from(testSecret)), { algorithm: 'HS256' }).algorithm,
    'HS256',
  )
  assert.throws(
    () => importKeyObject(createSecretKey(Buffer.from('short')), { algorithm: 'HS256' }),
    invalid(/5 bytes/),
  )
  assert.throws(
    () => importKeyObject(createSecretKey(Buffer.from(testSecret)), { algorithm: 'ES256' }),
    invalid(/cannot be used with ES256/),
  )
  assert.throws(
    () => importKeyObject(publicOf('ES256'), { algorithm: 'HS256' }),
    invalid(/cannot be used with HS256/),
  )
})

test('a CryptoKey made for the same algorithm is taken', async () => {
  const { subtle } = webcrypto
  const pss = {
    name: 'RSA-PSS',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
  }
  const rsa = await subtle.generateKey(pss, false, ['sign', 'verify'])
  fits(
    importKeyObject(rsa.privateKey, { algorithm: 'PS256' }),
    importKeyObject(rsa.publicKey, { algorithm: 'PS256' }),
  )
  for (const algorithm of ['PS384', 'RS256'] as const) {
    assert.throws(
      () => importKeyObject(rsa.publicKey, { algorithm }),
      invalid(/made for another algorithm/),
    )
  }
  const hmac = await subtle.generateKey({ name: 'HMAC', hash: 'SHA-512', length: 512 }, false, [
    'sign',
    'verify',
  ])
  assert.equal(importKeyObject(hmac, { algorithm: 'HS512' }).algorithm, 'HS512')
  assert.throws(() => importKeyObject(hmac, { algorithm: 'HS256' }), invalid(/another algorithm/))
  const ed = (await subtle.generateKey('Ed25519', false, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair
  assert.equal(importKeyObject(ed.privateKey, { algorithm: 'EdDSA' }).algorithm, 'EdDSA')
  const ecdsa = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [
    'sign',
    'verify',
  ])
  assert.throws(
    () => importKeyObject(ecdsa.publicKey, { algorithm: 'ES384' }),
    invalid(/cannot be used with ES384/),
  )
})

test('what is no key object is a mistake of the caller', () => {
  assert.throws(() => importKeyObject('text' as never, { algorithm: 'ES256' }), {
    name: 'TypeError',
  })
})
