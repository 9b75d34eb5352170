/** The outside world that the server reads: a clock for durations, and randomness for names. */
import { randomUUID } from 'node:crypto'

export const system = {
  /** Milliseconds that never go back. */
  monotonic: (): number => performance.now(),
  uuid: (): string => randomUUID(),
}
