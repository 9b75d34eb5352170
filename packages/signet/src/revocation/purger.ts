/** Gives back the memory of what has expired a little at a time, so that no verify in between waits for it. */
import type { Clock } from '../system.ts'
import type { RevocationIndex } from './revocation-index.ts'

/** Answers a function that drops what has expired at once, and sees to the rest when there is nothing else to do. */
export function createPurger(index: RevocationIndex, now: Clock): () => void {
  let next: ReturnType<typeof setImmediate> | undefined
  const purge = () => {
    if (!index.purge(now()) || next !== undefined) return
    next = setImmediate(() => {
      next = undefined
      purge()
    })
  }
  return purge
}
