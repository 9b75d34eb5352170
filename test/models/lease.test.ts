/**
 * Receipts and leases under every order of events: beats that are sent, reach the store and are answered at different
 * times, a verifier that is frozen, a store that loses its newest entry in a failover. A small model of the follower runs
 * beside the pure functions of Signet; the planted variants leave a rule out and must be found.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fleetState } from '../../packages/signet/src/revocation/fleet.ts'
import { elapsedSince } from '../../packages/signet/src/revocation/lease.ts'
import {
  nextPosition,
  type Position,
  samePosition,
} from '../../packages/signet/src/revocation/position.ts'
import { explore, type Model } from './explore.ts'

/** A lease of 200 ms and ticks of 200 ms: with the slack of 100 ms for clocks, it is over for others two ticks later. */
const LEASE = 200
const TICK = 200
const END_OF_TIME = 5

interface Entry {
  readonly position: Position
  /** 'r' is the revocation in question; anything else is somebody else's. */
  readonly name: string
}

interface State {
  readonly now: number
  readonly log: readonly Entry[]
  /** The member's record in the store. */
  readonly record: { readonly position: Position; readonly beats: number } | undefined
  readonly position: Position
  readonly hasApplied: boolean
  /** When the proof of the lease was made. */
  readonly proof: number | undefined
  /** A beat on its way to the store, or its answer on the way back. */
  readonly beat:
    | { readonly sentAt: number; readonly position: Position; readonly answer?: Answer }
    | undefined
  /** The receipt: where it was appended and when, and whether it has resolved. */
  readonly receipt: { readonly position: Position; readonly since: number } | undefined
  readonly isComplete: boolean
  readonly failovers: number
}

interface Answer {
  readonly ok: boolean
  readonly head: Position
  readonly names: readonly string[]
}

interface Rules {
  /** Which instant the lease dates from. */
  readonly proofFrom: 'sending' | 'answer'
  /** Whether the receipt looks at tags, too. */
  readonly comparesTags: boolean
  /** When a member behind counts as refusing. */
  readonly silentAfter: 'its lease' | 'at once'
  /** Whether the record is in the store before the log is read for the answer. */
  readonly recordFirst: boolean
  /** Whether a lease is looked at when a token is verified. */
  readonly checksLease: boolean
}

const rules: Rules = {
  proofFrom: 'sending',
  comparesTags: true,
  silentAfter: 'its lease',
  recordFirst: true,
  checksLease: true,
}

const start: State = {
  now: 0,
  log: [],
  record: undefined,
  position: { p: 0, tag: '' },
  hasApplied: false,
  proof: undefined,
  beat: undefined,
  receipt: undefined,
  isComplete: false,
  failovers: 0,
}

const isIn = (log: readonly Entry[], position: Position) =>
  position.p === 0 || log.some((entry) => samePosition(entry.position, position))

function append(state: State, name: string, tag: string): State {
  const last = state.log.at(-1)?.position.p ?? 0
  return { ...state, log: [...state.log, { name, position: nextPosition(last, 1, tag) }] }
}

function accepts(state: State, { checksLease }: Rules): boolean {
  if (state.hasApplied || state.proof === undefined) return false
  const clocks = { monotonic: () => state.now * TICK, wall: () => state.now * TICK }
  const proof = { monotonic: state.proof * TICK, wall: state.proof * TICK }
  return !checksLease || elapsedSince(proof, clocks) <= LEASE
}

function readReceipt(state: State, chosen: Rules): State {
  const { receipt, record, log, now } = state
  if (receipt === undefined) return state
  if (
    !log.some((entry) =>
      chosen.comparesTags
        ? samePosition(entry.position, receipt.position)
        : entry.position.p === receipt.position.p,
    )
  ) {
    const again = append(state, 'r', `r${state.failovers + 1}`)
    const position = again.log.at(-1)?.position as Position
    return { ...again, receipt: { position, since: now } }
  }
  const members =
    record === undefined
      ? []
      : [
          {
            id: 'm',
            position: record.position,
            beats: record.beats,
            maxStaleness: chosen.silentAfter === 'its lease' ? LEASE : -1000,
            onStale: 'deny' as const,
            confirmed: chosen.comparesTags ? isIn(log, record.position) : true,
          },
        ]
  const { pending } = fleetState(
    { present: true, members },
    receipt.position,
    (now - receipt.since) * TICK,
    () => 0,
  )
  return pending.length === 0 ? { ...state, isComplete: true } : state
}

