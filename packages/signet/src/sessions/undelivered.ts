/**
 * Rotations whose answer may never have reached the client. When the store fell silent in the middle of a refresh, it may
 * have rotated the session; if it stays silent for longer than the grace, the client's repeat would look like reuse and
 * log it out. So the process remembers such attempts and, once the store answers again, has their grace begin anew.
 */
import { withDeadline } from '../deadline.ts'
import type { Clock } from '../system.ts'
import type { Delivery, SessionStore } from './session-store.ts'

export interface UndeliveredOptions {
  readonly store: Pick<SessionStore, 'undelivered'>
  /** Bound on each call to the store, in milliseconds. */
  readonly storeTimeout: number
  readonly monotonic: Clock
}

interface Lost extends Delivery {
  readonly since: number
  /** Milliseconds to the next try after the store has said that no such rotation is there. */
  pause: number
  nextAt: number
}

/** Attempts kept at most; the oldest give way. */
export const MAX_UNDELIVERED = 10_000
/** Whoever has not come back by then will not expect to be logged in still. In milliseconds. */
const KEEP_MS = 600_000
/** How often a silent store is asked again, in milliseconds. */
const RETRY_MS = 1000
/** Calls under way at a time. */
const TOLD_AT_ONCE = 64
/** A step may be carried out long after its caller gave up; past this no engine lets it. In milliseconds. */
const LATEST_STEP_MS = 60_000

export class Undelivered {
  readonly #options: UndeliveredOptions
  readonly #lost = new Map<string, Lost>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #closed = false

  constructor(options: UndeliveredOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#lost.size
  }

  add({ sid, gen, attempt }: Delivery): void {
    if (this.#closed) return
    const now = this.#options.monotonic()
    this.#lost.set(attempt, { sid, gen, attempt, since: now, pause: RETRY_MS, nextAt: now })
    if (this.#lost.size > MAX_UNDELIVERED)
      this.#lost.delete(this.#lost.keys().next().value as string)
    this.#schedule()
  }

  /**
   * Tells the store of the lost answers of one session, before its client, who was faster than our timer, is judged.
   *
   * @throws StoreUnavailableError when the store is still away
   */
  async settle(sid: string): Promise<void> {
    if (this.#lost.size === 0) return
    await this.#tellOf([...this.#lost.values()].filter((lost) => lost.sid === sid))
  }

  /** Tells the store of every lost answer that is due, a few at a time. @throws StoreUnavailableError at the first failure */
  async tellStore(): Promise<void> {
    const now = this.#options.monotonic()
    const due: Lost[] = []
    for (const lost of this.#lost.values()) {
      if (now - lost.since > KEEP_MS) this.#lost.delete(lost.attempt)
      else if (lost.nextAt <= now) due.push(lost)
    }
    while (due.length > 0 && !this.#closed) await this.#tellOf(due.splice(0, TOLD_AT_ONCE))
  }

  close(): void {
    this.#closed = true
    this.#lost.clear()
    clearTimeout(this.#timer)
  }

  async #tellOf(some: readonly Lost[]): Promise<void> {
    const { store, storeTimeout, monotonic } = this.#options
    const tell = async (lost: Lost) => {
      const begunAnew = await withDeadline(() => store.undelivered(lost), storeTimeout)
      lost.pause *= 2
      lost.nextAt = monotonic() + lost.pause
      // Not there may mean not there yet: what we gave up on may still be on its way through the store.
      if (begunAnew || monotonic() - lost.since > LATEST_STEP_MS) this.#lost.delete(lost.attempt)
    }
    await Promise.all(some.map(tell))
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#lost.size === 0 || this.#closed) return
    this.#timer = setTimeout(async () => {
      // A store that is still away is asked again.
      await this.tellStore().catch(() => {})
      this.#timer = undefined
      this.#schedule()
    }, RETRY_MS)
    this.#timer.unref()
  }
}
