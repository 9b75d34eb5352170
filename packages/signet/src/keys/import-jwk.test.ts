import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { testKey } from '../../../../test/support/keys.ts'
import { InvalidKeyError } from '../errors.ts'
import { algorithmNames, algorithmRow } from '../jose/algorithms.ts'
import { signJws, verifyJws } from '../jose/jws.ts'
import { exportJwk, type Jwk } from './export.ts'
import { importJwk } from './import-jwk.ts'

const payload = '{}'
const refused = (jwk: object, message: RegExp) =>
  assert.throws(
    () => importJwk(jwk),
    (error) => error instanceof InvalidKeyError && message.test(error.message),
  )

const rsa = exportJwk(testKey('RS256'), 'private')
const elliptic = exportJwk(testKey('ES256'), 'private')
const edwards = exportJwk(testKey('Ed25519'), 'private')
const lattice = exportJwk(testKey('ML-DSA-44'), 'private')
const other = (name: 'ES256' | 'Ed25519' | 'ML-DSA-44', member: string) => {
  const types = { ES256: 'ec', Ed25519: 'ed25519', 'ML-DSA-44': 'ml-dsa-44' } as const
  const { privateKey } = generateKeyPairSync(types[name] as 'ec', { namedCurve: 'P-256' })
  return (privateKey.export({ format: 'jwk' }) as Record<string, unknown>)[member]
}

for (const name of algorithmNames) {
  test(`a ${name} key survives its JWK, private and public`, () => {
    const key = testKey(name)
    const again = importJwk(exportJwk(key, 'private'))
    assert.deepEqual([again.algorithm, again.kid, again.canSign], [name, key.kid, true])
    const token = signJws(payload, again, 'JWT')
    const secret = algorithmRow(name)?.keyType === 'oct'
    const verifier = secret ? key : importJwk(JSON.parse(JSON.stringify(exportJwk(key))))
    assert.equal(verifier.canSign, secret)
    verifyJws(token, verifier, undefined)
  })
}

test('without alg the curve decides, RSA is RS256 and a secret HS256', () => {
  const bare = ({ alg: _, ...jwk }: Jwk) => importJwk(jwk).algorithm
  assert.equal(bare(exportJwk(testKey('ES384'))), 'ES384')
  assert.equal(bare(exportJwk(testKey('ES256K'))), 'ES256K')
  assert.equal(bare(exportJwk(testKey('EdDSA'))), 'Ed25519')
  assert.equal(bare(exportJwk(testKey('ML-DSA-65'))), 'ML-DSA-65')
  assert.equal(bare(exportJwk(testKey('PS512'))), 'RS256')
  assert.equal(bare(exportJwk(testKey('HS512'), 'private')), 'HS256')
})

test('a key has one algorithm: another one is not asked of it', () => {
  assert.throws(() => importJwk(rsa, { algorithm: 'PS256' }), /own 'alg' is not PS256/)
  const { alg: _, ...bare } = rsa
  assert.equal(importJwk(bare, { algorithm: 'PS256' }).algorithm, 'PS256')
  assert.throws(
    () => importJwk(elliptic, { algorithm: 'ES384' }),
    /cannot be used with the algorithm/,
  )
  refused({ ...elliptic, alg: 'ES512' }, /is for ES256/)
  refused({ ...elliptic, alg: 'ECDH-ES' }, /is for ES256/)
  refused({ ...rsa, alg: 'ES256' }, /is for RS256, RS384/)
  refused({ ...rsa, alg: 5 }, /'alg' must be a string/)
})

test('EdDSA and Ed25519 are two names of one key, and the caller may choose', () => {
  assert.equal(importJwk({ ...edwards, alg: 'EdDSA' }).algorithm, 'EdDSA')
  assert.equal(
    importJwk({ ...edwards, alg: 'EdDSA' }, { algorithm: 'Ed25519' }).algorithm,
    'Ed25519',
  )
})

