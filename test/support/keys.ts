/** One key of every algorithm, made once per process. RSA keys take a while, so the RSA algorithms share one. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import {
  type Algorithm,
  generateKey,
  generateSecret,
  importKeyObject,
  type Key,
  secretKey,
} from 'signet-jwt'

const secretBytes: { readonly [algorithm: string]: number } = { HS256: 32, HS384: 48, HS512: 64 }

let rsa: KeyObject | undefined

function makeKey(algorithm: Algorithm): Key {
  const bytes = secretBytes[algorithm]
  if (bytes !== undefined) {
    return secretKey(generateSecret(bytes), { algorithm: algorithm as 'HS256' })
  }
  if (!/^[RP]S/.test(algorithm)) return generateKey(algorithm)
  rsa ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  return importKeyObject(rsa, { algorithm })
}

const keys = new Map<Algorithm, Key>()

export function testKey(algorithm: Algorithm): Key {
  const known = keys.get(algorithm)
  if (known !== undefined) return known
  const key = makeKey(algorithm)
  keys.set(algorithm, key)
  return key
}
