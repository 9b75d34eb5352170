/** Text and bytes, strictly: every decoder here accepts exactly one spelling of a value and answers undefined for the rest. */

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** base64url without padding (RFC 4648 section 5, RFC 7515 section 2). */
export function encodeBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}

/**
 * The bytes of canonical base64url, or undefined for padding, white space, a foreign alphabet or non-zero spare bits.
 *
 * Node's own decoder forgives all of these, which would give one token many accepted strings, so the result is encoded
 * again and compared: only the canonical spelling survives the round trip.
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

/** The text of well-formed UTF-8, or undefined. A byte order mark is kept, so that JSON parsing refuses it (RFC 8259 section 8.1). */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

export function encodeUtf8(text: string): Buffer {
  return Buffer.from(text, 'utf8')
}
