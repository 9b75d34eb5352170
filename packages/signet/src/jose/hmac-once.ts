/**
 * HMAC-SHA-256 (RFC 2104) under a secret that comes and goes, such as one out of a token: importing it as a key would cost
 * ten times as much as hashing (13 us against 1 us for 32 bytes, Node 24). The blocks are written anew for each secret, so
 * that none is allocated.
 */
import { createHmac, hash } from 'node:crypto'
import { distrust, isFast } from './path.ts'

const BLOCK_BYTES = 64
const DIGEST_BYTES = 32
/** The longest text hashed here, in bytes; anything longer takes the documented way. */
const MAX_TEXT_BYTES = 4096

/** The padded key block and the text; the padded key block and the inner digest. */
const inner = Buffer.alloc(BLOCK_BYTES + MAX_TEXT_BYTES)
const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES)
let isChecked = false

/** @param text any: it is hashed as UTF-8 */
export function hmacOnce(secret: Uint8Array, text: string): Buffer {
  // A character is at most three bytes: what might not fit is not tried.
  const fits = secret.length <= BLOCK_BYTES && text.length * 3 <= MAX_TEXT_BYTES
  if (!fits || !isFast()) return documented(secret, text)
  const mac = fast(secret, text)
  if (isChecked) return mac
  // One text is enough to tell whether both ways agree.
  isChecked = true
  const expected = documented(secret, text)
  if (!mac.equals(expected)) distrust()
  return expected
}

function documented(secret: Uint8Array, text: string): Buffer {
  return createHmac('sha256', secret).update(text).digest()
}

function fast(secret: Uint8Array, text: string): Buffer {
  for (let place = 0; place < BLOCK_BYTES; place++) {
    const byte = secret[place] ?? 0
    inner[place] = 0x36 ^ byte
    outer[place] = 0x5c ^ byte
  }
  const end = BLOCK_BYTES + inner.write(text, BLOCK_BYTES)
  outer.write(hash('sha256', inner.subarray(0, end), 'binary'), BLOCK_BYTES, 'latin1')
  return hash('sha256', outer, 'buffer')
}
