/** JWK thumbprints (RFC 7638): the key id of an asymmetric key. */
import { hash, type KeyObject } from 'node:crypto'
import type { AlgorithmRow } from '../jose/algorithms.ts'
import { type Key, materialOf } from '../jose/key.ts'

/** The members that make the thumbprint of a key type, in lexicographic order (RFC 7638 section 3.2). */
const members: { readonly [keyType in AlgorithmRow['keyType']]: readonly string[] } = {
  EC: ['crv', 'kty', 'x', 'y'],
  RSA: ['e', 'kty', 'n'],
  // RFC 8037 section 2 and RFC 9964: the same rule for the newer key types.
  OKP: ['crv', 'kty', 'x'],
  AKP: ['alg', 'kty', 'pub'],
  oct: ['k', 'kty'],
}

/**
 * The SHA-256 thumbprint of a key, base64url.
 *
 * @throws TypeError for a shared secret: its thumbprint is a hash of the secret, which nobody should publish
 */
export function thumbprint(key: Key): string {
  const { row, verifying } = materialOf(key)
  if (row.keyType === 'oct') {
    throw new TypeError('a shared secret has no thumbprint: it would be a hash of the secret')
  }
  return thumbprintOf(row, verifying)
}

export function thumbprintOf(row: AlgorithmRow, publicKey: KeyObject): string {
  const jwk = publicKey.export({ format: 'jwk' }) as { readonly [member: string]: unknown }
  const canonical = Object.fromEntries(members[row.keyType].map((name) => [name, jwk[name]]))
  return hash('sha256', JSON.stringify(canonical), 'base64url')
}
