/**
 * Why a session or a token is no longer good, in sentences for people. Pure: everything the store still knows comes in,
 * and every sentence follows from it.
 */
import type { LogEntry } from '../revocation/entry.ts'
import { chronicleOf, type PastEvent } from './chronicle.ts'
import { deviceOf } from './context.ts'
import { sharedGenerations } from './history.ts'
import type { SessionRow } from './session-row.ts'
import type { StoredSession } from './session-store.ts'

/**
 * - alive: it is good · reused: ended because an old refresh token came back · revoked: by name
 * - evicted: ended to make room for a newer session · logged-out-everywhere: by a revocation of its subject
 * - key-withdrawn: signed by a key that was taken away · idle: not refreshed in time · expired: at its absolute end
 * - forged: not a token of the session it names · unknown: the store knows nothing of it
 */
export type Verdict =
  | 'alive'
  | 'reused'
  | 'revoked'
  | 'evicted'
  | 'logged-out-everywhere'
  | 'key-withdrawn'
  | 'idle'
  | 'expired'
  | 'forged'
  | 'unknown'

export interface Explanation {
  readonly verdict: Verdict
  /** What happened, when, from which device, and what it may mean: one sentence each, the answer first. */
  readonly sentences: readonly string[]
  readonly sessionId?: string
  /** The last events of the session, the newest first, at most 20. */
  readonly events: readonly PastEvent[]
}

/** What the store knows of a session. Times in milliseconds. */
export interface SessionFacts {
  readonly sessionId: string
  readonly stored: StoredSession | undefined
  /** The log's entry that ends the session by its id, while the log keeps it. */
  readonly entry: LogEntry | undefined
  /** The grace now in force; the one that was is not recorded. */
  readonly grace: number
  readonly now: number
}

/** What it takes to say of a session: a verdict, and why. */
export interface Reasoning {
  readonly verdict: Verdict
  readonly sentences: readonly string[]
}

/** The reason for a session being evicted, as the stores write it. */
const EVICTED = 'too many sessions'
/** So many generations with a repeat each are a sign that two share the session. */
export const MANY_SHARED = 5

export function explainSession(facts: SessionFacts): Explanation {
  const { sessionId, stored } = facts
  if (stored === undefined) return { ...explainAbsence(facts), sessionId, events: [] }
  const { row } = stored
  const { verdict, sentences } = judge(stored, facts)
  return {
    verdict,
    sentences: [...sentences, introduce(row), ...warnings(row)],
    sessionId,
    events: chronicleOf(row),
  }
}

function explainAbsence({ sessionId, entry }: SessionFacts): Reasoning {
  if (entry !== undefined) {
    const reason = entry.reason === undefined ? '' : ` (${JSON.stringify(entry.reason)})`
    return {
      verdict: entry.reason === 'reused' ? 'reused' : 'revoked',
      sentences: [
        `Session ${JSON.stringify(sessionId)} was revoked at ${instant(entry.at)}${reason}; more is not kept of it.`,
      ],
    }
  }
  return {
    verdict: 'unknown',
    sentences: [
      `This store knows nothing of session ${JSON.stringify(sessionId)}: it never had it, or the session ended so long ago that no token of it can be alive.`,
    ],
  }
}

function judge({ row, cut }: StoredSession, { grace, now }: SessionFacts): Reasoning {
  const [last] = chronicleOf(row)
  if (row.revokedAt !== undefined) {
    return last?.type === 'reused' ? explainReuse(row, last, grace) : explainRevocation(row, last)
  }
  if (row.epoch < cut) {
    return {
      verdict: 'logged-out-everywhere',
      sentences: [
        `Session ${row.sid} ended when its subject was logged out everywhere at about ${instant(cut)}; only sessions begun later, or one that was spared by name, go on.`,
      ],
    }
  }
  if (now >= row.absoluteAt) {
    const text = `it had reached its absolute lifetime of ${inWords(row.absoluteAt - row.bornAt)}`
    return over('expired', row, row.absoluteAt, text)
  }
  if (now >= row.idleAt) {
    const text = `it had not been refreshed for ${inWords(row.idleAt - row.rotatedAt)}`
    return over('idle', row, row.idleAt, text)
  }
  return {
    verdict: 'alive',
    sentences: [
      `Session ${row.sid} is alive: it ends at ${instant(row.idleAt)} unless it is refreshed before, and at ${instant(row.absoluteAt)} in any case.`,
    ],
  }
}

function over(verdict: Verdict, row: SessionRow, at: number, why: string): Reasoning {
  return { verdict, sentences: [`Session ${row.sid} ended at ${instant(at)}: ${why}.`] }
}

