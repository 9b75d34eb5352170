/**
 * Secrets at rest: AES-256-GCM under a random data key, which is wrapped for each key that may open it. The public text
 * beside it is bound as associated data, so a sealed part cannot be put under another public part.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto'
import { decodeBase64url, encodeBase64url } from '../jose/bytes.ts'
import type { RandomBytes } from '../system.ts'

/** A key that opens seals; `id` tells which wrap is meant for it and reveals nothing of it. */
export interface SealingKey {
  readonly id: string
  readonly key: Uint8Array
}

/** All members base64url; `data` ends with the 16-byte tag. */
export interface Sealed {
  readonly wraps: readonly { readonly id: string; readonly iv: string; readonly data: string }[]
  readonly iv: string
  readonly data: string
}

const TAG_BYTES = 16
const IV_BYTES = 12
const KEY_BYTES = 32

/**
 * A sealing key derived from secret bytes (HKDF-SHA-256, RFC 5869): the secret itself never encrypts anything.
 *
 * @param purpose keeps keys for different uses apart, for example 'signet ring v1'
 */
export function deriveSealingKey(secret: Uint8Array, purpose: string): SealingKey {
  const key = new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), purpose, KEY_BYTES))
  const id = createHash('sha256')
    .update('signet sealing key id')
    .update(key)
    .digest()
    .subarray(0, 9)
  return { id: encodeBase64url(id), key }
}

/** Seals text so that any one of the keys opens it. */
export function seal(
  text: string,
  associated: string,
  keys: readonly SealingKey[],
  randomBytes: RandomBytes,
): Sealed {
  const dataKey = randomBytes(KEY_BYTES)
  const wraps = keys.map(({ id, key }) => ({ id, ...encrypt(dataKey, key, id, randomBytes) }))
  return { wraps, ...encrypt(Buffer.from(text), dataKey, associated, randomBytes) }
}

/** The sealed text, or undefined when none of the keys opens it or a byte of it or of `associated` was changed. */
export function unseal(
  sealed: Sealed,
  associated: string,
  keys: readonly SealingKey[],
): string | undefined {
  for (const { id, key } of keys) {
    const wrap = sealed.wraps.find((candidate) => candidate.id === id)
    const dataKey = wrap && decrypt(wrap, key, id)
    const text = dataKey && decrypt(sealed, dataKey, associated)
    if (text !== undefined) return text.toString('utf8')
  }
  return undefined
}

function encrypt(bytes: Uint8Array, key: Uint8Array, associated: string, randomBytes: RandomBytes) {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  cipher.setAAD(Buffer.from(associated))
  const data = Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
  return { iv: encodeBase64url(iv), data: encodeBase64url(data) }
}

function decrypt(
  { iv, data }: { readonly iv: string; readonly data: string },
  key: Uint8Array,
  associated: string,
): Buffer | undefined {
  const ivBytes = decodeBase64url(iv)
  const bytes = decodeBase64url(data)
  if (ivBytes?.length !== IV_BYTES || bytes === undefined || bytes.length < TAG_BYTES)
    return undefined
  const decipher = createDecipheriv('aes-256-gcm', key, ivBytes, { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(associated))
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()])
  } catch {
    return undefined
  }
}
