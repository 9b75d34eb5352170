/** One repair of a store that has lost acknowledged writes: what its log lacks is offered again, by a fleet together. */
import { hash } from 'node:crypto'
import type { Entry } from './entry.ts'

/** Entries offered at a time; between two such groups we look what others have given back meanwhile. */
const GROUP_SIZE = 64

export interface GiveBack {
  readonly repairRing: () => Promise<void>
  /** What the log lacks of the entries known here. */
  readonly missing: () => readonly Entry[]
  readonly memberId: string
  readonly offer: (entry: Entry) => Promise<unknown>
  /** Reads the log's tail, whose ids are noted in `ids`. */
  readonly look: () => Promise<void>
  readonly isClosed: () => boolean
}

export class Repair {
  /** Ids read from the log since the loss was noticed. */
  readonly ids: Set<string> = new Set()
  #isUnderWay = false

  get isUnderWay(): boolean {
    return this.#isUnderWay
  }

  /** Answers how many entries were offered. @throws whatever `offer` and `look` throw; it may be called again then */
  async giveBack(way: GiveBack): Promise<number> {
    const { memberId, offer, look, isClosed } = way
    this.#isUnderWay = true
    let given = 0
    try {
      await way.repairRing()
      // Each process begins at another place, so that a fleet shares the work.
      const missing = startingAt(memberId, way.missing())
      for (let start = 0; start < missing.length && !isClosed(); start += GROUP_SIZE) {
        const group = missing.slice(start, start + GROUP_SIZE).filter(({ id }) => !this.ids.has(id))
        await Promise.all(group.map(offer))
        given += group.length
        await look()
      }
    } finally {
      this.#isUnderWay = false
    }
    return given
  }
}

/** The list from a place that depends on the member on, and round to where it began. */
function startingAt(memberId: string, entries: readonly Entry[]): readonly Entry[] {
  const place = Number.parseInt(hash('sha256', memberId).slice(0, 8), 16) % (entries.length || 1)
  return [...entries.slice(place), ...entries.slice(0, place)]
}