function explainRevocation(row: SessionRow, last: PastEvent | undefined): Reasoning {
  const at = instant(row.revokedAt as number)
  if (last?.reason === EVICTED) {
    return {
      verdict: 'evicted',
      sentences: [
        `Session ${row.sid} was ended at ${at} to make room: its subject began more sessions than it may have, and this one had gone unused the longest.`,
      ],
    }
  }
  const reason = last?.reason === undefined ? 'no reason was given' : JSON.stringify(last.reason)
  return {
    verdict: 'revoked',
    sentences: [`Session ${row.sid} was revoked at ${at}: ${reason}.`],
  }
}

function explainReuse(row: SessionRow, reuse: PastEvent, grace: number): Reasoning {
  const replaced = chronicleOf(row).find(
    ({ type, generation }) => type === 'rotated' && generation === reuse.generation,
  )
  const holder = lastRotation(row)?.device ?? birthDevice(row)
  const isElsewhere = reuse.device !== undefined && reuse.device !== holder
  const since = replaced === undefined ? '' : `, replaced at ${instant(replaced.at.getTime())}`
  return {
    verdict: 'reused',
    sentences: [
      `Session ${row.sid} was ended at ${instant(row.revokedAt as number)} because an old refresh token came back: that of generation ${reuse.generation}${since}, while generation ${row.gen} was current.`,
      `It came from ${nameOf(reuse.device)}${isElsewhere ? `, while ${nameOf(holder)} holds the newest token` : ', which holds the newest token, too, as far as can be told'}; ${outside(reuse.at.getTime() - row.rotatedAt, grace)}.`,
      meaningOf(reuse.generation === row.gen - 1, isElsewhere),
    ],
  }
}

function outside(elapsed: number, grace: number): string {
  const after = `that was ${inWords(elapsed)} after the last refresh`
  if (grace === 0) return `${after}, and there is no grace`
  if (elapsed <= grace) return `${after}, so a shorter grace than ${inWords(grace)} was in force`
  return `${after}, ${inWords(elapsed - grace)} after the grace of ${inWords(grace)}`
}

function meaningOf(isPredecessor: boolean, isElsewhere: boolean): string {
  if (isElsewhere) {
    return 'Two devices presented tokens of one session: somebody has a copy. If the owner knows neither device, treat what the session did since as the work of a thief.'
  }
  return isPredecessor
    ? 'It may be harmless: the answer to the last refresh was lost and the client asked again too late, or two processes of one client refresh without a lock. A thief on a like device looks the same.'
    : 'A client that went back to an old token does this (a restored backup, a second process with a copy of its own), and so does a thief on a like device.'
}

function introduce(row: SessionRow): string {
  const begun = `It was begun by subject ${JSON.stringify(row.subject)} at ${instant(row.bornAt)} on ${nameOf(birthDevice(row))}`
  if (row.gen === 0) return `${begun} and never refreshed.`
  const last = lastRotation(row)
  const device = last === undefined ? '' : ` by ${nameOf(last.device)}`
  return `${begun} and last refreshed at ${instant(row.rotatedAt)}${device}, to generation ${row.gen}.`
}

function warnings(row: SessionRow): readonly string[] {
  const shared = sharedGenerations(row.history)
  const lost = chronicleOf(row).filter(({ type }) => type === 'recovered')
  return [
    ...(shared >= MANY_SHARED
      ? [
          `Each of its last ${shared} refreshes was asked for twice, so two parties may share it: two tabs without a lock, or a copy.`,
        ]
      : []),
    ...lost.map(
      ({ at }) =>
        `At ${instant(at.getTime())} its client was ahead of the store, which had lost writes.`,
    ),
  ]
}

function lastRotation(row: SessionRow): PastEvent | undefined {
  return chronicleOf(row).find(({ type }) => type === 'rotated' || type === 'recovered')
}

function birthDevice(row: SessionRow): string | undefined {
  return deviceOf(JSON.parse(row.context)) || undefined
}

function nameOf(device: string | undefined): string {
  return device === undefined ? 'an unnamed device' : JSON.stringify(device)
}

export function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}

const units = [
  { name: 'ms', size: 1, below: 1000 },
  { name: 's', size: 1000, below: 120_000 },
  { name: 'min', size: 60_000, below: 7_200_000 },
  { name: 'h', size: 3_600_000, below: 172_800_000 },
  { name: 'days', size: 86_400_000, below: Number.POSITIVE_INFINITY },
] as const

/** "42 s", "12 min": a duration in its largest fitting unit. */
export function inWords(milliseconds: number): string {
  const unit = units.find(({ below }) => milliseconds < below) ?? units[4]
  return `${Math.floor(milliseconds / unit.size)} ${unit.name}`
}
