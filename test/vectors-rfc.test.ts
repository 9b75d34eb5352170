/** The examples of the RFCs: what they sign we verify, and what is deterministic we make again. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  type Algorithm,
  createKeySet,
  ExpiredTokenError,
  exportJwk,
  InvalidAlgorithmError,
  InvalidKeyError,
  importJwk,
  MalformedTokenError,
  SignetError,
  thumbprint,
  verify,
} from 'signet-jwt'
import { algorithmRow, signText } from '../packages/signet/src/jose/algorithms.ts'
import { verifyJws } from '../packages/signet/src/jose/jws.ts'
import { materialOf } from '../packages/signet/src/jose/key.ts'
import { readJson, readVector } from './support/vectors.ts'

const key = (name: string, algorithm?: Algorithm) =>
  importJwk(readJson(name), algorithm === undefined ? {} : { algorithm })

/** The compact form of one signature of a JSON serialization; a header outside the protected one is left out. */
const compact = (
  json: { readonly payload: string },
  signature: { readonly protected: string; readonly signature: string },
) => `${signature.protected}.${json.payload}.${signature.signature}`

for (const [section, algorithm, payload] of [
  ['A.1', 'HS256', /"iss":"joe"/],
  ['A.2', 'RS256', /"iss":"joe"/],
  ['A.3', 'ES256', /"iss":"joe"/],
  ['A.4', 'ES512', /^Payload$/],
] as const) {
  test(`RFC 7515 ${section} is verified with ${algorithm}`, () => {
    const verified = verifyJws(
      readVector(`rfc/rfc7515_${section}.jwsc`),
      key(`rfc/rfc7515_${section}.jwk`),
      undefined,
    )
    assert.match(verified.payload.toString(), payload)
    assert.equal(verified.key.algorithm, algorithm)
  })
}

test('RFC 7519 3.1 is the token of A.1, and has expired in 2011', () => {
  const token = readVector('rfc/rfc7515_A.1.jwsc')
  const claims = verify(token, key('rfc/rfc7515_A.1.jwk'), {
    issuer: 'joe',
    now: new Date('2011-03-22T18:42:59Z'),
  })
  assert.deepEqual(claims, { iss: 'joe', exp: 1300819380, 'http://example.com/is_root': true })
  assert.throws(() => verify(token, key('rfc/rfc7515_A.1.jwk')), ExpiredTokenError)
})

test('RFC 7515 A.5 is unsigned and refused', () => {
  assert.throws(
    () => verifyJws(readVector('rfc/rfc7515_A.5.jwsc'), key('rfc/rfc7515_A.1.jwk'), undefined),
    InvalidAlgorithmError,
  )
})

test('RFC 7515 A.6 and A.7 are JSON and refused; their signatures are right', () => {
  const general = readJson('rfc/rfc7515_A.6.jwsg')
  const flattened = readJson('rfc/rfc7515_A.7.jwsf')
  const keys = [key('rfc/rfc7515_A.6.1.jwk'), key('rfc/rfc7515_A.6.2.jwk')] as const
  for (const json of ['rfc/rfc7515_A.6.jwsg', 'rfc/rfc7515_A.7.jwsf']) {
    assert.throws(() => verifyJws(readVector(json), keys[0], undefined), MalformedTokenError)
  }
  verifyJws(compact(general, general.signatures[0]), keys[0], undefined)
  verifyJws(compact(general, general.signatures[1]), keys[1], undefined)
  verifyJws(compact(flattened, flattened), keys[1], undefined)
})

test('RFC 7517 A.1 and A.2: of a set the keys for signatures are used', () => {
  for (const section of ['A.1', 'A.2']) {
    const set = createKeySet(readJson(`rfc/rfc7517_${section}.jwkset`))
    assert.deepEqual(
      set.keys.map((key) => [key.kid, key.algorithm]),
      [['2011-04-29', 'RS256']],
    )
    assert.equal(set.get('1'), undefined)
  }
})

test('RFC 7517 A.3: of the two secrets the one for AES is ignored', () => {
  const set = createKeySet(readJson('rfc/rfc7517_A.3.jwkset'))
  assert.deepEqual(
    set.keys.map((key) => key.algorithm),
    ['HS256'],
  )
})

test('RFC 7517 B: the certificate chain in a JWK is not looked at', () => {
  assert.equal(key('rfc/rfc7517_B.jwk').kid, '1b94c')
})

test('RFC 7638 3.1: the thumbprint of an RSA key', () => {
  assert.equal(thumbprint(key('rfc/rfc7638_3.1.jwk')), readVector('rfc/rfc7638_3.1.thp'))
})

