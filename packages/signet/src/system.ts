/**
 * The outside world that Signet reads: two clocks and a source of randomness. Only the edges (codec.ts, signet.ts, the
 * stores) import this; everything below takes what it needs as a parameter, so that a test can hold the clock still.
 */
import { randomBytes, randomUUID } from 'node:crypto'

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

/** What the codec reads besides its arguments. */
export interface Surroundings {
  readonly now: Clock
  /** A random UUID, for `jti`. */
  readonly uuid: () => string
}

/** One function, so that whoever needs both times of it may see that they are the same and read it once. */
const now = (): number => Date.now()

export const system: Surroundings & LeaseClocks & { readonly randomBytes: RandomBytes } = {
  now,
  wall: now,
  monotonic: () => performance.now(),
  uuid: () => randomUUID(),
  randomBytes: (size) => randomBytes(size),
}
