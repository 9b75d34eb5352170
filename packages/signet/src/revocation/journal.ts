/**
 * The newest entries this process has applied, whole. The index keeps only what refuses tokens; this is what can be given
 * back to a store that has lost acknowledged writes, as a promoted replica or a restored backup has.
 */
import type { Entry, LogEntry } from './entry.ts'

/** Entries kept, about 25 MB at most: a store loses its newest writes, so the newest are what it can lack. */
export const JOURNAL_LENGTH = 100_000

export class Journal {
  readonly #length: number
  /** By id, in the order of their arrival. */
  readonly #entries = new Map<string, Entry>()

  constructor(length: number = JOURNAL_LENGTH) {
    this.#length = length
  }

  /** What a ring entry announces stands in the ring, which is repaired by itself. */
  remember({ position: _, ...entry }: LogEntry): void {
    if (entry.kind === 'ring' || this.#entries.has(entry.id)) return
    this.#entries.set(entry.id, entry)
    if (this.#entries.size > this.#length) {
      const [oldest] = this.#entries.keys()
      this.#entries.delete(oldest as string)
    }
  }

  /** Entries that still matter at `now`, in milliseconds, and whose ids are not among those given. */
  missingFrom(ids: ReadonlySet<string>, now: number): readonly Entry[] {
    return [...this.#entries.values()].filter(
      ({ id, expiresAt }) => expiresAt > now && !ids.has(id),
    )
  }
}
