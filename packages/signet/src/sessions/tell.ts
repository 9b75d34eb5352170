/** The events a decision is told by. Pure; what is odd about a presentation is said in one line. */
import type { SignetEvent } from './events.ts'
import { sharedGenerations } from './history.ts'
import type { Decision, Presentation } from './rotation.ts'
import type { SessionRow } from './session-row.ts'
import { MANY_SHARED } from './why.ts'

export function eventsOf(decision: Decision, presented: Presentation): readonly SignetEvent[] {
  const { outcome, row, recovered, now } = decision
  const about = {
    at: new Date(now),
    sessionId: presented.sid,
    ...(row === undefined ? {} : { subject: row.subject }),
  }
  const reason = row === undefined ? 'no such session' : reasonOf(decision, row, presented)
  const type = outcome === 'revoked' || outcome === 'unknown' ? 'refused' : outcome
  return [
    { type, ...about, ...(reason === undefined ? {} : { reason }) },
    ...(recovered
      ? [{ type: 'recovered' as const, ...about, reason: 'the store was behind the token' }]
      : []),
    ...(outcome === 'repeated' && row !== undefined && hasJustBecomeShared(row)
      ? [
          {
            type: 'shared' as const,
            ...about,
            reason: `${MANY_SHARED} generations in a row were each asked for twice`,
          },
        ]
      : []),
  ]
}

function reasonOf(
  { outcome, now }: Decision,
  row: SessionRow,
  presented: Presentation,
): string | undefined {
  switch (outcome) {
    case 'superseded':
      return oddityOf(row, presented)
    case 'reused':
      return `generation ${presented.gen} came back while ${row.gen} was current, ${(now - row.rotatedAt) / 1000} s after the last refresh`
    case 'expired':
      return now >= row.absoluteAt
        ? 'its absolute lifetime is over'
        : 'it was not refreshed in time'
    case 'revoked':
      return row.revokedAt === undefined ? 'its subject was logged out' : 'the session was revoked'
    case 'unknown':
      return strangenessOf(row, presented)
    default:
      return undefined
  }
}

function strangenessOf(row: SessionRow, { secretHash, gen }: Presentation): string {
  if (secretHash !== row.secretHash) return 'the token does not carry the secret of its session'
  return gen > row.gen
    ? `its generation ${gen} is too far ahead of the store's ${row.gen}`
    : 'it was presented by another client or key than its own'
}

function oddityOf(row: SessionRow, { gen, policy }: Presentation): string {
  if (gen < row.gen - 1) return `generation ${gen} came while ${row.gen} was current`
  return row.replays >= policy.maxReplays ? 'repeated too often' : 'repeated from another device'
}

/** Only the first repeat of a generation is counted, so the crossing is told once. */
function hasJustBecomeShared({ replays, history }: SessionRow): boolean {
  return replays === 1 && sharedGenerations(history) === MANY_SHARED
}
