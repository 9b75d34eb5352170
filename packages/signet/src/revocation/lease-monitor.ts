/** Notices that a lease grows old, is over, or is good again, for people to be told. Verify itself needs no such notice. */
import type { Lease } from './lease.ts'

/** stale: half of the lease has passed without news · lapsed: all of it */
export type LeaseState = 'fresh' | 'stale' | 'lapsed'

export interface LeaseMonitorOptions {
  readonly lease: Pick<Lease, 'age'>
  /** The lease in milliseconds. */
  readonly maxStaleness: number
  /** Called at each change with the age in milliseconds, which is infinite when everything is in doubt. */
  readonly onChange: (state: LeaseState, age: number) => void
}

export class LeaseMonitor {
  readonly #options: LeaseMonitorOptions
  readonly #timer: ReturnType<typeof setInterval>
  #state: LeaseState = 'fresh'

  constructor(options: LeaseMonitorOptions) {
    this.#options = options
    // Beats come every quarter of the lease, so looking twice as often misses nothing that lasts.
    this.#timer = setInterval(() => this.look(), options.maxStaleness / 8)
    this.#timer.unref()
  }

  look(): void {
    const { lease, maxStaleness, onChange } = this.#options
    const age = lease.age()
    const state = age > maxStaleness ? 'lapsed' : age > maxStaleness / 2 ? 'stale' : 'fresh'
    if (state === this.#state) return
    this.#state = state
    onChange(state, age)
  }

  close(): void {
    clearInterval(this.#timer)
  }
}
