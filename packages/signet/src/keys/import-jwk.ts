/** Keys read from JSON (RFC 7517). */
import { InvalidKeyError } from '../errors.ts'
import type { Algorithm, AlgorithmRow } from '../jose/algorithms.ts'
import { isPlainObject } from '../jose/json.ts'
import { bindKey, type Key, materialOf } from '../jose/key.ts'
import { checkOptions, checkText, describe } from '../options.ts'
import { bindChecked, rowsOf } from './bind.ts'
import {
  checkPurpose,
  isPrivateJwk,
  type JwkInput,
  own,
  readAsymmetricJwk,
  readBytes,
  rowOfJwk,
} from './jwk.ts'
import { importSecret } from './secret.ts'

export interface ImportJwkOptions {
  /** Default: the JWK's `alg`, else the one its type and curve stand for; RS256 for RSA, HS256 for a secret. */
  readonly algorithm?: Algorithm
  /** Default: the JWK's own, else the RFC 7638 thumbprint for a private key and none for a public key or a secret. */
  readonly kid?: string
}

/**
 * A public key, private key or shared secret from its JWK (RFC 7517).
 *
 * @throws TypeError when it is no object, InvalidKeyError when it is no key Signet would use, saying why
 */
export function importJwk(jwk: object, options: ImportJwkOptions = {}): Key {
  checkOptions('importJwk', options, ['algorithm', 'kid'])
  if (!isPlainObject(jwk)) {
    throw new TypeError(
      `importJwk takes a JWK object, got ${describe(jwk)}; parse JSON text with JSON.parse first`,
    )
  }
  if (options.algorithm !== undefined) rowsOf(options.algorithm, 'importJwk')
  const row = rowOfJwk(jwk, options.algorithm)
  checkPurpose(jwk, isPrivateJwk(jwk))
  const kid = options.kid === undefined ? readKid(jwk) : checkText('kid', options.kid)
  if (row.keyType === 'oct') return readSecret(jwk, row, kid)
  const { publicKey, privateKey } = readAsymmetricJwk(jwk, row)
  return bindChecked([row], privateKey ?? publicKey, kid, publicKey)
}

function readKid(jwk: JwkInput): string | undefined {
  const kid = own(jwk, 'kid')
  if (kid === undefined) return undefined
  if (typeof kid === 'string' && kid !== '' && kid.length <= 256) return kid
  throw new InvalidKeyError("the JWK's 'kid' must be a string of 1 to 256 characters")
}

function readSecret(jwk: JwkInput, row: AlgorithmRow, kid: string | undefined): Key {
  const key = importSecret(readBytes(jwk, 'k'), row, kid)
  const operations = own(jwk, 'key_ops')
  if (!Array.isArray(operations) || operations.includes('sign')) return key
  return bindKey({ ...materialOf(key), signing: undefined })
}
