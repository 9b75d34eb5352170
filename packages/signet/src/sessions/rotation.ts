/**
 * What a presented refresh token means: the whole rule table of rotation in one pure function. Every engine runs it, or
 * mirrors it, inside one atomic step under the store's own clock.
 */
import { type HistoryMark, remember } from './history.ts'
import type { SessionRow } from './session-row.ts'

/** A refresh token whose MAC, shape and derived id were right, and what came with it. */
export interface Presentation {
  readonly issuer: string
  readonly sid: string
  readonly gen: number
  readonly secretHash: string
  readonly client: string | undefined
  readonly cnf: string | undefined
  readonly contextHash: string | undefined
  /** The device that presents it, for the history: one line, see `noteOf`. */
  readonly device: string
  /** Random per call of refresh: a resend by a driver or a retry after a timeout carries the same one. */
  readonly attempt: string
  /** The refresh-MAC secret a new generation gets. */
  readonly macKid: string
  /** Claims that replace the stored ones if this presentation rotates; undefined keeps them. */
  readonly claims: string | undefined
  readonly policy: RotationPolicy
  /** The id of the entry, should this presentation end the session. */
  readonly entryId: string
}

/** Times in milliseconds. */
export interface RotationPolicy {
  /** How long after a rotation its predecessor gets the same answer again; 0 switches the grace off. */
  readonly grace: number
  readonly idleLifetime: number
  /** Repeats answered within one grace: bounds work, detects nothing. */
  readonly maxReplays: number
}

/**
 * - rotated: a new generation · repeated: the predecessor again, inside the grace: the same successor
 * - superseded: too old, or from elsewhere, inside the grace: try again with the newest token, nothing has changed
 * - reused: an old generation after the grace: somebody else holds this session, so it is over
 */
export type RotationOutcome =
  | 'rotated'
  | 'repeated'
  | 'superseded'
  | 'reused'
  | 'revoked'
  | 'expired'
  | 'unknown'

export interface Decision {
  readonly outcome: RotationOutcome
  /** The row as it stands after the step; undefined when there is none. */
  readonly row: SessionRow | undefined
  /** The store was behind the token: it has lost writes. */
  readonly recovered: boolean
  /** Store time of the step, in milliseconds. */
  readonly now: number
}

/** How far a token may be ahead of its row: a store can lose this many rotations, a forger cannot jump further. */
const MAX_LOST_GENERATIONS = 64

/**
 * The first matching rule decides. Only rotated, repeated and reused change the row.
 *
 * @param cut the stamp of the subject's last log-out-everywhere; 0 when there was none
 * @param now store time, read under the lock
 */
export function decide(
  row: SessionRow | undefined,
  cut: number,
  presented: Presentation,
  now: number,
): Decision {
  const answer = (outcome: RotationOutcome, changed = row, recovered = false): Decision => ({
    outcome,
    row: changed,
    recovered,
    now,
  })
  if (row === undefined || isForeign(row, presented)) return answer('unknown')
  if (row.revokedAt !== undefined) return answer('revoked')
  if (row.epoch < cut) return answer('revoked')
  if (now >= row.absoluteAt || now >= row.idleAt) return answer('expired')
  if (presented.attempt === row.attempt && presented.gen === row.gen - 1) return answer('rotated')
  if (presented.gen >= row.gen) {
    return answer('rotated', successor(row, presented, now), presented.gen > row.gen)
  }
  if (Math.max(0, now - row.rotatedAt) <= presented.policy.grace && presented.policy.grace > 0) {
    return isRepeat(row, presented)
      ? answer('repeated', repeated(row, presented, now))
      : answer('superseded')
  }
  return answer('reused', {
    ...row,
    revokedAt: now,
    history: remembered(row, 'u', presented, now),
  })
}

/** The token is not one this session ever issued, or its sender is not who the session belongs to. */
function isForeign(row: SessionRow, presented: Presentation): boolean {
  return (
    presented.secretHash !== row.secretHash ||
    presented.gen > row.gen + MAX_LOST_GENERATIONS ||
    ((row.client !== undefined || row.cnf !== undefined) &&
      (presented.client !== row.client || presented.cnf !== row.cnf))
  )
}

function isRepeat(row: SessionRow, presented: Presentation): boolean {
  const sameContext =
    row.contextHash === undefined ||
    presented.contextHash === undefined ||
    presented.contextHash === row.contextHash
  return presented.gen === row.gen - 1 && sameContext && row.replays < presented.policy.maxReplays
}

function successor(row: SessionRow, presented: Presentation, now: number): SessionRow {
  return {
    ...row,
    gen: presented.gen + 1,
    rotatedAt: now,
    replays: 0,
    attempt: presented.attempt,
    contextHash: presented.contextHash,
    macKid: presented.macKid,
    idleAt: Math.min(now + presented.policy.idleLifetime, row.absoluteAt),
    claims: presented.claims ?? row.claims,
    history: remembered(row, presented.gen > row.gen ? 'c' : 'n', presented, now),
  }
}

/** Only the first repeat is remembered: a hundred tabs must not push out what happened before them. */
function repeated(row: SessionRow, presented: Presentation, now: number): SessionRow {
  return {
    ...row,
    replays: row.replays + 1,
    history: row.replays === 0 ? remembered(row, 'r', presented, now) : row.history,
  }
}

function remembered(
  row: SessionRow,
  mark: HistoryMark,
  { gen, contextHash, device }: Presentation,
  at: number,
): string {
  return remember(row.history, {
    mark,
    at,
    gen,
    note: contextHash === row.contextHash ? '' : device,
  })
}
