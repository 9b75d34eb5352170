/** The one gate through which imported key material becomes a key: whatever form it came in, the same checks hold. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { InvalidKeyError } from '../errors.ts'
import {
  type Algorithm,
  type AlgorithmRow,
  algorithmNames,
  algorithmRows,
  signText,
  verifyText,
} from '../jose/algorithms.ts'
import { bindKey, type Key } from '../jose/key.ts'
import { describe } from '../options.ts'
import { pkcs1OfPss } from './der.ts'
import { checkRsaKey } from './rsa.ts'
import { thumbprintOf } from './thumbprint.ts'

/** The rows an algorithm name can mean. @throws TypeError for a name that is none */
export function rowsOf(algorithm: Algorithm | undefined, where: string): readonly AlgorithmRow[] {
  const rows = algorithmRows.filter((row) => row.name === algorithm)
  if (rows.length > 0) return rows
  throw new TypeError(
    `${where}: 'algorithm' must name the one algorithm the key is for, got ${describe(algorithm)}; known are ${algorithmNames.join(', ')}`,
  )
}

/**
 * Binds a public or private key to the algorithm.
 *
 * @param rows what the algorithm's name can mean; the type of the key decides
 * @param kid undefined for none given: a private key is then named by its thumbprint, a public one stays without a name,
 *   since the tokens it verifies bear whatever name their issuer gave it
 * @throws InvalidKeyError when the key does not fit the algorithm, is too weak, or is at odds with itself
 */
export function bindChecked(
  rows: readonly AlgorithmRow[],
  key: KeyObject,
  kid: string | undefined,
  givenPublicKey?: KeyObject,
): Key {
  const row = fittingRow(rows, key)
  const plain = plainRsa(key)
  if (row.keyType === 'RSA') checkRsaKey(plain)
  const publicKey = givenPublicKey ?? (plain.type === 'private' ? createPublicKey(plain) : plain)
  if (row.curve !== undefined) refuseSmallOrder(row.curve, publicKey)
  if (plain.type !== 'private')
    return bindKey({ row, kid, verifying: publicKey, signing: undefined })
  checkHalves(row, plain, publicKey)
  return bindKey({
    row,
    kid: kid ?? thumbprintOf(row, publicKey),
    verifying: publicKey,
    signing: plain,
  })
}

function fittingRow(rows: readonly AlgorithmRow[], key: KeyObject): AlgorithmRow {
  const { namedCurve, hashAlgorithm, mgf1HashAlgorithm, saltLength } =
    key.asymmetricKeyDetails ?? {}
  const type = key.asymmetricKeyType
  const row = rows.find((row) =>
    type === 'rsa-pss'
      ? // Such a key says itself what it may be used with (RFC 4055 section 1.2).
        row.family === 'rsaPss' &&
        [undefined, row.hash].includes(hashAlgorithm as 'sha256') &&
        [undefined, row.hash].includes(mgf1HashAlgorithm as 'sha256') &&
        (saltLength ?? 0) <= Number(row.hash?.slice(3)) / 8
      : row.nodeType === type && row.namedCurve === namedCurve,
  )
  if (row !== undefined) return row
  const found = [type, namedCurve].filter((part) => part !== undefined).join(' ')
  throw new InvalidKeyError(`a key of type ${found} cannot be used with ${rows[0]?.name}`)
}

/** An RSASSA-PSS key as the plain RSA key within: JWK, thumbprint and OpenSSL's PSS calls want that. */
function plainRsa(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== 'rsa-pss') return key
  return key.type === 'private'
    ? createPrivateKey({
        key: pkcs1OfPss(key.export({ type: 'pkcs8', format: 'der' })),
        format: 'der',
        type: 'pkcs1',
      })
    : createPublicKey({
        key: pkcs1OfPss(key.export({ type: 'spki', format: 'der' })),
        format: 'der',
        type: 'pkcs1',
      })
}

/** Signs once and verifies: Node takes a private key with the public part of another (it checks that from Node 26 on). */
function checkHalves(row: AlgorithmRow, privateKey: KeyObject, publicKey: KeyObject): void {
  const probe = 'do the halves fit?'
  if (verifyText(row, publicKey, probe, signText(row, privateKey, probe))) return
  throw new InvalidKeyError('the private and the public part of the key do not belong together')
}

/**
 * Edwards points of small order, by their y coordinate, little-endian: under such a key one signature fits many messages
 * (RFC 8032 section 8). Node makes keys of them, though current versions verify nothing with them.
 */
const smallOrder: { readonly [curve: string]: (y: bigint) => boolean } = {
  Ed25519: (y) => {
    const p = 2n ** 255n - 19n
    const order8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n
    return [0n, 1n, p - 1n, order8, p - order8].includes(y % p)
  },
  Ed448: (y) => {
    const p = 2n ** 448n - 2n ** 224n - 1n
    return [0n, 1n, p - 1n].includes(y % p)
  },
}

function refuseSmallOrder(curve: string, publicKey: KeyObject): void {
  const isSmall = smallOrder[curve]
  if (isSmall === undefined) return
  const bytes = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').reverse()
  // The topmost bit is the sign of x (RFC 8032 sections 5.1.2 and 5.2.2).
  bytes[0] = (bytes[0] as number) & 0x7f
  if (isSmall(BigInt(`0x${bytes.toString('hex')}`))) {
    throw new InvalidKeyError(
      'the public key is a point of small order, under which signatures can be forged',
    )
  }
}
