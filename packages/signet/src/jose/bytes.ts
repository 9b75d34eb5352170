/** Text and bytes, strictly: every decoder here accepts exactly one spelling of a value and answers undefined for the rest. */
import { isFast, once } from './path.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Texts pass through here on their way to another encoding: a Buffer for each would cost as much as the conversion. */
const scratch = Buffer.alloc(16_384)

/** base64url without padding (RFC 4648 section 5, RFC 7515 section 2). */
export function encodeBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}

/** `encodeBase64url` of a text in UTF-8. */
export function encodeTextBase64url(text: string): string {
  // A character is at most three bytes: what might not fit takes the way around.
  if (text.length * 3 > scratch.length) return encodeBase64url(encodeUtf8(text))
  return scratch.toString('base64url', 0, scratch.write(text))
}

/** The bytes of canonical base64url, or undefined for padding, white space, a foreign alphabet or non-zero spare bits. */
export function decodeBase64url(text: string): Buffer | undefined {
  if (!isFast() || !isDecoderKnown()) return decodeAndCompare(text)
  if (!mayBeCanonical(text)) return undefined
  const bytes = Buffer.from(text, 'base64url')
  return bytes.length === decodedLength(text) ? bytes : undefined
}

/** The text in canonical base64url of well-formed UTF-8, or undefined. */
export function decodeTextBase64url(text: string): string | undefined {
  const length = decodedLength(text)
  if (!isFast() || !isDecoderKnown() || length > scratch.length) {
    const bytes = decodeAndCompare(text)
    return bytes && decodeUtf8(bytes)
  }
  if (!mayBeCanonical(text) || scratch.write(text, 'base64url') !== length) return undefined
  const decoded = scratch.toString('utf8', 0, length)
  // Node puts this character where the bytes are no UTF-8. Where it stands, they are looked at again.
  return decoded.includes('\ufffd') ? decodeUtf8(scratch.subarray(0, length)) : decoded
}

/**
 * Node's own decoder forgives padding, white space and more, which would give one token many accepted strings. The result
 * is encoded again and compared: only the canonical spelling survives the round trip.
 */
function decodeAndCompare(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

/** How many bytes as many characters make when none is passed over. */
function decodedLength(text: string): number {
  return (text.length * 3) >>> 2
}

/** Last characters whose spare bits are zero, where the text has two or three more than a multiple of four. */
const lastOfTwo = 'AQgw'
const lastOfThree = 'AEIMQUYcgkosw048'

/**
 * What the decoder does not say. It passes over a foreign character, and then the bytes are too few, unless the length is
 * one that no text has; but it takes the other alphabet, spare bits, and characters beyond Latin-1 by their low byte.
 *
 * A third of the time of encoding again and comparing (130 ns of 400 for the claims of an access token).
 */
function mayBeCanonical(text: string): boolean {
  const rest = text.length & 3
  if (rest === 1 || text.includes('+') || text.includes('/')) return false
  if (Buffer.byteLength(text) !== text.length) return false
  if (rest === 0) return true
  return (rest === 2 ? lastOfTwo : lastOfThree).includes(text.charAt(text.length - 1))
}

/** Whether this Node's decoder passes over what it does not know, as `mayBeCanonical` assumes. */
const isDecoderKnown = once(() =>
  ['QUJD', 'QUI=', 'QQ==', 'Q Q', 'QQ\n', '=QUJ', 'Q.UJ', 'QU!D', 'Q\0UJ', 'Q\u00e9JD'].every(
    (text) => {
      const isWhole = Buffer.from(text, 'base64url').length === decodedLength(text)
      return isWhole === (decodeAndCompare(text) !== undefined)
    },
  ),
)

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
