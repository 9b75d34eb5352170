/**
 * Failures of other libraries that lay in the token itself: its signature, its encoding, its JSON. Each title names the
 * advisories and the assertion it belongs to (V08 to V14).
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createKeySet, generateKey, sign, verify } from 'signet-jwt'
import { segment, testSecret, thrownBy } from '../support/forge.ts'
import { testKey } from '../support/keys.ts'
import { now, secret, tokenWith, verdict } from '../support/refusals.ts'

const elliptic = testKey('ES256')
const token = sign({ sub: '42' }, secret, { lifetimeSeconds: 60, now })
const [header, payload, signature] = token.split('.') as [string, string, string]
const refusedAll = (tokens: readonly unknown[], codes: RegExp) => {
  for (const token of tokens)
    assert.match(verdict(token), codes, JSON.stringify(token)?.slice(0, 100))
}

test('CVE-2020-28042, CVE-2015-2951, CVE-2018-1000531, CVE-2021-22160, CVE-2024-48916: without a signature nothing is accepted (V01, V08)', () => {
  refusedAll([`${header}.${payload}.`, `${header}.${payload}`], /SIGNATURE_INVALID|MALFORMED/)
  for (const alg of ['none', 'None', 'NONE', 'nOnE', 'none ', '']) {
    refusedAll(
      [`${segment({ alg })}.${payload}.`, `${segment({ alg })}.${payload}.${signature}`],
      /ALGORITHM_INVALID/,
    )
  }
})

test('V01: alg is a string of the header itself, compared exactly', () => {
  for (const alg of ['hs256', 'HS256 ', ' HS256', 'HS256\0', 'HS 256', 'ＨＳ256']) {
    assert.equal(verdict(tokenWith({}, { alg })), 'ERR_ALGORITHM_INVALID', alg)
  }
  for (const alg of [undefined, null, 256, true, ['HS256'], { name: 'HS256' }]) {
    assert.equal(verdict(tokenWith({}, { alg })), 'ERR_TOKEN_MALFORMED')
  }
  assert.equal(verdict(tokenWith({}, '{"__proto__":{"alg":"HS256"}}')), 'ERR_TOKEN_MALFORMED')
})

test('V08, CVE-2024-51744: a forged token that has expired reports its signature', () => {
  const expired = sign({ sub: '42' }, secret, {
    lifetimeSeconds: 1,
    now: new Date('2020-01-01T00:00:00Z'),
  })
  const [head, , tail] = expired.split('.')
  const forged = `${head}.${segment({ sub: '1', exp: 1 })}.${tail}`
  assert.equal(verdict(expired), 'ERR_TOKEN_EXPIRED')
  assert.equal(verdict(forged), 'ERR_SIGNATURE_INVALID')
  assert.equal(verdict(forged, { issuer: 'nobody' }), 'ERR_SIGNATURE_INVALID')
})

test('CVE-2022-21449: r and s of zero verify nothing (V09)', () => {
  const signed = sign({ sub: '42' }, elliptic, { lifetimeSeconds: 60, now })
  const forged = `${signed.slice(0, signed.lastIndexOf('.'))}.${Buffer.alloc(64).toString('base64url')}`
  assert.equal(verdict(forged, {}, elliptic), 'ERR_SIGNATURE_INVALID')
})

test('V09: the high and the low s of a signature are both right, so nothing may hang on the text of a token', () => {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const signed = sign({ sub: '42' }, elliptic, { lifetimeSeconds: 60, now })
  const cut = signed.lastIndexOf('.')
  const bytes = Buffer.from(signed.slice(cut + 1), 'base64url')
  const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`)
  Buffer.from(s.toString(16).padStart(64, '0'), 'hex').copy(bytes, 32)
  const twin = `${signed.slice(0, cut)}.${bytes.toString('base64url')}`
  assert.notEqual(twin, signed)
  assert.equal(verdict(twin, {}, elliptic), 'accepted')
})

test('haproxy: a signature of twenty thousand characters is refused like any other length (V09, V24)', () => {
  for (const bytes of [63, 65, 10_000]) {
    const forged = `${segment({ alg: 'ES256', kid: elliptic.kid })}.${segment({})}.${Buffer.alloc(bytes).toString('base64url')}`
    assert.equal(verdict(forged, {}, elliptic), 'ERR_SIGNATURE_INVALID')
  }
  assert.equal(verdict(`${header}.${payload}.${'A'.repeat(21_830)}`), 'ERR_TOKEN_MALFORMED')
})

test('CVE-2024-25189, CVE-2024-25190, gree/jose: MACs are compared in constant time, and none is cut (V10)', () => {
  const source = (file: string) =>
    readFileSync(join(import.meta.dirname, '../../packages/signet/src/jose', file), 'utf8')
  assert.match(source('hmac.ts'), /return timingSafeEqual\(given, right\)/)
  assert.match(source('algorithms.ts'), /verify: .* => isHmac\(/)
  for (const file of ['hmac.ts', 'algorithms.ts', 'jws.ts']) {
    assert.doesNotMatch(
      source(file),
      /\.equals\(|Buffer\.compare|=== signature|=== (expected|mac)\b/,
    )
  }
  const mac = Buffer.from(signature, 'base64url')
  for (let length = 0; length < 32; length++) {
    const cut = mac.subarray(0, length).toString('base64url')
    assert.equal(verdict(`${header}.${payload}.${cut}`), 'ERR_SIGNATURE_INVALID')
  }
})

test('CVE-2019-7644: no error says what the signature should have been (V23)', () => {
  const error = thrownBy(() => verify(`${header}.${payload}.${'A'.repeat(43)}`, secret))
  const everything = JSON.stringify({ ...error, message: error.message, stack: error.stack })
  for (const text of [signature, testSecret, payload, header]) assert.ok(!everything.includes(text))
})

test('CVE-2025-59420, CVE-2026-32597, CVE-2026-35042, jsonwebtoken 9.0.3: any crit is refused, since no extension is understood (V13)', () => {
  const names = ['exp', 'alg', 'b64', 'x', 'http://example.com/policy', '', 'constructor']
  for (const crit of [
    ...names.map((name) => [name]),
    ['x', 'x'],
    ['x', 5],
    [[]],
    names,
    'x',
    5,
    true,
    {},
    [],
  ]) {
    assert.equal(verdict(tokenWith({}, { alg: 'HS256', crit, x: 1 })), 'ERR_TOKEN_MALFORMED')
  }
})

test('fast-jwt 6.3.6: crit that is null, false, empty or zero is refused, too (V13)', () => {
  for (const crit of [null, false, '', 0]) {
    assert.equal(verdict(tokenWith({}, { alg: 'HS256', crit })), 'ERR_TOKEN_MALFORMED')
  }
})

test('CVE-2026-48525: an unencoded payload is refused before anything is made of it (V13, V24)', () => {
  for (const extra of [{ b64: false }, { b64: true }, { b64: false, crit: ['b64'] }]) {
    assert.equal(
      verdict(`${segment({ alg: 'HS256', ...extra })}.$.02.${signature}`),
      'ERR_TOKEN_MALFORMED',
    )
  }
})

test('CVE-2022-39227: a compact token hidden in a JSON serialization is not found (V14)', () => {
  const json = { payload, protected: header, signature }
  refusedAll(
    [
      JSON.stringify(json),
      JSON.stringify({ payload, signatures: [json] }),
      `{"x":"${token}"}`,
      `{"${token}":0}`,
      json,
    ],
    /MALFORMED/,
  )
})

test('CVE-2026-29000, CVE-2026-9793, CVE-2023-51774: an encrypted token is not taken for an authenticated one (V14)', () => {
  const inner = `${segment({ alg: 'none' })}.${segment({ sub: '1' })}.`
  const jwe = `${segment({ alg: 'dir', enc: 'A256GCM' })}..${segment('iv')}.${segment(inner)}.${segment('tag')}`
  assert.equal(verdict(jwe), 'ERR_TOKEN_MALFORMED')
  assert.match(thrownBy(() => verify(jwe, secret)).message, /encrypted \(JWE\)/)
  for (const alg of ['dir', 'A256KW', 'RSA-OAEP', 'RSA1_5', 'ECDH-ES', 'PBES2-HS256+A128KW']) {
    assert.equal(
      verdict(tokenWith({}, { alg, enc: 'A256GCM', zip: 'DEF', p2c: 1e9 })),
      'ERR_ALGORITHM_INVALID',
    )
  }
})

test('V14: a token inside a token is not opened, and only a string is a token', () => {
  assert.equal(
    verdict(tokenWith(JSON.stringify(token), { alg: 'HS256', cty: 'JWT' })),
    'ERR_TOKEN_MALFORMED',
  )
  refusedAll([undefined, null, 5, {}, [token], Buffer.from(token), new String(token)], /MALFORMED/)
})

test('fast-jwt #606, jose 6.2.18: white space, padding and foreign characters anywhere make another token, which is refused (V11)', () => {
  for (const stray of [
    ' ',
    '\n',
    '\r\n',
    '\t',
    '\f',
    '\0',
    '=',
    '==',
    '+',
    '/',
    '\u00a0',
    '\u200b',
    '?',
    'é',
    '%3D',
  ]) {
    for (const place of [
      0,
      5,
      header.length,
      header.length + 1,
      header.length + 8,
      token.length - 20,
      token.length,
    ]) {
      const mutant = token.slice(0, place) + stray + token.slice(place)
      assert.notEqual(verdict(mutant), 'accepted', JSON.stringify(stray))
    }
  }
})

test('V11: spare bits that are not zero are refused in each segment', () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  let accepted = 0
  for (const char of alphabet) if (verdict(token.slice(0, -1) + char) === 'accepted') accepted++
  assert.equal(accepted, 1)
})

test('fast-jwt #638, jsonwebtoken 9.0.3: claims that are no object are refused (V12)', () => {
  for (const claims of ['[]', '[{"sub":"42"}]', '"x"', '42', 'true', 'null', '', ' ']) {
    assert.equal(verdict(tokenWith(claims)), 'ERR_TOKEN_MALFORMED', claims)
  }
})

test('jose 6.2.5 to 6.2.10: what is not UTF-8 is refused in header and claims (V12)', () => {
  for (const bytes of [
    [0xff],
    [0xc3],
    [0xc0, 0xaf],
    [0xed, 0xa0, 0x80],
    [0xf5, 0x80, 0x80, 0x80],
  ]) {
    const text = Buffer.concat([
      Buffer.from('{"alg":"HS256","x":"'),
      Buffer.from(bytes),
      Buffer.from('"}'),
    ])
    assert.equal(verdict(tokenWith(text)), 'ERR_TOKEN_MALFORMED')
    assert.equal(verdict(tokenWith({}, text)), 'ERR_TOKEN_MALFORMED')
  }
})

test('PyJWT 2.15.1: UTF-16, a byte order mark and NaN are refused (V12)', () => {
  for (const claims of [
    Buffer.from('{}', 'utf16le'),
    '\ufeff{}',
    '{"exp":NaN}',
    '{"exp":Infinity}',
    '{"exp":-Infinity}',
    "{'sub':1}",
    '{"a":1,}',
    '{"a":01}',
    '{"a":1}x',
  ]) {
    assert.equal(verdict(tokenWith(claims)), 'ERR_TOKEN_MALFORMED')
  }
})

test('duplicate members are refused in header and claims, however they are spelled (V12)', () => {
  for (const claims of [
    '{"sub":"1","sub":"1"}',
    '{"sub":"1","\\u0073ub":"2"}',
    '{"a":{"b":1,"b":2}}',
  ]) {
    assert.equal(verdict(tokenWith(claims)), 'ERR_TOKEN_MALFORMED')
    assert.equal(
      verdict(tokenWith({}, claims.replace('{', '{"alg":"HS256",'))),
      'ERR_TOKEN_MALFORMED',
    )
  }
  assert.equal(verdict(tokenWith({}, '{"alg":"none","alg":"HS256"}')), 'ERR_TOKEN_MALFORMED')
})

test('a member named __proto__ pollutes nothing and satisfies nothing (V12)', () => {
  const polluting =
    '{"__proto__":{"iss":"issuer","admin":true},"constructor":{"prototype":{"admin":true}}}'
  assert.equal(verdict(tokenWith(polluting)), 'accepted')
  assert.equal(verdict(tokenWith(polluting), { issuer: 'issuer' }), 'ERR_CLAIM_MISSING')
  assert.equal((verify(tokenWith(polluting), secret) as { admin?: boolean }).admin, undefined)
  assert.equal(({} as { admin?: boolean }).admin, undefined)
})

test('V11: exactly three segments', () => {
  const twice = `${header}.${payload}.${signature}.${signature}`
  refusedAll(
    ['', '.', '..', '...', '....', header, `.${token}`, `${token}.`, twice, `..${signature}`],
    /MALFORMED|SIGNATURE/,
  )
})

test('V07, V12: kid is a string of bounded length', () => {
  const set = createKeySet([generateKey('ES256')])
  for (const kid of [5, null, ['k'], {}, 'k'.repeat(257)]) {
    assert.equal(verdict(tokenWith({}, { alg: 'ES256', kid }), {}, set), 'ERR_TOKEN_MALFORMED')
  }
})
