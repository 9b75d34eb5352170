/**
 * Names as 64 bits. The index holds millions of them, and strings would cost it ten times the memory.
 *
 * Each half is a multilinear hash over the field of the prime p = 2^32 - 5: the sum of key[i] * character[i], with random
 * keys that never leave the process. Two different names of one kind have the same half with probability 1/p for random
 * keys, whatever the names are, and the same two halves with 1/p^2: whoever chooses names and does not know the keys can
 * do no better than guess (Carter and Wegman 1979). The products are whole numbers below 2^48, so a double holds their
 * sums exactly, and no other arithmetic of JavaScript is as quick: 36 characters take 50 ns, 41 of which read them.
 */
import { hash } from 'node:crypto'
import type { RandomBytes } from '../system.ts'

const PRIME = 4_294_967_291
const INVERSE = 1 / PRIME
/** Longer names are hashed down by SHA-256 first. Access tokens have names of 36 and 38 characters. */
const LONGEST = 256
/** Products with characters up to this, as many as a name has, stay exact: 257 * 2^11 * 2^32 < 2^53. */
const COMMON = 0x7ff
/** How many products with any characters may be added to a remainder: 16 * 2^48 = 2^52. */
const BLOCK = 16

/** One half of all fingerprints: two random functions of texts, one for issuers and one for names, whose sum is taken. */
class Half {
  readonly #issuerKeys: Float64Array
  readonly #nameKeys: Float64Array
  /** Most names have the issuer of the name before. */
  #issuer = ''
  #sumOfIssuer = 0

  constructor(randomBytes: RandomBytes) {
    this.#issuerKeys = drawKeys(LONGEST + 1, randomBytes)
    this.#nameKeys = drawKeys(LONGEST + 1, randomBytes)
  }

  ofIssuer(issuer: string): number {
    if (issuer !== this.#issuer) {
      this.#sumOfIssuer = sumOf(issuer, this.#issuerKeys, 0)
      this.#issuer = issuer
    }
    return this.#sumOfIssuer
  }

  /** 32 bits, as a signed integer. @param ofIssuer what `ofIssuer` says of the name's issuer */
  of(ofIssuer: number, name: string): number {
    return mix(sumOf(name, this.#nameKeys, ofIssuer))
  }
}

export class Fingerprints {
  readonly #low: Half
  readonly #high: Half

  constructor(randomBytes: RandomBytes) {
    this.#low = new Half(randomBytes)
    this.#high = new Half(randomBytes)
  }

  /** What the low halves of all names of an issuer begin with. */
  lowOfIssuer(issuer: string): number {
    return this.#low.ofIssuer(issuer)
  }

  /** Half of the fingerprint of an issuer's name, never 0. @param ofIssuer from `lowOfIssuer` */
  low(ofIssuer: number, name: string): number {
    return this.#low.of(ofIssuer, name) || 1
  }

  /** The other half. It is needed only where the low half has been found, which is once in hundreds of misses. */
  high(issuer: string, name: string): number {
    return this.#high.of(this.#high.ofIssuer(issuer), name)
  }
}

/** Uniform below the prime: the five values above it are drawn again. */
function drawKeys(count: number, randomBytes: RandomBytes): Float64Array {
  const keys = new Float64Array(count)
  for (let filled = 0; filled < count; ) {
    const drawn = new Uint32Array(randomBytes(4 * (count - filled)).slice().buffer)
    for (const key of drawn) if (key < PRIME) keys[filled++] = key
  }
  return keys
}

/** `start` plus the text's sum, below the prime. The last key is for the length, so 'a' and 'a\0' differ. */
function sumOf(text: string, keys: Float64Array, start: number): number {
  if (text.length > LONGEST) return sumOfLong(text, keys, start)
  const { length } = text
  let even = start + (keys[LONGEST] as number) * length
  let odd = 0
  let all = 0
  let i = 0
  // Two at a time: the additions of one chain need not wait for those of the other.
  for (; i + 1 < length; i += 2) {
    const first = text.charCodeAt(i)
    const second = text.charCodeAt(i + 1)
    all |= first | second
    even += (keys[i] as number) * first
    odd += (keys[i + 1] as number) * second
  }
  if (i < length) {
    const last = text.charCodeAt(i)
    all |= last
    even += (keys[i] as number) * last
  }
  return all <= COMMON ? reduce(even + odd) : sumInBlocks(text, text.length, keys, start)
}

/** Of a text longer than there are keys, its digest stands in for it, under the text's own length. */
function sumOfLong(text: string, keys: Float64Array, start: number): number {
  return sumInBlocks(hash('sha256', text, 'base64url'), Math.min(text.length, 0xffff), keys, start)
}

/** For characters that are large, whose products would not fit into one sum. */
function sumInBlocks(text: string, length: number, keys: Float64Array, start: number): number {
  let sum = start + (keys[LONGEST] as number) * length
  for (let i = 0; i < text.length; i++) {
    if (i % BLOCK === 0) sum = reduce(sum)
    sum += (keys[i] as number) * text.charCodeAt(i)
  }
  return reduce(sum)
}

/** The remainder by the prime. `%` on doubles is a library call of 30 ns; this is exact, too, below 2^53. */
function reduce(sum: number): number {
  const rest = sum - Math.floor(sum * INVERSE) * PRIME
  if (rest < 0) return rest + PRIME
  return rest >= PRIME ? rest - PRIME : rest
}

/**
 * Stirs 32 bits (the last step of MurmurHash3). It is one to one, so it takes nothing from the bound above; sums of names
 * that count upwards lie in a row, and a table wants them strewn.
 */
function mix(sum: number): number {
  let bits = sum | 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return bits ^ (bits >>> 16)
}
