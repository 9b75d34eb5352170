/** Who in the fleet has applied a position, decided by one pure function. */
import type { ReceiptReading } from './log-store.ts'
import type { Position } from './position.ts'

/** Clocks of two hosts run apart by at most this share. */
const CLOCK_DRIFT = 0.01
const SLACK_MS = 100

export interface FleetState {
  /** Members that have applied the position. */
  readonly applied: readonly string[]
  /** Members that have not, and may still accept what the entry covers. */
  readonly pending: readonly string[]
  /** Members that have not, and whose lease has run out since: they refuse everything by themselves. */
  readonly silent: readonly { readonly id: string; readonly beats: number }[]
}

/**
 * Sorts the members of a reading.
 *
 * A member that has not applied the position counts as refusing once its lease must have run out: `elapsed` since the
 * append, or its record unchanged that long by our own clock. A member that goes on when stale (`onStale: 'allow'`)
 * never does.
 *
 * @param elapsed monotonic milliseconds since the append was acknowledged
 * @param unchangedFor monotonic milliseconds for which we have seen this record with this beat count
 */
export function fleetState(
  reading: ReceiptReading,
  position: Position,
  elapsed: number,
  unchangedFor: (id: string, beats: number) => number,
): FleetState {
  const applied: string[] = []
  const pending: string[] = []
  const silent: { id: string; beats: number }[] = []
  for (const member of reading.members) {
    const leaseOver = (1 + CLOCK_DRIFT) * member.maxStaleness + SLACK_MS
    const waited = Math.max(elapsed, unchangedFor(member.id, member.beats))
    if (member.confirmed && member.position.p >= position.p) applied.push(member.id)
    else if (member.onStale === 'deny' && waited > leaseOver) silent.push(member)
    else pending.push(member.id)
  }
  return { applied, pending, silent }
}
