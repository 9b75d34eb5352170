/**
 * Rotation by the clock. Every process of an issuer keeps the schedule, and compare-and-set makes one rotation of what
 * several begin; the jitter lets the first usually be done before the others look.
 */
import type { RandomBytes, Schedule } from '../system.ts'
import type { KeyRing } from './key-ring.ts'

export interface ScheduleOptions {
  readonly ring: KeyRing
  /** From one key's first signature to the next key's, in milliseconds. */
  readonly every: number
  readonly schedule: Schedule
  readonly randomBytes: RandomBytes
  readonly onError: (error: unknown) => void
}

/** The wall clock may be set, and other processes rotate: nobody sleeps longer than this, in milliseconds. */
const LONGEST_SLEEP_MS = 60_000
/** A process rotates up to this much after the instant, each at its own: a minute, or a twentieth of the interval. */
const LONGEST_LAG_MS = 60_000
const LAG_SHARE = 0.05
/** Pause after a rotation that failed, in milliseconds. */
const RETRY_MS = 1000

/** Begins to rotate by the clock; answers how to stop. */
export function rotateOnSchedule(options: ScheduleOptions): () => void {
  const { ring, every, schedule, randomBytes, onError } = options
  const [byte = 0] = randomBytes(1)
  const lag = (byte / 256) * Math.min(LONGEST_LAG_MS, every * LAG_SHARE)
  const untilOurs = () => ring.dueIn(every) + lag
  let isStopped = false
  let cancel = () => {}
  const sleep = (milliseconds: number) => {
    const bounded = Math.min(LONGEST_SLEEP_MS, Math.max(0, milliseconds))
    if (!isStopped) cancel = schedule(bounded, () => void look())
  }
  const look = async () => {
    try {
      if (untilOurs() <= 0) await ring.rotateIfDue(every)
      sleep(untilOurs())
    } catch (error) {
      onError(error)
      sleep(Math.min(RETRY_MS, every))
    }
  }
  sleep(untilOurs())
  return () => {
    isStopped = true
    cancel()
  }
}
