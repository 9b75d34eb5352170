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
/** Share of the interval over which the processes spread. */
const JITTER = 0.05
/** Pause after a rotation that failed, in milliseconds. */
const RETRY_MS = 1000

/** Begins to rotate by the clock; answers how to stop. */
export function rotateOnSchedule(options: ScheduleOptions): () => void {
  const { ring, every, schedule, onError } = options
  let isStopped = false
  let cancel = () => {}
  const sleep = (milliseconds: number) => {
    if (!isStopped) cancel = schedule(milliseconds, () => void look())
  }
  const look = async () => {
    try {
      await ring.rotateIfDue(every)
      sleep(untilNext(options))
    } catch (error) {
      onError(error)
      sleep(Math.min(RETRY_MS, every))
    }
  }
  sleep(untilNext(options))
  return () => {
    isStopped = true
    cancel()
  }
}

function untilNext({ ring, every, randomBytes }: ScheduleOptions): number {
  const [byte = 0] = randomBytes(1)
  const jitter = (every * JITTER * byte) / 256
  return Math.min(LONGEST_SLEEP_MS, Math.max(0, ring.dueIn(every)) + jitter)
}
