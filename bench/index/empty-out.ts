/** Drops the buckets of an index one after the other, as minutes pass, until nothing is left. */
import type { RevocationIndex } from '../../packages/signet/src/revocation/revocation-index.ts'
import { LIFE, memory, SPAN, START } from './fill.ts'

const MINUTE = 60_000

export interface Emptied {
  readonly longestPurgeMs: number
  /** What the process still has in use when all has expired, and had not before the first entry. */
  readonly bytesLeft: number
}

export function emptyOut(index: RevocationIndex, bytesBefore: number): Emptied {
  const held = index.size
  let longest = 0
  for (let now = START + LIFE; now <= START + LIFE + SPAN + MINUTE; now += MINUTE) {
    let isMore = true
    while (isMore) {
      const start = performance.now()
      isMore = index.purge(now)
      longest = Math.max(longest, performance.now() - start)
    }
  }
  if (index.size !== 0) throw new Error(`${index.size} of ${held} entries are left`)
  return { longestPurgeMs: longest, bytesLeft: Math.max(0, memory() - bytesBefore) }
}
