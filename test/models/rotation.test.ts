/**
 * The rotation rules under every order of events: two tabs of one user with one cookie jar, answers that are lost or come
 * late, and a thief with a copy. `decide` itself runs; the planted variants leave a rule of it out and must be found.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Decision,
  decide,
  type Presentation,
} from '../../packages/signet/src/sessions/rotation.ts'
import type { SessionRow } from '../../packages/signet/src/sessions/session-row.ts'
import { explore, type Model } from './explore.ts'

type Decide = typeof decide

/** Small numbers stand for time: the grace is two ticks long. */
const GRACE = 2
const END_OF_TIME = 4
const MAX_GEN = 2

interface State {
  readonly now: number
  readonly gen: number
  readonly rotatedAt: number
  readonly replays: number
  readonly ctx: string
  readonly isOver: boolean
  /** The generation in the user's jar. */
  readonly jar: number
  /** Answers on their way to the jar: generation, and when they were sent. */
  readonly answers: readonly (readonly [gen: number, sentAt: number])[]
  /** Requests on their way to the store: generation, when they were sent, and whose. */
  readonly requests: readonly (readonly [
    gen: number,
    sentAt: number,
    by: 'phone' | 'laptop' | 'thief',
  ])[]
  /** The generation the thief holds; undefined for none. */
  readonly stolen: number | undefined
  /** The thief was given a token newer than any the user has held, after the copy was superseded and the grace over. */
  readonly undetected: boolean
  readonly honestKilled: boolean
  /** A tab was given a generation whose successor is not the row's: two branches. */
  readonly forked: boolean
}

const start: State = {
  now: 0,
  gen: 0,
  rotatedAt: 0,
  replays: 0,
  ctx: 'phone',
  isOver: false,
  jar: 0,
  answers: [],
  requests: [],
  stolen: undefined,
  undetected: false,
  honestKilled: false,
  forked: false,
}

interface Setting {
  readonly decide: Decide
  readonly hasThief: boolean
  /** Requests and answers take at most so many ticks, or are lost. */
  readonly wire: number
  readonly maxReplays?: number
}

function rowOf(state: State): SessionRow {
  return {
    gen: state.gen,
    rotatedAt: state.rotatedAt,
    replays: state.replays,
    contextHash: state.ctx,
    attempt: `made ${state.gen}`,
    revokedAt: state.isOver ? 0 : undefined,
    epoch: 0,
    idleAt: Number.MAX_SAFE_INTEGER,
    absoluteAt: Number.MAX_SAFE_INTEGER,
    secretHash: 'h',
    macKid: 'm',
    history: '',
  } as SessionRow
}

function presentationOf(
  gen: number,
  contextHash: string,
  { maxReplays = 3 }: Setting,
): Presentation {
  return {
    gen,
    contextHash,
    attempt: 'fresh',
    secretHash: 'h',
    macKid: 'm',
    policy: { grace: GRACE, idleLifetime: Number.MAX_SAFE_INTEGER, maxReplays },
  } as Presentation
}

/** A request arrives: the store decides, and its answer goes on its way. */
function arrive(state: State, index: number, setting: Setting): State {
  const [gen, , by] = state.requests[index] as State['requests'][number]
  const requests = state.requests.toSpliced(index, 1)
  const decision: Decision = setting.decide(
    rowOf(state),
    0,
    presentationOf(gen, by, setting),
    state.now,
  )
  const row = decision.row as SessionRow
  const graceIsOver = state.now - state.rotatedAt > GRACE
  const after: State = {
    ...state,
    requests,
    gen: row.gen,
    rotatedAt: row.rotatedAt,
    replays: row.replays,
    ctx: row.contextHash ?? '',
    isOver: row.revokedAt !== undefined,
    honestKilled: state.honestKilled || (decision.outcome === 'reused' && !setting.hasThief),
  }
  if (decision.outcome !== 'rotated' && decision.outcome !== 'repeated') return after
  // What is handed out must be the row's own generation: anything else is a second branch.
  const forked = after.forked || row.gen !== gen + 1
  if (by === 'thief') {
    const undetected = after.undetected || (gen < state.gen && graceIsOver)
    return { ...after, forked, undetected, stolen: row.gen }
  }
  return { ...after, forked, answers: [...after.answers, [row.gen, state.now]] }
}

