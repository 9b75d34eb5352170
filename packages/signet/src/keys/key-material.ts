/** Keys of the ring as text and back: PKCS#8 for private keys, the bytes for secrets, both base64url. */
import { createPrivateKey, createPublicKey, createSecretKey } from 'node:crypto'
import { type Algorithm, type AlgorithmRow, algorithmRow } from '../jose/algorithms.ts'
import { encodeBase64url } from '../jose/bytes.ts'
import { bindKey, type Key, materialOf } from '../jose/key.ts'
import type { RandomBytes } from '../system.ts'
import { exportJwk, type Jwk } from './export.ts'
import { generateKey } from './generate.ts'
import type { KeyPurpose, NewKey } from './ring.ts'

/** Makes keys for a ring with access keys of an algorithm; refresh-MAC secrets are always HS256. */
export function newKeyOf(algorithm: Algorithm | undefined, randomBytes: RandomBytes) {
  return (purpose: KeyPurpose): NewKey =>
    newRingKey((purpose === 'access' ? algorithm : undefined) ?? 'HS256', purpose, randomBytes)
}

/** A new key for the ring. A secret gets a random kid: a thumbprint would be a hash of the secret. */
function newRingKey(algorithm: Algorithm, purpose: KeyPurpose, randomBytes: RandomBytes): NewKey {
  const row = algorithmRow(algorithm) as AlgorithmRow
  if (row.keyType === 'oct') {
    const material = encodeBase64url(randomBytes(row.signatureBytes))
    return { kid: encodeBase64url(randomBytes(16)), algorithm, purpose, material }
  }
  const key = generateKey(algorithm)
  const der = materialOf(key).signing?.export({ format: 'der', type: 'pkcs8' }) as Buffer
  return { kid: key.kid as string, algorithm, purpose, material: encodeBase64url(der) }
}

/** The key that a ring entry describes. */
export function keyFromMaterial({ algorithm, kid, material }: NewKey): Key {
  const row = algorithmRow(algorithm) as AlgorithmRow
  const bytes = Buffer.from(material, 'base64url')
  if (row.keyType === 'oct') {
    const secret = createSecretKey(bytes)
    return bindKey({ row, kid, verifying: secret, signing: secret })
  }
  const signing = createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' })
  return bindKey({ row, kid, verifying: createPublicKey(signing), signing })
}

/** The public JWK of a key as a JWKS publishes it, or undefined for a shared secret, which has no public part. */
export function publicJwk(key: Key): Jwk | undefined {
  return materialOf(key).row.keyType === 'oct' ? undefined : exportJwk(key)
}
