/** New keys, made by Node's own generator. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import {
  type Algorithm,
  type AlgorithmRow,
  algorithmNames,
  algorithmRow,
} from '../jose/algorithms.ts'
import { bindKey, type Key } from '../jose/key.ts'
import { checkOptions, checkText, describe } from '../options.ts'
import { thumbprintOf } from './thumbprint.ts'

export interface GenerateKeyOptions {
  /** Default: the RFC 7638 thumbprint. */
  readonly kid?: string
  /** Size of an RSA modulus in bits, for RSA algorithms only. Default 2048, from 2048 to 8192. */
  readonly modulusBits?: number
}

/**
 * A new private key for an asymmetric algorithm.
 *
 * @throws TypeError for an unknown or an HMAC algorithm: a shared secret comes from generateSecret()
 */
export function generateKey(algorithm: Algorithm, options: GenerateKeyOptions = {}): Key {
  checkOptions('generateKey', options, ['kid', 'modulusBits'])
  const row = algorithmRow(algorithm)
  if (row === undefined) {
    throw new TypeError(`generateKey: unknown algorithm; known are ${algorithmNames.join(', ')}`)
  }
  const { publicKey, privateKey } = generatePair(row, options.modulusBits)
  const kid =
    options.kid === undefined ? thumbprintOf(row, publicKey) : checkText('kid', options.kid)
  return bindKey({ row, kid, verifying: publicKey, signing: privateKey })
}

interface KeyPair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

function generatePair(row: AlgorithmRow, modulusBits: number | undefined): KeyPair {
  if (row.nodeType === undefined) {
    throw new TypeError(
      `generateKey: ${row.name} uses a shared secret; make one with generateSecret()`,
    )
  }
  if (row.nodeType === 'rsa') {
    return generateKeyPairSync('rsa', { modulusLength: checkModulusBits(modulusBits ?? 2048) })
  }
  if (modulusBits !== undefined) {
    throw new TypeError(`generateKey: 'modulusBits' is for RSA, and ${row.name} has one size`)
  }
  if (row.nodeType === 'ec') {
    return generateKeyPairSync('ec', { namedCurve: row.namedCurve as string })
  }
  // Node has an overload for each of these types and none for their union.
  return generateKeyPairSync(row.nodeType as 'ed25519')
}

function checkModulusBits(bits: number): number {
  if (!Number.isSafeInteger(bits) || bits < 2048 || bits > 8192) {
    throw new RangeError(
      `'modulusBits' must be a whole number from 2048 to 8192, got ${describe(bits)}`,
    )
  }
  return bits
}