test('the kid is the option, else the own one, else the thumbprint of a private key', () => {
  const { kid, ...nameless } = elliptic
  const { d: _, ...publicPart } = nameless
  assert.equal(importJwk(elliptic, { kid: 'mine' }).kid, 'mine')
  assert.equal(importJwk({ ...nameless, kid: 'own' }).kid, 'own')
  assert.equal(importJwk(nameless).kid, kid)
  assert.equal(importJwk(publicPart).kid, undefined)
  for (const wrong of [5, '', 'k'.repeat(257), null]) refused({ ...elliptic, kid: wrong }, /'kid'/)
})

test('a key that is not for signatures is refused', () => {
  refused({ ...elliptic, use: 'enc' }, /'use' is not 'sig'/)
  refused({ ...elliptic, use: null }, /'use' is not 'sig'/)
  refused({ ...elliptic, key_ops: ['verify'] }, /does not include 'sign'/)
  refused({ ...exportJwk(testKey('ES256')), key_ops: ['sign'] }, /does not include 'verify'/)
  refused({ ...elliptic, key_ops: ['sign', 'sign'] }, /without duplicates/)
  refused({ ...elliptic, key_ops: 'sign' }, /must be a list/)
  assert.ok(importJwk({ ...elliptic, key_ops: ['sign'] }).canSign)
})

test('a secret that is only for verifying does not sign', () => {
  const secret = exportJwk(testKey('HS256'), 'private')
  assert.ok(!importJwk({ ...secret, key_ops: ['verify'] }).canSign)
  assert.ok(importJwk({ ...secret, key_ops: ['verify', 'sign'] }).canSign)
  refused({ ...secret, key_ops: ['sign'] }, /does not include 'verify'/)
})

test('halves that do not belong together are refused', () => {
  refused({ ...elliptic, d: other('ES256', 'd') }, /do not belong together/)
  refused({ ...edwards, d: other('Ed25519', 'd') }, /do not belong together/)
  refused({ ...lattice, priv: other('ML-DSA-44', 'priv') }, /do not belong together/)
  for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi']) {
    const bytes = Buffer.from(rsa[member] as string, 'base64url')
    bytes[40] = (bytes[40] as number) ^ 1
    refused({ ...rsa, [member]: bytes.toString('base64url') }, /belong together/)
  }
})

test('an RSA exponent that suits one prime only is refused, although signing would work', () => {
  const number = (name: string) =>
    BigInt(`0x${Buffer.from(rsa[name] as string, 'base64url').toString('hex')}`)
  const write = (value: bigint) => {
    const hex = value.toString(16)
    return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString(
      'base64url',
    )
  }
  const [d, p, q] = [number('d'), number('p'), number('q')]
  for (const [wrong, half, prime] of [
    [d + (p - 1n), 'dq', q],
    [d + (q - 1n), 'dp', p],
  ] as const) {
    const jwk = { ...rsa, d: write(wrong), [half]: write(wrong % (prime - 1n)) }
    refused(jwk, /private and the public numbers/)
  }
})

test('a point off the curve is refused', () => {
  refused({ ...exportJwk(testKey('ES256')), y: other('ES256', 'y') }, /no point of the curve P-256/)
})

test('coordinates have the full width of the curve', () => {
  const { x, y, d } = elliptic as { x: string; y: string; d: string } & Jwk
  const cut = (text: string) => Buffer.from(text, 'base64url').subarray(1).toString('base64url')
  const padded = (text: string) =>
    Buffer.concat([Buffer.alloc(1), Buffer.from(text, 'base64url')]).toString('base64url')
  for (const shape of [cut, padded]) {
    refused({ ...elliptic, x: shape(x) }, /'x' has 3[13] bytes, P-256 needs exactly 32/)
    refused({ ...elliptic, y: shape(y) }, /'y' has/)
    refused({ ...elliptic, d: shape(d) }, /'d' has/)
  }
  refused({ ...edwards, x: cut(edwards.x as string) }, /Ed25519 needs exactly 32/)
  refused({ ...lattice, priv: cut(lattice.priv as string) }, /seed of 32 bytes/)
})

