/** Housekeeping: what can matter to nobody any more goes, a little at a time. */
import type { Listener } from './sessions/events.ts'
import type { Store } from './stores/store.ts'
import { system } from './system.ts'

/** Ended sessions and expired entries are deleted this often, so many at a time. */
const SWEEP_EVERY_MS = 60_000
const SWEEP_LIMIT = 1000

/** Answers how to stop it. It keeps no process alive. */
export function sweepRegularly(store: Store, emit: Listener): () => void {
  const sweep = async () => {
    // One transaction of bounded length at a time, until there is nothing left.
    while ((await store.sweep(SWEEP_LIMIT)) >= SWEEP_LIMIT) await new Promise(setImmediate)
  }
  const timer = setInterval(() => {
    sweep().catch((error) => emit({ type: 'error', at: new Date(system.now()), error }))
  }, SWEEP_EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}
