/** Wycheproof's JOSE cases: whole tokens and key sets, most of them hostile. */
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import {
  type Algorithm,
  createKeySet,
  InvalidKeyError,
  importJwk,
  type Key,
  type KeySet,
  SignetError,
} from 'signet-jwt'
import { type AlgorithmRow, algorithmRow } from '../packages/signet/src/jose/algorithms.ts'
import { verifyJws } from '../packages/signet/src/jose/jws.ts'
import { bindKey } from '../packages/signet/src/jose/key.ts'
import { readJson } from './support/vectors.ts'

const zeroKey = bindKey({
  row: algorithmRow('HS256') as AlgorithmRow,
  kid: 'hs256-key',
  verifying: createSecretKey(Buffer.alloc(32)),
  signing: undefined,
})

interface Group {
  readonly comment: string
  readonly private: { readonly keys?: readonly object[] }
  readonly public?: { readonly keys?: readonly object[] }
  readonly tests: readonly {
    readonly tcId: number
    readonly comment: string
    readonly jws?: string
    readonly jwe?: string
    readonly result: 'valid' | 'invalid'
  }[]
}

function readKeys({ comment, public: verifying, private: signing }: Group): Key | KeySet {
  const jwk = verifying ?? signing
  // The key of this group is 32 zeros, which no import takes; what its tokens are about is their encoding.
  if (comment === 'base64') return zeroKey
  return jwk.keys === undefined ? importJwk(jwk) : createKeySet({ keys: jwk.keys })
}

/** Whether the token is accepted. Refusing it, or its key, with anything but our own errors fails the test. */
function isAccepted(group: Group, token: string): boolean {
  try {
    verifyJws(token, readKeys(group), undefined)
    return true
  } catch (error) {
    assert.ok(error instanceof SignetError, `${error}`)
    return false
  }
}

/** test/vectors/README.md says why. */
const overridden: { readonly [file: string]: { readonly [tcId: number]: boolean } } = {
  json_web_signature_test: {
    367: true,
    370: true,
    372: false,
    373: false,
    346: false,
    350: false,
    347: false,
    351: false,
  },
}

const groupsOf = (file: string): readonly Group[] => readJson(`wycheproof/${file}.json`).testGroups

for (const [file, cases] of [
  ['json_web_signature_test', 401],
  ['json_web_key_test', 26],
  ['json_web_crypto_test', 49],
] as const) {
  test(`Wycheproof ${file}`, () => {
    let count = 0
    for (const group of groupsOf(file)) {
      for (const { tcId, comment, jws, result } of group.tests) {
        if (jws === undefined) continue
        count++
        const expected = overridden[file]?.[tcId] ?? result === 'valid'
        assert.equal(isAccepted(group, jws), expected, `case ${tcId}: ${comment}`)
      }
    }
    assert.equal(count, cases)
  })
}

test('contested cases are valid once their key says what the token says', () => {
  const algorithms: { readonly [tcId: number]: Algorithm } = {
    346: 'PS384',
    350: 'PS384',
    347: 'ES512',
    351: 'ES512',
  }
  let count = 0
  for (const { public: jwk, tests } of groupsOf('json_web_signature_test')) {
    for (const { tcId, jws } of tests) {
      const alg = algorithms[tcId]
      if (alg === undefined) continue
      count++
      verifyJws(jws, importJwk({ ...jwk, alg }), undefined)
    }
  }
  assert.equal(count, 4)
})

test('the key of zeros is no key for anybody else', () => {
  const jwk = { kty: 'oct', k: Buffer.alloc(32).toString('base64url') }
  assert.throws(() => importJwk(jwk), InvalidKeyError)
})

test('no encrypted token passes for a signed one', () => {
  const key = importJwk(groupsOf('json_web_signature_test')[0]?.private ?? {})
  const files = ['json_web_encryption_test', 'json_web_crypto_test']
  const tests = files.flatMap((file) => groupsOf(file).flatMap((group) => group.tests))
  const encrypted = tests.filter(({ jwe }) => jwe !== undefined)
  assert.equal(encrypted.length, 139 + 34)
  for (const { jwe } of encrypted) assert.throws(() => verifyJws(jwe, key, undefined), SignetError)
})