test('an RSA key is at least 2048 bits long and has a usual exponent', () => {
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({
    format: 'jwk',
  })
  refused(short, /1024 bits; from 2048/)
  const publicKey = exportJwk(testKey('RS256'))
  for (const e of ['AQ', 'Aw', 'AAEAAQ', 'AQAC', '']) refused({ ...publicKey, e }, /exponent|'e'/)
  refused({ ...publicKey, e: 'AQAAAAAAAAAAAQ' }, /above 2\^64/)
})

test('an RSA key of the generator that can be factored is refused', () => {
  const order = 65_537n ** 40n
  let product = 1n
  for (const prime of [
    3n,
    5n,
    7n,
    11n,
    13n,
    17n,
    19n,
    23n,
    29n,
    31n,
    37n,
    41n,
    43n,
    47n,
    53n,
    59n,
    61n,
    67n,
    71n,
    73n,
    79n,
    83n,
    89n,
    97n,
    101n,
    103n,
    107n,
    109n,
    113n,
    127n,
    131n,
    137n,
    139n,
    149n,
    151n,
    157n,
    163n,
    167n,
  ])
    product *= prime
  const modulus = (2n ** 2047n / product) * product + (order % product)
  const n = Buffer.from((modulus + product).toString(16), 'hex').toString('base64url')
  refused({ kty: 'RSA', n, e: 'AQAB' }, /CVE-2017-15361/)
})

test('a key of small order is refused', () => {
  for (const y of [
    '00'.repeat(32),
    `01${'00'.repeat(31)}`,
    `ec${'ff'.repeat(30)}7f`,
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    `ed${'ff'.repeat(30)}ff`,
  ]) {
    refused(
      { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(y, 'hex').toString('base64url') },
      /small order/,
    )
  }
  refused({ kty: 'OKP', crv: 'Ed448', x: Buffer.alloc(57).toString('base64url') }, /small order/)
})

test('members are canonical base64url text and the own ones', () => {
  const publicKey = exportJwk(testKey('ES256'))
  refused({ ...publicKey, x: `${publicKey.x}=` }, /'x' is not canonical base64url/)
  refused({ ...publicKey, x: 5 }, /'x' must be base64url text, got the number 5/)
  refused({ ...publicKey, x: undefined }, /'x' must be base64url text, got undefined/)
  refused(JSON.parse('{"__proto__":{"kty":"EC"}}'), /'kty' or 'crv'/)
})

test('an unknown or lower-case type or curve is refused', () => {
  for (const change of [
    { kty: 'ec' },
    { kty: undefined },
    { crv: 'p-256' },
    { crv: 'P-257' },
    { kty: 'XYZ' },
  ]) {
    refused({ ...elliptic, ...change }, /'kty' or 'crv'/)
  }
  refused({ ...edwards, crv: 'X25519' }, /'kty' or 'crv'/)
})

test('a weak secret is as weak in a JWK', () => {
  refused({ kty: 'oct', k: '' }, /0 bytes/)
  refused({ kty: 'oct', k: Buffer.from('secret').toString('base64url') }, /public examples/)
})

test('RSA with more than two primes is refused', () => refused({ ...rsa, oth: [] }, /two primes/))

test('what is no object is a mistake of the caller', () => {
  for (const value of ['{"kty":"EC"}', null, [elliptic]]) {
    assert.throws(() => importJwk(value as object), {
      name: 'TypeError',
      message: /takes a JWK object/,
    })
  }
  assert.throws(() => importJwk(elliptic, { algorithm: 'none' as 'ES256' }), TypeError)
})

test('no message quotes the key', () => {
  for (const member of ['d', 'x', 'y']) {
    try {
      importJwk({ ...elliptic, [member]: `${elliptic[member]}!` })
    } catch (error) {
      assert.ok(error instanceof InvalidKeyError && error.cause === undefined)
      assert.ok(!String(error.stack).includes(String(elliptic[member]).slice(0, 12)))
    }
  }
})
