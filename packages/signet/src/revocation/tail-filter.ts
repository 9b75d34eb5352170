/**
 * Says of most names, by their last four characters, that they are not in a table: 10 ns, where a fingerprint takes 50.
 * It helps while there are some thousand entries, as nearly everywhere; beyond, it says nothing.
 *
 * It may say "perhaps" for no reason, and whoever chooses names can make it do so, which costs them 50 ns of ours. It
 * never says "no" of a name that was added and has not expired.
 */

const BITS = 65_536
/** With more names than this, more than a quarter of all answers would be "perhaps". */
const MOST = 20_000

interface Generation {
  readonly bits: Uint8Array
  /** When the last of its names expires, in milliseconds. */
  end: number
  added: number
}

export class TailFilter {
  /** Bits cannot be taken back one by one: names are added to the younger, and the older is emptied as a whole. */
  #young = newGeneration()
  #old = newGeneration()

  add(name: string, end: number): void {
    const bit = bitOf(name)
    const { bits } = this.#young
    bits[bit >>> 3] = (bits[bit >>> 3] as number) | (1 << (bit & 7))
    this.#young.added++
    this.#young.end = Math.max(this.#young.end, end)
  }

  mayHold(name: string): boolean {
    const added = this.#young.added + this.#old.added
    if (added > MOST) return true
    if (added === 0) return false
    const bit = bitOf(name)
    const both = (this.#young.bits[bit >>> 3] as number) | (this.#old.bits[bit >>> 3] as number)
    return (both & (1 << (bit & 7))) !== 0
  }

  /** Once all of the older have expired, the younger become the older. */
  drop(now: number): void {
    if (this.#old.end > now || this.#young.added === 0) return
    const emptied = this.#old
    emptied.bits.fill(0)
    emptied.end = 0
    emptied.added = 0
    this.#old = this.#young
    this.#young = emptied
  }
}

function newGeneration(): Generation {
  return { bits: new Uint8Array(BITS / 8), end: 0, added: 0 }
}

function bitOf(name: string): number {
  const last = name.length - 1
  let bits = name.length
  for (let i = Math.max(0, last - 3); i <= last; i++) {
    bits = Math.imul(bits, 0x9e3779b1) ^ name.charCodeAt(i)
  }
  return Math.imul(bits, 0x85ebca6b) >>> 16
}
