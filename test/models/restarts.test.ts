/**
 * Receipts beside processes that are frozen and replaced: a supervisor starts a second verifier while the first may wake up
 * again. The pure functions of the fleet and the lease run; the planted variants leave a rule out and must be found.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fleetState } from '../../packages/signet/src/revocation/fleet.ts'
import { elapsedSince } from '../../packages/signet/src/revocation/lease.ts'
import type { MemberRecord } from '../../packages/signet/src/revocation/log-store.ts'
import { explore, type Model } from './explore.ts'

/** A lease of 200 ms and ticks of 200 ms: with the slack of 100 ms for clocks, it is over for others two ticks later. */
const LEASE = 200
const TICK = 200
const END_OF_TIME = 4
const MAX_BEATS = 3

interface Verifier {
  readonly id: string
  readonly hasApplied: boolean
  /** When the proof of the lease was made; nobody who is frozen makes one. */
  readonly proof: number | undefined
  /** A beat on its way, and what the store has answered: the end of the log. */
  readonly beat:
    | { readonly sentAt: number; readonly reported: number; readonly answer?: 0 | 1 }
    | undefined
  readonly beats: number
}

interface State {
  readonly now: number
  /** The revocation is the first entry of the log: position 1, and 0 before it. */
  readonly head: 0 | 1
  readonly records: readonly { readonly id: string; readonly p: number; readonly beats: number }[]
  readonly verifiers: readonly Verifier[]
  readonly revokedAt: number | undefined
  readonly isComplete: boolean
}

interface Rules {
  /** What a process started in the place of another is called. */
  readonly idOfRestart: 'new' | 'the same'
  /** What a verifier knows when it starts. */
  readonly startsWith: 'no lease' | 'the lease of the last'
  /** What becomes of the records of others when one starts. */
  readonly recordsOnStart: 'stay' | 'are dropped'
  /** Which position a record names. */
  readonly reports: 'what was applied' | 'what was sent'
}

const rules: Rules = {
  idOfRestart: 'new',
  startsWith: 'no lease',
  recordsOnStart: 'stay',
  reports: 'what was applied',
}

const born = (id: string, proof: number | undefined): Verifier => ({
  id,
  hasApplied: false,
  proof,
  beat: undefined,
  beats: 0,
})

function accepts({ now }: State, { hasApplied, proof }: Verifier): boolean {
  if (hasApplied || proof === undefined) return false
  const clocks = { monotonic: () => now * TICK, wall: () => now * TICK }
  return elapsedSince({ monotonic: proof * TICK, wall: proof * TICK }, clocks) <= LEASE
}

function change(state: State, index: number, changes: Partial<Verifier>): State {
  const verifier = { ...(state.verifiers[index] as Verifier), ...changes }
  return { ...state, verifiers: state.verifiers.with(index, verifier) }
}

/** The record is written and the log read in one step; the answer is on its way. */
function answer(state: State, index: number, { reports }: Rules): State {
  const { id, beat } = state.verifiers[index] as Verifier
  const sent = beat as NonNullable<Verifier['beat']>
  const known = state.records.find((record) => record.id === id)
  const p = reports === 'what was applied' ? sent.reported : state.head
  const record = { id, p, beats: (known?.beats ?? 0) + 1 }
  const records = [...state.records.filter((each) => each !== known), record]
  const after = { ...state, records: records.toSorted((a, b) => a.id.localeCompare(b.id)) }
  return change(after, index, { beat: { ...sent, answer: state.head } })
}

function arrive(state: State, index: number): State {
  const { beat, hasApplied } = state.verifiers[index] as Verifier
  const { sentAt, answer } = beat as NonNullable<Verifier['beat']>
  return change(state, index, {
    beat: undefined,
    hasApplied: hasApplied || answer === 1,
    proof: sentAt,
  })
}

function readReceipt(state: State): State {
  const position = { p: 1, tag: 'r' }
  const members = state.records.map(({ id, p, beats }): MemberRecord & { confirmed: boolean } => ({
    id,
    position: { p, tag: p === 1 ? 'r' : '' },
    beats,
    maxStaleness: LEASE,
    onStale: 'deny',
    confirmed: true,
  }))
  const elapsed = (state.now - (state.revokedAt as number)) * TICK
  const { pending } = fleetState({ present: true, members }, position, elapsed, () => 0)
  return pending.length === 0 ? { ...state, isComplete: true } : state
}

function restart(state: State, { idOfRestart, startsWith, recordsOnStart }: Rules): State {
  const [first] = state.verifiers as [Verifier]
  const id = idOfRestart === 'new' ? 'second' : first.id
  const proof = startsWith === 'no lease' ? undefined : first.proof
  const records = recordsOnStart === 'stay' ? state.records : []
  return { ...state, records, verifiers: [first, born(id, proof)] }
}

function model(chosen: Rules): Model<State> {
  return {
    start: {
      now: 0,
      head: 0,
      records: [],
      verifiers: [born('first', undefined)],
      revokedAt: undefined,
      isComplete: false,
    },
    violation: (state) =>
      state.isComplete && state.verifiers.some((verifier) => accepts(state, verifier))
        ? 'a revoked token is accepted after the receipt was complete'
        : undefined,
    actions: (state) => {
      const next: [string, State][] = []
      if (state.now < END_OF_TIME) next.push(['a tick', { ...state, now: state.now + 1 }])
      state.verifiers.forEach(({ beat, beats, hasApplied }, i) => {
        const who = `verifier ${i + 1}`
        if (beat === undefined && beats < MAX_BEATS) {
          const sent = { sentAt: state.now, reported: hasApplied ? 1 : 0 }
          next.push([`${who} sends a beat`, change(state, i, { beat: sent, beats: beats + 1 })])
        } else if (beat !== undefined && beat.answer === undefined) {
          next.push([`the store answers ${who}`, answer(state, i, chosen)])
        } else if (beat !== undefined) next.push([`the answer reaches ${who}`, arrive(state, i)])
      })
      // Whether the first has ended or is only frozen, nobody can tell: it may go on with everything above.
      if (state.verifiers.length === 1)
        next.push(['a second is started in its place', restart(state, chosen)])
      if (state.revokedAt === undefined) {
        next.push(['somebody revokes', { ...state, head: 1, revokedAt: state.now }])
      } else if (!state.isComplete) next.push(['the receipt is read', readReceipt(state)])
      return next
    },
  }
}

test('no token is accepted after a complete receipt, whoever was frozen, replaced and woken', (t) => {
  const { states, found } = explore(model(rules))
  t.diagnostic(`${states} states`)
  assert.ok(found === undefined, found?.trace.join('\n'))
  assert.ok(states > 5000, `${states} states`)
})

const planted: readonly [string, Partial<Rules>][] = [
  ['a second verifier has the id of the first', { idOfRestart: 'the same' }],
  ['a verifier starts with the lease of the last', { startsWith: 'the lease of the last' }],
  ['a start clears the records of others', { recordsOnStart: 'are dropped' }],
  ['a record names what was sent, not what was applied', { reports: 'what was sent' }],
]

for (const [what, planting] of planted) {
  test(`the explorer finds it when ${what}`, (t) => {
    const { found } = explore(model({ ...rules, ...planting }))
    assert.ok(found !== undefined)
    t.diagnostic(found.trace.join(' · '))
  })
}
