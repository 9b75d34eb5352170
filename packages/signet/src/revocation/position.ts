/** Places in the revocation log. */

/**
 * One place in the log: a number that only grows and a random tag of 64 bits (hex). The tag tells apart two logs that
 * gave the same number to different entries, as a replica promoted with a lost tail does; a number alone would let a
 * receipt lie.
 */
export interface Position {
  readonly p: number
  readonly tag: string
}

/** Before everything. */
export const origin: Position = Object.freeze({ p: 0, tag: '' })

/**
 * The position of the next entry. The store's clock is a floor only, which keeps numbers apart when a log is lost
 * whole; the order is that of the appends.
 *
 * @param now store time in milliseconds
 */
export function nextPosition(last: number, now: number, tag: string): Position {
  return { p: Math.max(last + 1, now), tag }
}

export function samePosition(a: Position, b: Position): boolean {
  return a.p === b.p && a.tag === b.tag
}

/** As it stands in a receipt: number, dash, tag. */
export function printPosition({ p, tag }: Position): string {
  return `${p}-${tag}`
}

/** The position that was printed, or undefined for any other text. */
export function parsePosition(text: string): Position | undefined {
  const [, p, tag] = /^(\d{1,16})-([0-9a-f]{0,64})$/.exec(text) ?? []
  const number = Number(p)
  return tag === undefined || !Number.isSafeInteger(number) ? undefined : { p: number, tag }
}
