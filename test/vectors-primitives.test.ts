/** Wycheproof's signatures and MACs through the same functions that tokens go through. */
import assert from 'node:assert/strict'
import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import type { Algorithm } from 'signet-jwt'
import {
  type AlgorithmRow,
  algorithmRow,
  verifyText,
} from '../packages/signet/src/jose/algorithms.ts'
import { readJson } from './support/vectors.ts'

interface Vector {
  readonly tcId: number
  readonly key: string
  readonly msg: string
  readonly sig: string
  readonly tag: string
  readonly ctx?: string
  readonly result: 'valid' | 'invalid' | 'acceptable'
}

interface Group {
  readonly publicKeyDer: string
  readonly tagSize: number
  readonly sha: string
  readonly mgfSha: string
  readonly sLen: number
  readonly tests: readonly Vector[]
}

function isAccepted(
  row: AlgorithmRow,
  key: KeyObject,
  message: string,
  signature: string,
): boolean {
  // Tokens are text; these messages are bytes, which the same calls take.
  const input = Buffer.from(message, 'hex')
  return verifyText(row, key, input, Buffer.from(signature, 'hex').toString('base64url'))
}

/**
 * Whether JOSE has such a signature: MACs are not cut, hash, mask and salt of PSS agree (RFC 7518 section 3.5), and the
 * context of ML-DSA is empty (RFC 9964).
 */
function isOurs(
  row: AlgorithmRow,
  { tagSize, sha, mgfSha, sLen }: Group,
  { ctx = '' }: Vector,
): boolean {
  if (row.family === 'hmac') return tagSize === row.signatureBytes * 8
  if (row.family !== 'rsaPss') return ctx === ''
  const name = `SHA-${row.hash?.slice(3)}`
  return sha === name && mgfSha === name && sLen === Number(row.hash?.slice(3)) / 8
}

/** @returns how many cases were run */
function runFile(file: string, algorithm: Algorithm): number {
  const row = algorithmRow(algorithm) as AlgorithmRow
  let count = 0
  for (const group of readJson(`wycheproof/${file}_test.json`).testGroups as Group[]) {
    for (const vector of group.tests.filter((vector) => isOurs(row, group, vector))) {
      count++
      const key = readKey(group, vector)
      const accepted =
        key !== undefined && isAccepted(row, key, vector.msg, vector.sig ?? vector.tag)
      // 'acceptable' are DigestInfos without their NULL, which RFC 8017 section 9.2 does not let a signer make.
      assert.equal(accepted, vector.result === 'valid', `case ${vector.tcId}`)
    }
  }
  return count
}

/** undefined for a public key that Node cannot read, which some ML-DSA cases are about. */
function readKey(group: Group, vector: Vector): KeyObject | undefined {
  if (vector.key !== undefined) return createSecretKey(Buffer.from(vector.key, 'hex'))
  try {
    return createPublicKey({
      key: Buffer.from(group.publicKeyDer, 'hex'),
      format: 'der',
      type: 'spki',
    })
  } catch {
    return undefined
  }
}

/** The file, the algorithm and how many of its cases are JOSE's. */
const files: readonly (readonly [file: string, algorithm: Algorithm, count: number])[] = [
  ['hmac_sha256', 'HS256', 87],
  ['hmac_sha384', 'HS384', 87],
  ['hmac_sha512', 'HS512', 87],
  ['ecdsa_secp256r1_sha256_p1363', 'ES256', 262],
  ['ecdsa_secp384r1_sha384_p1363', 'ES384', 280],
  ['ecdsa_secp521r1_sha512_p1363', 'ES512', 318],
  ['ecdsa_secp256k1_sha256_p1363', 'ES256K', 252],
  ['ed25519', 'Ed25519', 151],
  ['ed448', 'Ed448', 87],
  ['rsa_signature_2048_sha256', 'RS256', 259],
  ['rsa_signature_2048_sha384', 'RS384', 258],
  ['rsa_signature_2048_sha512', 'RS512', 259],
  ['rsa_signature_3072_sha256', 'RS256', 259],
  ['rsa_signature_3072_sha384', 'RS384', 259],
  ['rsa_signature_3072_sha512', 'RS512', 260],
  ['rsa_signature_4096_sha256', 'RS256', 258],
  ['rsa_signature_4096_sha384', 'RS384', 259],
  ['rsa_signature_4096_sha512', 'RS512', 259],
  ['rsa_pss_2048_sha256_mgf1_32', 'PS256', 108],
  ['rsa_pss_2048_sha384_mgf1_48', 'PS384', 141],
  ['rsa_pss_3072_sha256_mgf1_32', 'PS256', 108],
  ['rsa_pss_4096_sha256_mgf1_32', 'PS256', 108],
  ['rsa_pss_4096_sha384_mgf1_48', 'PS384', 141],
  ['rsa_pss_4096_sha512_mgf1_64', 'PS512', 179],
  ['rsa_pss_misc', 'PS256', 1],
  ['rsa_pss_misc', 'PS384', 1],
  ['rsa_pss_misc', 'PS512', 1],
  ['mldsa_44_verify', 'ML-DSA-44', 173],
  ['mldsa_65_verify', 'ML-DSA-65', 203],
  ['mldsa_87_verify', 'ML-DSA-87', 234],
]

for (const [file, algorithm, count] of files) {
  test(`Wycheproof ${file} as ${algorithm}`, () => {
    assert.equal(runFile(file, algorithm), count)
  })
}
