import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import { test } from 'node:test'
import { testKey } from '../../../../test/support/keys.ts'
import {
  type AlgorithmRow,
  algorithmNames,
  algorithmRow,
  algorithmRows,
  signText,
  signTextLater,
  verifyText,
  verifyTextLater,
} from './algorithms.ts'
import { encodeBase64url } from './bytes.ts'
import { type KeyMaterial, materialOf } from './key.ts'

const input = 'header.payload'

function material(
  name: AlgorithmRow['name'],
): KeyMaterial & { readonly signing: crypto.KeyObject } {
  return materialOf(testKey(name)) as KeyMaterial & { readonly signing: crypto.KeyObject }
}

function accepts(name: AlgorithmRow['name'], signature: Buffer): boolean {
  const { row, verifying } = material(name)
  return verifyText(row, verifying, input, encodeBase64url(signature))
}

/** A signature as bytes, to be changed. */
function signBytes(row: AlgorithmRow, key: crypto.KeyObject, text: string): Buffer {
  return Buffer.from(signText(row, key, text), 'base64url')
}

test('an algorithm is found by its exact name only', () => {
  assert.equal(algorithmRow('ES256')?.name, 'ES256')
  for (const name of [
    'es256',
    'ES256 ',
    ' ES256',
    'ES256\0',
    '',
    'none',
    'None',
    'constructor',
    '__proto__',
  ]) {
    assert.equal(algorithmRow(name), undefined, JSON.stringify(name))
  }
})

test('no algorithm is unsigned', () => {
  assert.ok(algorithmNames.every((name) => name.toLowerCase() !== 'none'))
})

test('every name is there that JOSE signs with', () => {
  assert.deepEqual(algorithmNames, [
    ...['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
    ...['ES256', 'ES384', 'ES512', 'ES256K', 'Ed25519', 'Ed448', 'EdDSA'],
    ...['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'],
  ])
  assert.equal(algorithmRows.length, algorithmNames.length + 1)
})

for (const name of algorithmNames) {
  test(`${name} accepts its own signature and no other`, async () => {
    const { row, signing, verifying } = material(name)
    const signature = signBytes(row, signing, input)
    if (row.signatureBytes !== 0) assert.equal(signature.length, row.signatureBytes)
    assert.ok(accepts(name, signature))
    assert.ok(await verifyTextLater(row, verifying, input, encodeBase64url(signature)))
    assert.ok(verifyText(row, verifying, input, await signTextLater(row, signing, input)))

    const altered = Buffer.from(signature)
    altered[7] = (altered[7] as number) ^ 1
    const strangers = [altered, signature.subarray(1), Buffer.concat([signature, Buffer.alloc(1)])]
    for (const stranger of [...strangers, Buffer.alloc(0), Buffer.alloc(signature.length)]) {
      assert.ok(!accepts(name, stranger))
      assert.ok(!(await verifyTextLater(row, verifying, input, encodeBase64url(stranger))))
    }
    assert.ok(!verifyText(row, verifying, `${input}x`, encodeBase64url(signature)))
  })
}

test('RS256 and PS256 do not accept each other', () => {
  const { row, signing } = material('RS256')
  const pss = { ...row, family: 'rsaPss' } as const
  assert.ok(!accepts('RS256', signBytes(pss, signing, input)))
  assert.ok(!verifyText(pss, material('RS256').verifying, input, signText(row, signing, input)))
})

test('an RSA signature that lacks its leading zero byte is refused', () => {
  for (const name of ['PS256', 'RS256'] as const) {
    const { row, signing } = material(name)
    // One signature in 256 begins with a zero byte; PKCS #1 v1.5 needs another text for another signature.
    for (let i = 0; ; i++) {
      const text = `${input}${i}`
      const signature = signBytes(row, signing, text)
      if (signature[0] !== 0) continue
      const { verifying } = material(name)
      assert.ok(verifyText(row, verifying, text, encodeBase64url(signature)))
      assert.ok(!verifyText(row, verifying, text, encodeBase64url(signature.subarray(1))))
      break
    }
  }
})

test('PSS with a salt of another length than the hash is refused', () => {
  const key = material('PS256').signing
  const padding = crypto.constants.RSA_PKCS1_PSS_PADDING
  for (const [saltLength, expected] of [
    [32, true],
    [0, false],
    [31, false],
    [64, false],
  ] as const) {
    const signature = crypto.sign('sha256', Buffer.from(input), { key, padding, saltLength })
    assert.equal(accepts('PS256', signature), expected, `salt of ${saltLength}`)
  }
})

test('an ECDSA signature in DER is refused', () => {
  assert.ok(!accepts('ES256', crypto.sign('sha256', Buffer.from(input), material('ES256').signing)))
})

test('an ECDSA signature is accepted with s or with n - s, and with no number out of range', () => {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const { row, signing } = material('ES256')
  const signature = signBytes(row, signing, input).toString('hex')
  const r = BigInt(`0x${signature.slice(0, 64)}`)
  const s = BigInt(`0x${signature.slice(64)}`)
  const pair = (...numbers: bigint[]) =>
    Buffer.from(numbers.map((number) => number.toString(16).padStart(64, '0')).join(''), 'hex')
  assert.ok(accepts('ES256', pair(r, s)))
  assert.ok(accepts('ES256', pair(r, order - s)))
  for (const twisted of [pair(0n, 0n), pair(0n, s), pair(r, 0n), pair(order, s), pair(r, order)]) {
    assert.ok(!accepts('ES256', twisted))
  }
})

test('an Ed25519 signature with S beyond the group order is refused', () => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n
  const { row, signing } = material('Ed25519')
  const signature = signBytes(row, signing, input)
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`)
  const larger = Buffer.from((s + order).toString(16).padStart(64, '0'), 'hex').reverse()
  assert.ok(!accepts('Ed25519', Buffer.concat([signature.subarray(0, 32), larger])))
})
