/**
 * Gathers presentations into batches: what is asked while statements are under way goes into the next one. There is no
 * timer, so a lone presentation waits for nothing; under load one commit serves many.
 */
import { StoreUnavailableError } from '../../errors.ts'
import type { Decision, Presentation } from '../../sessions/rotation.ts'
import { system } from '../../system.ts'
import type { Database } from './database.ts'
import { decisionOf, rotateStatement, rotateValues } from './rotate.ts'

interface Job {
  readonly presentation: Presentation
  /** On the monotonic clock: later nobody waits for the answer. */
  readonly deadline: number
  readonly resolve: (decision: Decision) => void
  readonly reject: (error: unknown) => void
}

/** Presentations in one statement, and so in one commit. */
const BATCH_SIZE = 128
/** Statements under way at once: while one waits for the disk, the server works on another. */
const LANES = 2

export class RotationQueue {
  readonly #database: Database
  /** Called when a session was ended, which the statement itself tells nobody. */
  readonly #onReused: () => void
  readonly #waiting = new Set<Job>()
  /** Sessions in a statement under way: a second presentation waits here rather than for the row's lock. */
  readonly #busy = new Set<string>()
  #lanes = 0
  #isScheduled = false
  /** Server time minus monotonic time, at most this much; see #notAfter. */
  #serverAhead: number | undefined

  constructor(database: Database, onReused: () => void) {
    this.#database = database
    this.#onReused = onReused
  }

  rotate(presentation: Presentation): Promise<Decision> {
    return new Promise((resolve, reject) => {
      const deadline = system.monotonic() + this.#database.timeout
      this.#waiting.add({ presentation, deadline, resolve, reject })
      this.#schedule()
    })
  }

  /** Everything asked for in this turn of the event loop shares a statement. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      while (this.#lanes < LANES) {
        const batch = this.#take()
        if (batch.length === 0) return
        void this.#run(batch)
      }
    })
  }

  /** The next batch, at most one presentation of each session. Their order is that of their arrival. */
  #take(): readonly Job[] {
    const batch: Job[] = []
    const now = system.monotonic()
    for (const job of this.#waiting) {
      if (job.deadline <= now) {
        this.#waiting.delete(job)
        job.reject(new StoreUnavailableError('the store did not come to it in time'))
      } else if (!this.#busy.has(job.presentation.sid)) {
        this.#waiting.delete(job)
        this.#busy.add(job.presentation.sid)
        batch.push(job)
        if (batch.length === BATCH_SIZE) break
      }
    }
    return batch
  }

  async #run(batch: readonly Job[]): Promise<void> {
    this.#lanes += 1
    try {
      await this.#ask(batch)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    } finally {
      this.#lanes -= 1
      for (const { presentation } of batch) this.#busy.delete(presentation.sid)
      if (this.#waiting.size > 0) this.#schedule()
    }
  }

  async #ask(batch: readonly Job[]): Promise<void> {
    const sentAt = system.monotonic()
    const presentations = batch.map(({ presentation }) => presentation)
    const values = rotateValues(presentations, this.#notAfter(batch))
    const rows = await this.#database.write(rotateStatement, values)
    this.#serverAhead = Number(rows[0]?.clock) - sentAt
    let hasReused = false
    for (const [index, { resolve, reject }] of batch.entries()) {
      const decision = decisionOf(rows[index] ?? { outcome: 'late' })
      hasReused ||= decision?.outcome === 'reused'
      if (decision !== undefined) resolve(decision)
      else reject(new StoreUnavailableError('the store came to it too late'))
    }
    if (hasReused) this.#onReused()
  }

  /**
   * When, by the server's clock, the last of a batch has nobody waiting any more. A statement that lay in a pooler's queue
   * or in the network for longer must decide nothing: its client has tried again meanwhile, and an old generation that
   * comes late looks like a stolen one. Two of the server's own readings are compared, and a difference of ours.
   */
  #notAfter(batch: readonly Job[]): number | undefined {
    if (this.#serverAhead === undefined) return undefined
    return Math.max(...batch.map(({ deadline }) => deadline)) + this.#serverAhead
  }
}
