/** Token ids that follow from the session secret, so that a repeated answer is the same answer and no id is stored. */
import { hmacOnce } from '../jose/hmac-once.ts'

/** The `jti` of the refresh token of a generation. */
export function refreshTokenId(secret: Uint8Array, gen: number): string {
  return uuidV8(hmacOnce(secret, `rt${gen}`))
}

/** The `jti` of the access tokens of a generation: repeats carry the same one. */
export function accessTokenId(secret: Uint8Array, gen: number): string {
  return uuidV8(hmacOnce(secret, `at${gen}`))
}

/** What is remembered of a user agent: enough to see a change, of no use without the token. undefined for none. */
export function contextHash(secret: Uint8Array, userAgent: string | undefined): string | undefined {
  if (userAgent === undefined) return undefined
  return hmacOnce(secret, `ctx\0${userAgent}`).subarray(0, 16).toString('base64url')
}

/** 122 bits of a MAC in the form of a version 8 UUID (RFC 9562 section 5.8). */
function uuidV8(bytes: Buffer): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex', 0, 16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