function model(setting: Setting): Model<State> {
  const late = (sentAt: number, state: State) => state.now - sentAt >= setting.wire
  return {
    start,
    violation: (state) => {
      if (state.forked) return 'one generation got two successors'
      if (state.honestKilled) return 'an honest user was logged out'
      if (state.undetected) return 'a superseded generation bought a token after the grace'
      return undefined
    },
    actions: (state) => {
      const next: [string, State][] = []
      const isWaiting =
        state.answers.some(([, at]) => late(at, state)) ||
        state.requests.some(([, at]) => late(at, state))
      // Nothing stays on the wire for longer than it takes: time waits for it to arrive or to be lost. And without a
      // thief time waits for what is repeated to reach the store: that is what the promise to honest users assumes.
      const isBehind = state.jar < state.gen || state.requests.some(([gen]) => gen < state.gen)
      const mustRepeat = !setting.hasThief && isBehind && state.now - state.rotatedAt >= GRACE
      if (state.now < END_OF_TIME && !isWaiting && !mustRepeat)
        next.push(['a tick', { ...state, now: state.now + 1 }])
      if (state.isOver) return next
      for (const by of setting.hasThief ? (['phone'] as const) : (['phone', 'laptop'] as const)) {
        const isAsking = state.requests.some((request) => request[2] === by)
        if ((state.gen < MAX_GEN || state.jar < state.gen) && !isAsking) {
          next.push([
            `${by} asks with ${state.jar}`,
            { ...state, requests: [...state.requests, [state.jar, state.now, by]] },
          ])
        }
      }
      state.requests.forEach(([gen, , by], i) => {
        next.push([`the store decides about ${gen} of ${by}`, arrive(state, i, setting)])
      })
      state.answers.forEach(([gen], i) => {
        const answers = state.answers.toSpliced(i, 1)
        // The jar keeps the newest answer, as single flight or one tab does.
        next.push([`answer ${gen} arrives`, { ...state, answers, jar: Math.max(state.jar, gen) }])
        next.push([`answer ${gen} is lost`, { ...state, answers }])
      })
      if (setting.hasThief && state.stolen === undefined) {
        next.push([`the thief copies ${state.jar}`, { ...state, stolen: state.jar }])
      }
      if (
        state.stolen !== undefined &&
        state.gen < MAX_GEN &&
        !state.requests.some((request) => request[2] === 'thief')
      ) {
        next.push([
          `the thief asks with ${state.stolen}`,
          { ...state, requests: [...state.requests, [state.stolen, state.now, 'thief']] },
        ])
      }
      return next
    },
  }
}

/** `decide` with the answer to some presentations changed: a rule left out. */
function variant(
  change: (decision: Decision, row: SessionRow, presented: Presentation, now: number) => Decision,
): Decide {
  return (row, cut, presented, now) =>
    change(decide(row, cut, presented, now), row as SessionRow, presented, now)
}

const kill = (row: SessionRow, now: number): Decision => ({
  outcome: 'reused',
  row: { ...row, revokedAt: now },
  recovered: false,
  now,
})

test('nobody honest is logged out while answers, or their repeats, arrive within the grace', (t) => {
  const { states, found } = explore(model({ decide, hasThief: false, wire: 1 }))
  assert.equal(found, undefined, found?.trace.join('\n'))
  t.diagnostic(`${states} states`)
  assert.ok(states > 1000, `${states} states`)
})

test('no generation gets two successors, and no old one buys anything after the grace, with a thief about', (t) => {
  const { states, found } = explore(model({ decide, hasThief: true, wire: 1 }))
  assert.equal(found, undefined, found?.trace.join('\n'))
  t.diagnostic(`${states} states`)
  assert.ok(states > 1000, `${states} states`)
})

const planted: readonly [string, Decide, boolean][] = [
  [
    'older generations are killed inside the grace, too',
    variant((decision, row, { gen }, now) =>
      decision.outcome === 'superseded' && gen < row.gen - 1 ? kill(row, now) : decision,
    ),
    false,
  ],
  [
    'another user agent is killed inside the grace, too',
    variant((decision, row, { contextHash }, now) =>
      decision.outcome === 'superseded' && contextHash !== row.contextHash
        ? kill(row, now)
        : decision,
    ),
    false,
  ],
  [
    'there is no grace',
    variant((decision, row, { gen }, now) =>
      gen < row.gen && decision.outcome !== 'rotated' ? kill(row, now) : decision,
    ),
    false,
  ],
  [
    'a repeat moves the row on',
    variant((decision, row, _, now) =>
      decision.outcome === 'repeated'
        ? { ...decision, row: { ...row, gen: row.gen + 1, rotatedAt: now } }
        : decision,
    ),
    false,
  ],
  [
    'reuse is not noticed',
    variant((decision, row) =>
      decision.outcome === 'reused' ? { ...decision, outcome: 'repeated', row } : decision,
    ),
    true,
  ],
]

for (const [what, broken, hasThief] of planted) {
  test(`the explorer finds it when ${what}`, (t) => {
    const { found } = explore(model({ decide: broken, hasThief, wire: 1 }))
    assert.ok(found !== undefined)
    t.diagnostic(`${found.why}: ${found.trace.join(' · ')}`)
  })
}
