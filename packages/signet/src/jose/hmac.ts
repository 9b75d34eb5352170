/**
 * HMAC (RFC 2104) by two one-shot hashes over buffers that already hold the padded key.
 *
 * Node's createHmac makes and throws away a native object per call, which costs more than the hashing: 2.2 us against
 * 0.9 us this way for a token of 260 characters (Node 24). No hash code of our own: OpenSSL does both halves.
 */
import { createHmac, hash, type KeyObject, timingSafeEqual } from 'node:crypto'
import { writeLatin1 } from './bytes.ts'
import { distrust, isFast } from './path.ts'

/** The two padded key blocks of a secret; the outer one has room for the inner digest behind it. */
interface PreparedSecret {
  readonly inner: Buffer
  readonly outer: Buffer
  readonly blockBytes: number
  /** Where the text stands, after a key block. */
  readonly area: Buffer
}

export type HashName = 'sha256' | 'sha384' | 'sha512'

const blockSizes: { readonly [name in HashName]: number } = { sha256: 64, sha384: 128, sha512: 128 }
const digestSizes: { readonly [name in HashName]: number } = { sha256: 32, sha384: 48, sha512: 64 }

/** The longest text hashed here, in characters: every token fits; anything longer takes the documented way. */
const MAX_TEXT_LENGTH = 16_384
/** Views up to this length are kept, one per length: making one costs as much as hashing what it shows. */
const MAX_KEPT_VIEW = 2048

/** Per hash: one KeyObject may have been imported as the secret of two algorithms. */
const prepared: { readonly [name in HashName]: WeakMap<KeyObject, PreparedSecret> } = {
  sha256: new WeakMap(),
  sha384: new WeakMap(),
  sha512: new WeakMap(),
}
/** The secret used last, which is mostly the next: asking the WeakMap takes 50 ns. */
let last:
  | { readonly name: HashName; readonly key: KeyObject; readonly secret: PreparedSecret }
  | undefined

/**
 * Key block and text side by side. Used and left within one synchronous call, so one serves every key. There is room for
 * one character more of any kind: a text of several bytes a character that is cut short must not look like a whole one.
 */
const scratch = Buffer.alloc(128 + MAX_TEXT_LENGTH + 4)
/** The key block that lies there now. */
let lying: Buffer | undefined
/** Of full length from the start: an array that grows by leaps is a dictionary, and slow. */
const views = new Array<Buffer | undefined>(MAX_KEPT_VIEW + 1)
/** 25 ns less than Buffer's write. */
const utf8 = new TextEncoder()

/**
 * The MAC in base64url of an ASCII text, or of bytes as the published vectors have them. undefined for another text, which
 * no token can be (RFC 7515 section 5.1 step 5).
 */
export function hmac(
  name: HashName,
  key: KeyObject,
  text: string | Uint8Array,
): string | undefined {
  if (!isFast() || text.length > MAX_TEXT_LENGTH) return documented(name, key, text)
  const secret = secretOf(name, key)
  // Asked again: a secret that was just prepared may have shown that the fast way is not to be trusted.
  return isFast() ? fast(name, secret, text) : documented(name, key, text)
}

/** Whether a text is the MAC in base64url, compared in constant time. As it is compared as text, no other spelling fits. */
export function isHmac(
  name: HashName,
  key: KeyObject,
  text: string | Uint8Array,
  mac: string,
): boolean {
  const expected = hmac(name, key, text)
  if (expected === undefined) return false
  const { given, right } = sides[name]
  // Too long, too short, or with a foreign character, which is several bytes: what is not written may lie there from before.
  if (mac.length !== given.length) return false
  if (utf8.encodeInto(mac, given).written !== given.length) return false
  utf8.encodeInto(expected, right)
  return timingSafeEqual(given, right)
}

const bothSides = (name: HashName) => {
  const length = Math.ceil((digestSizes[name] * 4) / 3)
  return { given: Buffer.alloc(length), right: Buffer.alloc(length) }
}

/** The two sides of a comparison, made once: a Buffer for each would cost more than comparing. */
const sides: { readonly [name in HashName]: { readonly given: Buffer; readonly right: Buffer } } = {
  sha256: bothSides('sha256'),
  sha384: bothSides('sha384'),
  sha512: bothSides('sha512'),
}

function documented(name: HashName, key: KeyObject, text: string | Uint8Array): string | undefined {
  if (typeof text === 'string' && Buffer.byteLength(text) !== text.length) return undefined
  return createHmac(name, key).update(text).digest('base64url')
}

function fast(
  name: HashName,
  secret: PreparedSecret,
  text: string | Uint8Array,
): string | undefined {
  const { inner, outer, blockBytes, area } = secret
  if (lying !== inner) {
    scratch.set(inner)
    lying = inner
  }
  const length = put(text, area)
  if (length !== text.length) return undefined
  // As text of one character a byte, since a Buffer for the digest would be one more native object.
  const digest = hash(name, view(blockBytes + length), 'binary')
  writeLatin1(outer, digest, blockBytes)
  return hash(name, outer, 'base64url')
}

/** @returns how many bytes it takes */
function put(text: string | Uint8Array, area: Buffer): number {
  if (typeof text === 'string') return utf8.encodeInto(text, area).written
  area.set(text)
  return text.length
}

function view(length: number): Buffer {
  if (length > MAX_KEPT_VIEW) return scratch.subarray(0, length)
  let known = views[length]
  if (known === undefined) {
    known = scratch.subarray(0, length)
    views[length] = known
  }
  return known
}

function secretOf(name: HashName, key: KeyObject): PreparedSecret {
  if (last === undefined || last.key !== key || last.name !== name) {
    let secret = prepared[name].get(key)
    if (secret === undefined) {
      secret = prepare(name, key)
      prepared[name].set(key, secret)
    }
    last = { name, key, secret }
  }
  return last.secret
}

function prepare(name: HashName, key: KeyObject): PreparedSecret {
  const blockBytes = blockSizes[name]
  const secret = key.export()
  // Longer keys are hashed first (RFC 2104 section 2).
  const short = secret.length > blockBytes ? hash(name, secret, 'buffer') : secret
  const inner = Buffer.alloc(blockBytes, 0x36)
  const outer = Buffer.alloc(blockBytes + digestSizes[name], 0x5c)
  for (const [place, byte] of short.entries()) {
    inner[place] = 0x36 ^ byte
    outer[place] = 0x5c ^ byte
  }
  const made = { inner, outer, blockBytes, area: scratch.subarray(blockBytes) }
  const probe = 'one text is enough to tell whether both ways agree'
  if (fast(name, made, probe) !== documented(name, key, probe)) distrust()
  return made
}
