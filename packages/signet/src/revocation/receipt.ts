/** Waits until the fleet has applied a position: what `waitFor: 'fleet'` means. */
import { withDeadline } from '../deadline.ts'
import type { Clock } from '../system.ts'
import { type FleetState, fleetState } from './fleet.ts'
import type { LogStore } from './log-store.ts'
import type { Position } from './position.ts'

export interface FleetWait {
  readonly store: LogStore
  readonly position: Position
  /** Monotonic milliseconds. */
  readonly monotonic: Clock
  /** Give up after so many milliseconds. */
  readonly timeout: number
  readonly storeTimeout: number
  /** Makes the append again after the store has lost it; answers the new position. */
  readonly appendAgain: () => Promise<Position>
}

export interface FleetReceipt extends FleetState {
  readonly position: Position
  /** Nobody is pending: every live verifier refuses. */
  readonly complete: boolean
  readonly waited: number
}

/** How often the fleet is looked at even when nothing wakes us, in milliseconds. */
const LOOK_EVERY_MS = 50

export async function awaitFleet(wait: FleetWait): Promise<FleetReceipt> {
  const started = wait.monotonic()
  const alarm = wakeable(wait.store)
  const seen = new Map<string, { beats: number; since: number }>()
  let { position } = wait
  let appendedAt = started
  try {
    for (;;) {
      const reading = await withDeadline(() => wait.store.readReceipt(position), wait.storeTimeout)
      const now = wait.monotonic()
      if (!reading.present && now - started < wait.timeout) {
        position = await wait.appendAgain()
        appendedAt = wait.monotonic()
        continue
      }
      for (const { id, beats } of reading.members) {
        if (seen.get(id)?.beats !== beats) seen.set(id, { beats, since: now })
      }
      const state = fleetState(
        reading,
        position,
        now - appendedAt,
        (id) => now - (seen.get(id)?.since ?? now),
      )
      const waited = now - started
      const complete = reading.present && state.pending.length === 0
      if (complete || waited >= wait.timeout) {
        if (complete) await forget(wait, state)
        return { ...state, position, complete, waited }
      }
      await alarm.next(Math.min(LOOK_EVERY_MS, wait.timeout - waited))
    }
  } finally {
    alarm.stop()
  }
}

/**
 * Waits until the fleet has applied all that is in the log now. What the store loses meanwhile is the follower's to find
 * and repair; there is nothing here to say again.
 */
export async function awaitFleetAtHead(
  wait: Omit<FleetWait, 'position' | 'appendAgain'>,
): Promise<FleetReceipt> {
  const head = () => withDeadline(() => wait.store.head(), wait.storeTimeout)
  return awaitFleet({ ...wait, position: await head(), appendAgain: head })
}

/** A silent member's record goes, unless it has reported since: later receipts need not wait for it again. */
async function forget(wait: FleetWait, state: FleetState): Promise<void> {
  for (const { id, beats } of state.silent) {
    await withDeadline(() => wait.store.removeMember(id, beats), wait.storeTimeout)
  }
}

/** Sleeps until the store wakes us or the time is up, without losing a wake-up that came while nobody slept. */
function wakeable(store: LogStore): {
  next: (milliseconds: number) => Promise<void>
  stop: () => void
} {
  let woken = false
  let wake: (() => void) | undefined
  const stop = store.watch(() => {
    woken = true
    wake?.()
  })
  const next = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(done, woken ? 0 : milliseconds)
      function done() {
        clearTimeout(timer)
        woken = false
        wake = undefined
        resolve()
      }
      wake = done
    })
  return { next, stop }
}