/** The beat reaches the store. With the record last, a receipt can look between the reading of the log and the record. */
function reach(state: State, { recordFirst, comparesTags }: Rules): State {
  const beat = state.beat as NonNullable<State['beat']>
  const ok = comparesTags ? isIn(state.log, beat.position) : true
  const from = ok ? beat.position.p : 0
  const answer: Answer = {
    ok,
    head: state.log.at(-1)?.position ?? start.position,
    names: state.log.filter((entry) => entry.position.p > from).map((entry) => entry.name),
  }
  const record = {
    position: ok ? beat.position : start.position,
    beats: (state.record?.beats ?? 0) + 1,
  }
  return { ...state, beat: { ...beat, answer }, record: recordFirst ? record : state.record }
}

function answered(state: State, { proofFrom, recordFirst }: Rules): State {
  const { answer, sentAt, position } = state.beat as Required<NonNullable<State['beat']>>
  const record = recordFirst ? state.record : { position, beats: (state.record?.beats ?? 0) + 1 }
  const proof = proofFrom === 'sending' ? sentAt : state.now
  return {
    ...state,
    record,
    beat: undefined,
    hasApplied: state.hasApplied || answer.names.includes('r'),
    position: answer.head,
    proof: answer.ok ? proof : undefined,
  }
}

function model(chosen: Rules): Model<State> {
  return {
    start,
    violation: (state) =>
      state.isComplete && accepts(state, chosen)
        ? 'a revoked token is accepted after the receipt was complete'
        : undefined,
    actions: (state) => {
      const next: [string, State][] = []
      if (state.now < END_OF_TIME) next.push(['a tick', { ...state, now: state.now + 1 }])
      if (state.beat === undefined && (state.record?.beats ?? 0) < 4) {
        next.push([
          'the verifier sends a beat',
          { ...state, beat: { sentAt: state.now, position: state.position } },
        ])
      }
      if (state.beat !== undefined && state.beat.answer === undefined)
        next.push(['the store answers', reach(state, chosen)])
      if (state.beat?.answer !== undefined)
        next.push(['the answer arrives', answered(state, chosen)])
      if (state.receipt === undefined) {
        const revoked = append(state, 'r', 'r')
        const position = revoked.log.at(-1)?.position as Position
        next.push(['somebody revokes', { ...revoked, receipt: { position, since: state.now } }])
      } else if (!state.isComplete) next.push(['the receipt is read', readReceipt(state, chosen)])
      // What is lost after a complete receipt is lost: that is an assumption, and then a matter of repair.
      if (state.failovers === 0 && state.log.length > 0 && !state.isComplete) {
        const lost = { ...state, log: state.log.slice(0, -1), failovers: 1 }
        // The member table is lost with the log's tail or not at all: a record may be newer than the log.
        next.push(['a failover loses the newest entry', lost])
        next.push(['a failover gives its number to another', append(lost, 'other', 'other')])
      }
      return next
    },
  }
}

test('no token is accepted after a complete receipt, whatever is late, frozen or lost', (t) => {
  const { states, found } = explore(model(rules))
  t.diagnostic(`${states} states`)
  assert.ok(found === undefined, found?.trace.join('\n'))
  assert.ok(states > 5000, `${states} states`)
})

const planted: readonly [string, Partial<Rules>][] = [
  ['the lease dates from the answer', { proofFrom: 'answer' }],
  ['positions are numbers only', { comparesTags: false }],
  ['a member behind is taken for dead at once', { silentAfter: 'at once' }],
  ['the record comes after the reading of the log', { recordFirst: false }],
  ['verify does not look at the lease', { checksLease: false }],
]

for (const [what, change] of planted) {
  test(`the explorer finds it when ${what}`, (t) => {
    const { found } = explore(model({ ...rules, ...change }))
    assert.ok(found !== undefined)
    t.diagnostic(found.trace.join(' · '))
  })
}
