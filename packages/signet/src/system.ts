/**
 * The outside world that Signet reads: two clocks and a source of randomness. Only the edges (codec.ts, signet.ts, the
 * stores) import this; everything below takes what it needs as a parameter, so that a test can hold the clock still.
 */
import { randomBytes, randomFillSync, randomUUID } from 'node:crypto'

/** Wall-clock time in milliseconds since the epoch. */
export type Clock = () => number

/** The two clocks of a lease. Neither suffices alone: the monotonic one stands still in suspend, the wall one steps. */
export interface LeaseClocks {
  /** Milliseconds that never go back. */
  readonly monotonic: Clock
  readonly wall: Clock
}

/** Cryptographically strong random bytes. */
export type RandomBytes = (size: number) => Uint8Array

/** Calls back after so many milliseconds without keeping the process alive; answers how to call that off. */
export type Schedule = (milliseconds: number, callback: () => void) => () => void

/** What the codec reads besides its arguments. */
export interface Surroundings {
  readonly now: Clock
  /** A random UUID, for `jti`. */
  readonly uuid: () => string
}

/** One function, so that whoever needs both times of it may see that they are the same and read it once. */
const now = (): number => Date.now()

export const system: Surroundings &
  LeaseClocks & { readonly randomBytes: RandomBytes; readonly schedule: Schedule } = {
  now,
  wall: now,
  monotonic: () => performance.now(),
  uuid: () => randomUUID(),
  randomBytes: pooled(4096),
  schedule: (milliseconds, callback) => {
    const timer = setTimeout(callback, milliseconds).unref()
    return () => clearTimeout(timer)
  },
}

/**
 * Random bytes from a pool that is filled at once: asked for one by one, the sixteen bytes of an id cost 4 us, and from the
 * pool 0.2 us. What has been given out is wiped, so that the pool tells nobody of it later.
 */
function pooled(poolBytes: number): RandomBytes {
  let pool = Buffer.alloc(0)
  let given = 0
  return (size) => {
    if (size * 8 > poolBytes) return randomBytes(size)
    if (given + size > pool.length) {
      pool = pool.length === 0 ? Buffer.alloc(poolBytes) : pool
      randomFillSync(pool)
      given = 0
    }
    const bytes = new Uint8Array(pool.subarray(given, given + size))
    pool.fill(0, given, given + size)
    given += size
    return bytes
  }
}
