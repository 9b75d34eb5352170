/** One key of every algorithm, made once per process: RSA keys take a while. */
import { type Algorithm, generateKey, generateSecret, type Key, secretKey } from 'signet-jwt'

const secretBytes: { readonly [algorithm: string]: number } = { HS256: 32, HS384: 48, HS512: 64 }

export function makeKey(algorithm: Algorithm): Key {
  const bytes = secretBytes[algorithm]
  if (bytes === undefined) return generateKey(algorithm)
  return secretKey(generateSecret(bytes), { algorithm: algorithm as 'HS256' })
}

const keys = new Map<Algorithm, Key>()

export function testKey(algorithm: Algorithm): Key {
  const known = keys.get(algorithm)
  if (known !== undefined) return known
  const key = makeKey(algorithm)
  keys.set(algorithm, key)
  return key
}
