/**
 * What is known of tokens that have been verified. Only what was accepted is kept, so whoever sends rubbish fills
 * nothing; and what is found was found under the whole token, so no token can answer for another.
 *
 * SIEVE decides what goes (Zhang et al., NSDI 2024): a hit only leaves a mark, and the hand that looks for room passes
 * once over what is marked. Tokens that are used once go before those that come again, in whatever numbers they arrive.
 */

/** Bounds, either of which evicts. */
export interface CacheLimits {
  readonly maxEntries: number
  /** An estimate, by `costOf`. */
  readonly maxBytes: number
}

interface Entry<Verdict> {
  readonly token: string
  readonly tail: string
  verdict: Verdict
  isMarked: boolean
  newer: Entry<Verdict> | undefined
  older: Entry<Verdict> | undefined
}

/**
 * So many characters of the signature are the key of the map: hashing all of a token would take longer than everything
 * else together. They are 72 bits, so nobody who does not have the token gets as far as the comparison of the whole, and
 * its time tells nothing. V8 copies strings of up to 12 characters, and would make a slice of a longer one.
 */
const TAIL = 12

/** Bytes that an entry takes beside its text: 1,005 in all were measured for a token of 383 characters (Node 24). */
const OVERHEAD = 300

export class TokenCache<Verdict> {
  readonly #limits: CacheLimits
  readonly #entries = new Map<string, Entry<Verdict>>()
  #newest: Entry<Verdict> | undefined
  #oldest: Entry<Verdict> | undefined
  /** Where the search for room goes on, from older to newer; undefined is at the oldest. */
  #hand: Entry<Verdict> | undefined
  #bytes = 0

  constructor(limits: CacheLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#entries.size
  }

  get bytes(): number {
    return this.#bytes
  }

  get(token: string): Verdict | undefined {
    const entry = this.#entries.get(token.slice(-TAIL))
    if (entry === undefined || entry.token !== token) return undefined
    if (!entry.isMarked) entry.isMarked = true
    return entry.verdict
  }

  /** @param token one that has been verified, so that it is ASCII */
  set(token: string, verdict: Verdict): void {
    const cost = costOf(token)
    if (cost > this.#limits.maxBytes) return
    const known = this.#entries.get(token.slice(-TAIL))
    if (known?.token === token) {
      known.verdict = verdict
      return
    }
    if (known !== undefined) this.#remove(known)
    while (this.size >= this.#limits.maxEntries || this.#bytes + cost > this.#limits.maxBytes) {
      this.#evict()
    }
    this.#add(ownCopy(token), verdict)
    this.#bytes += cost
  }

  delete(token: string): void {
    const entry = this.#entries.get(token.slice(-TAIL))
    if (entry?.token === token) this.#remove(entry)
  }

  #add(token: string, verdict: Verdict): void {
    const tail = token.slice(-TAIL)
    const older = this.#newest
    const entry = { token, tail, verdict, isMarked: false, newer: undefined, older }
    this.#entries.set(tail, entry)
    if (older === undefined) this.#oldest = entry
    else older.newer = entry
    this.#newest = entry
  }

  #evict(): void {
    let entry = this.#hand ?? this.#oldest
    while (entry?.isMarked) {
      entry.isMarked = false
      entry = entry.newer ?? this.#oldest
    }
    if (entry === undefined) return
    this.#hand = entry.newer
    this.#remove(entry)
  }

  #remove(entry: Entry<Verdict>): void {
    const { newer, older } = entry
    if (this.#hand === entry) this.#hand = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    this.#entries.delete(entry.tail)
    this.#bytes -= costOf(entry.token)
  }
}

/** The text, and what has been made of it. */
function costOf(token: string): number {
  return 2 * token.length + OVERHEAD
}

/** A token is a slice of the header it came in, and would keep all of that in memory. */
function ownCopy(token: string): string {
  return Buffer.from(token, 'latin1').toString('latin1')
}
