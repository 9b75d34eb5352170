/** New keys, made by Node's own generator. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import {
  type Algorithm,
  type AlgorithmRow,
  algorithmNames,
  algorithmRow,
} from '../jose/algorithms.ts'
import { bindKey, type Key } from '../jose/key.ts'
import { checkOptions, checkText } from '../options.ts'
import { thumbprintOf } from './thumbprint.ts'

export interface GenerateKeyOptions {
  /** Default: the RFC 7638 thumbprint. */
  readonly kid?: string
}

/**
 * A new private key for an asymmetric algorithm.
 *
 * @throws TypeError for an unknown or an HMAC algorithm: a shared secret comes from generateSecret()
 */
export function generateKey(algorithm: Algorithm, options: GenerateKeyOptions = {}): Key {
  checkOptions('generateKey', options, ['kid'])
  const row = algorithmRow(algorithm)
  if (row === undefined) {
    throw new TypeError(`generateKey: unknown algorithm; known are ${algorithmNames.join(', ')}`)
  }
  const { publicKey, privateKey } = generatePair(row)
  const kid =
    options.kid === undefined ? thumbprintOf(row, publicKey) : checkText('kid', options.kid)
  return bindKey({ row, kid, verifying: publicKey, signing: privateKey })
}

function generatePair(row: AlgorithmRow): { publicKey: KeyObject; privateKey: KeyObject } {
  if (row.namedCurve === undefined) {
    throw new TypeError(
      `generateKey: ${row.name} uses a shared secret; make one with generateSecret()`,
    )
  }
  return generateKeyPairSync('ec', { namedCurve: row.namedCurve })
}
