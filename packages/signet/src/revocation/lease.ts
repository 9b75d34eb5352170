/** How long a verifier may trust what it knows. */
import type { Clock, LeaseClocks } from '../system.ts'

/** Both clocks at one instant, in milliseconds. */
export interface Instant {
  readonly monotonic: number
  readonly wall: number
}

export function readClocks(clocks: LeaseClocks): Instant {
  return { monotonic: clocks.monotonic(), wall: clocks.wall() }
}

/** The instant so many milliseconds earlier. */
export function before({ monotonic, wall }: Instant, milliseconds: number): Instant {
  return { monotonic: monotonic - milliseconds, wall: wall - milliseconds }
}

/**
 * Milliseconds since an instant: the larger of what the two clocks say. The monotonic clock stands still while a machine
 * is suspended, the wall clock can be set back; a lease must outlive neither.
 */
export function elapsedSince(
  instant: Instant,
  clocks: LeaseClocks,
  wall: number = clocks.wall(),
): number {
  return Math.max(clocks.monotonic() - instant.monotonic, wall - instant.wall)
}

/**
 * The lease of a verifier: the instant just before it sent the report to which the store answered "you know everything".
 * It holds no timer and no flag: every verify computes its age anew, so a process that was stopped for a minute refuses
 * in its first tick.
 */
export class Lease {
  readonly #clocks: LeaseClocks
  readonly #maxStaleness: number
  #proof: Instant | undefined

  constructor(clocks: LeaseClocks, maxStaleness: number) {
    this.#clocks = clocks
    this.#maxStaleness = maxStaleness
  }

  /** The store has confirmed what we sent at `instant`. An older confirmation never replaces a newer one. */
  renew(instant: Instant): void {
    if (this.#proof === undefined || instant.monotonic > this.#proof.monotonic)
      this.#proof = instant
  }

  drop(): void {
    this.#proof = undefined
  }

  /** The wall clock it goes by. */
  get wall(): Clock {
    return this.#clocks.wall
  }

  /**
   * Milliseconds since the last proof; infinite without one.
   *
   * @param wall what the wall clock says, from a caller who has just read it
   */
  age(wall?: number): number {
    return this.#proof === undefined
      ? Number.POSITIVE_INFINITY
      : elapsedSince(this.#proof, this.#clocks, wall)
  }

  get isAlive(): boolean {
    return this.isAliveAt()
  }

  /** @param wall as for `age` */
  isAliveAt(wall?: number): boolean {
    return this.age(wall) <= this.#maxStaleness
  }
}

/** What a verifier asks of a lease. */
export type LeaseView = Pick<Lease, 'age' | 'isAlive' | 'isAliveAt' | 'wall'>