test('RFC 8037 A: key, thumbprint and signature of Ed25519', () => {
  const { jwk, thumbprintSha256: expected, jws } = readJson('rfc/rfc8037_A.json')
  const edwards = importJwk(jwk)
  assert.equal(thumbprint(edwards), expected)
  const verified = verifyJws(jws, edwards, new Set(['EdDSA']))
  assert.equal(verified.payload.toString(), 'Example of Ed25519 signing')
  assert.throws(() => verifyJws(jws, edwards, undefined), InvalidAlgorithmError)
  verifyJws(jws, importJwk(jwk, { algorithm: 'EdDSA' }), undefined)
})

const cookbook = (folder: string) =>
  readdirSync(join(import.meta.dirname, 'vectors', 'rfc7520', folder)).map((name) => ({
    name,
    ...readJson(`rfc7520/${folder}/${name}`),
  }))

test('RFC 7520 section 3: the keys are read and written out again', () => {
  for (const { name, title: _, ...jwk } of cookbook('jwk')) {
    if (jwk.use === 'enc') {
      assert.throws(() => importJwk(jwk), InvalidKeyError)
      continue
    }
    const imported = importJwk(jwk)
    const again = exportJwk(imported, imported.canSign ? 'private' : 'public')
    for (const member of Object.keys(jwk))
      assert.equal(again[member], jwk[member], `${name} ${member}`)
  }
})

/** The key of a cookbook example that is of the algorithm's type; 4.8 has three. */
function cookbookKey(input: { readonly key: object | readonly object[] }, alg: Algorithm) {
  const keyType = algorithmRow(alg)?.keyType
  const jwk = [input.key]
    .flat()
    .find((candidate) => 'kty' in candidate && candidate.kty === keyType)
  return importJwk({ ...jwk, alg })
}

test('RFC 7520 section 4: every signature with a protected algorithm is right', () => {
  let count = 0
  for (const { input, signing } of cookbook('jws')) {
    for (const part of [signing].flat()) {
      // 4.7 and the second signature of 4.8 name their algorithm in an unprotected header, which no compact token has.
      if (part.protected === undefined) continue
      count++
      const payload = Buffer.from(input.payload).toString('base64url')
      const token = `${part.protected_b64u}.${payload}.${part.sig}`
      verifyJws(token, cookbookKey(input, part.protected.alg), undefined)
    }
  }
  assert.equal(count, 8)
})

test('RFC 7520 4.5: a token whose payload travels elsewhere is refused', () => {
  const { input, output } = readJson('rfc7520/jws/4_5.signature_with_detached_content.json')
  assert.throws(
    () => verifyJws(output.compact, cookbookKey(input, 'HS256'), undefined),
    SignetError,
  )
})

test('RFC 7520: what is deterministic comes out again, bit for bit', () => {
  const { input, signing } = readJson('rfc7520/jws/4_1.rsa_v15_signature.json')
  const { row, signing: rsa } = materialOf(importJwk({ ...input.key, alg: 'RS256' }))
  assert.equal(signText(row, rsa as never, signing['sig-input']), signing.sig)
  const mac = readJson('rfc7520/jws/4_4.hmac-sha2_integrity_protection.json')
  const secret = materialOf(importJwk(mac.input.key))
  assert.equal(
    signText(secret.row, secret.signing as never, mac.signing['sig-input']),
    mac.signing.sig,
  )
})

test('RFC 7520 section 5: no encrypted token is read', () => {
  const signer = key('rfc7520/jwk/3_1.ec_public_key.json')
  const tokens = cookbook('jwe').flatMap(({ output }) => [
    output.compact,
    JSON.stringify(output.json),
  ])
  const nested = readJson('rfc7520/6.nesting_signatures_and_encryption.json').encrypt.output.compact
  for (const token of [...tokens, nested]) {
    if (token !== undefined) assert.throws(() => verifyJws(token, signer, undefined), SignetError)
  }
})

test('RFC 7797: an unencoded payload is refused, with the extension named in crit or not', () => {
  for (const { input, output } of cookbook('rfc7797')) {
    const { payload, protected: header, signature } = output.json_flat
    for (const token of [`${header}.${payload}.${signature}`, `${header}..${signature}`]) {
      assert.throws(() => verifyJws(token, importJwk(input.key), undefined), MalformedTokenError)
    }
  }
})

test('RFC 8037 in the cookbook is verified', () => {
  const { input, output } = readJson('rfc7520/curve25519/jws.json')
  verifyJws(output.compact, importJwk(input.key, { algorithm: 'EdDSA' }), undefined)
})

for (const size of [44, 65, 87]) {
  test(`RFC 9964: ML-DSA-${size} from its seed, with thumbprint and signature`, () => {
    const { jwk, jws } = readJson(`mldsa/ML_DSA_${size}.jose.json`)
    const lattice = importJwk(jwk)
    assert.equal(thumbprint(lattice), jwk.kid)
    assert.ok(lattice.canSign)
    assert.equal(verifyJws(jws, lattice, undefined).key, lattice)
    assert.equal(exportJwk(lattice, 'private').priv, jwk.priv)
  })
}
