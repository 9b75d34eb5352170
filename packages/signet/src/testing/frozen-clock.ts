/** A clock for tests: it stands still until it is wound. */
import { checkSeconds } from '../options.ts'

/**
 * A clock to give to `createSignet`, to `memoryStore` and to `sqliteStore`. Give all of them the same one: sessions are
 * judged by the store's clock and claims by the issuer's. The lease of a verifier is not governed by it, on purpose:
 * winding this clock by a year leaves revocations as fresh as they are.
 */
export interface FrozenClock {
  /** The time on the clock. */
  (): Date
  /** Moves the clock forward. @throws RangeError for a negative number: see `set` */
  windSeconds(seconds: number): void
  /** Sets the clock, back as well as forward: what a clock that is corrected does to a service. */
  set(time: Date | string): void
}

/** Far from any change of year, month or daylight time, so that no test depends on one by accident. */
const START = '2026-01-15T12:00:00Z'

/**
 * Makes a clock that stands still.
 *
 * @param start a Date, or a text that Date reads. Default 2026-01-15T12:00:00Z
 * @throws TypeError when that is no time
 */
export function frozenClock(start: Date | string = START): FrozenClock {
  let now = readTime('start', start)
  return Object.assign(() => new Date(now), {
    windSeconds(seconds: number) {
      now += Math.round(checkSeconds('seconds', seconds) * 1000)
    },
    set(time: Date | string) {
      now = readTime('time', time)
    },
  })
}

function readTime(name: string, time: Date | string): number {
  const milliseconds = new Date(time).getTime()
  if (Number.isNaN(milliseconds)) {
    throw new TypeError(`'${name}' must be a valid Date, or a text like '2026-01-15T12:00:00Z'`)
  }
  return milliseconds
}
