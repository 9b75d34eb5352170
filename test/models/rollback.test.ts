/**
 * Rotation on a store that goes back to an earlier state, as one restored from a copy or failed over does: a user, a thief
 * with a copy of a token, a log-out, and a process that remembers it. And a driver that sends a request again by itself.
 * `decide` itself runs; the planted variants leave a rule out and must be found.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  decide,
  type Presentation,
  type RotationOutcome,
} from '../../packages/signet/src/sessions/rotation.ts'
import type { SessionRow } from '../../packages/signet/src/sessions/session-row.ts'
import { explore, type Model } from './explore.ts'

const END_OF_TIME = 3
const MAX_GEN = 2

type Register = Pick<SessionRow, 'gen' | 'rotatedAt' | 'revokedAt' | 'attempt' | 'replays'>

interface State {
  readonly now: number
  readonly row: Register
  readonly copy: Register | undefined
  readonly isRestored: boolean
  readonly jar: number
  readonly stolen: number | undefined
  /** Requests between the look at the process's own index and the signature. */
  readonly requests: readonly Request[]
  /** The log-out was acknowledged, and the process remembers. */
  readonly isLoggedOut: boolean
  readonly wrong: string | undefined
}

interface Request {
  readonly by: 'user' | 'thief'
  readonly gen: number
  readonly attempt: string
  /** What the store has answered; undefined while it has not. */
  readonly got?: number
}

interface Rules {
  readonly decide: typeof decide
  readonly looksAtIndex: 'before and after' | 'before' | 'never'
  readonly hasThief: boolean
  readonly grace: number
  /** Whether a request whose answer was lost is sent again as it was. */
  readonly resends: boolean
}

const rules: Rules = {
  decide,
  looksAtIndex: 'before and after',
  hasThief: true,
  grace: 1,
  resends: false,
}

const newborn: Register = {
  gen: 0,
  rotatedAt: 0,
  revokedAt: undefined,
  attempt: 'birth',
  replays: 0,
}

const start: State = {
  now: 0,
  row: newborn,
  copy: undefined,
  isRestored: false,
  jar: 0,
  stolen: undefined,
  requests: [],
  isLoggedOut: false,
  wrong: undefined,
}

const FAR = Number.MAX_SAFE_INTEGER
const bound = { epoch: 0, idleAt: FAR, absoluteAt: FAR, secretHash: 'h', macKid: 'm', history: '' }
const policy = { idleLifetime: FAR, maxReplays: 3 }

/** The store decides about a request. */
function step(
  state: State,
  index: number,
  { decide: chosen, hasThief, grace, resends }: Rules,
): State {
  const request = state.requests[index] as Request
  const asked = { ...request, secretHash: 'h', macKid: 'm', policy: { ...policy, grace } }
  const row = { ...bound, ...state.row } as SessionRow
  const decision = chosen(row, 0, asked as unknown as Presentation, state.now)
  const { gen, rotatedAt, revokedAt, replays, ...changed } = decision.row as SessionRow
  // An attempt matters only where one is sent twice; elsewhere it would only multiply the states.
  const attempt = resends ? changed.attempt : 'made'
  const after = { ...state, row: { gen, rotatedAt, revokedAt, attempt, replays } }
  const isGiven = decision.outcome === 'rotated' || decision.outcome === 'repeated'
  const ends: readonly RotationOutcome[] = ['reused', 'unknown', 'revoked']
  const isHonest = !hasThief && !state.isLoggedOut
  const wrong =
    isGiven && gen !== request.gen + 1
      ? 'a generation got another successor than the next'
      : isHonest && ends.includes(decision.outcome)
        ? 'an honest user was logged out'
        : state.wrong
  const requests = isGiven
    ? state.requests.with(index, { ...request, got: gen })
    : state.requests.toSpliced(index, 1)
  return { ...after, wrong, requests }
}

/** The process looks at its index once more and signs; the pair arrives. */
function sign(state: State, index: number, { looksAtIndex }: Rules): State {
  const { by, got } = state.requests[index] as Required<Request>
  const after = { ...state, requests: state.requests.toSpliced(index, 1) }
  if (state.isLoggedOut && looksAtIndex === 'before and after') return after
  if (state.isLoggedOut) return { ...after, wrong: 'a session that was logged out bought a token' }
  return by === 'user' ? { ...after, jar: Math.max(state.jar, got) } : { ...after, stolen: got }
}

function asks(
  state: State,
  by: Request['by'],
  gen: number,
  { looksAtIndex, resends }: Rules,
): [string, State][] {
  const isRefused = state.isLoggedOut && looksAtIndex !== 'never'
  if (isRefused || gen >= MAX_GEN || state.requests.some((request) => request.by === by)) return []
  const attempt = resends ? `with ${gen} at ${state.now}` : 'asked'
  const request = { by, gen, attempt }
  return [[`the ${by} asks with ${gen}`, { ...state, requests: [...state.requests, request] }]]
}

function model(chosen: Rules): Model<State> {
  return {
    start,
    violation: ({ wrong }) => wrong,
    actions: (state) => {
      const next: [string, State][] = []
      // Without a thief, time waits for what is under way: that is what the promise to honest users assumes.
      const isBehind = state.requests.length > 0 || state.jar < state.row.gen
      const waits = !chosen.hasThief && !chosen.resends && isBehind
      if (state.now < END_OF_TIME && !waits) next.push(['a tick', { ...state, now: state.now + 1 }])
      next.push(...asks(state, 'user', state.jar, chosen))
      if (chosen.hasThief && state.stolen === undefined)
        next.push(['the thief copies the token', { ...state, stolen: state.jar }])
      if (state.stolen !== undefined) next.push(...asks(state, 'thief', state.stolen, chosen))
      state.requests.forEach((request, i) => {
        if (request.got === undefined) {
          next.push([`the store decides about ${request.gen}`, step(state, i, chosen)])
          return
        }
        next.push([`the ${request.by} gets ${request.got}`, sign(state, i, chosen)])
        const { got: _, ...again } = request
        const requests = chosen.resends
          ? state.requests.with(i, again)
          : state.requests.toSpliced(i, 1)
        next.push([`the answer ${request.got} is lost`, { ...state, requests }])
      })
      if (!state.isLoggedOut && chosen.hasThief) {
        const row = { ...state.row, revokedAt: state.now }
        next.push(['the user logs out', { ...state, row, isLoggedOut: true }])
      }
      if (state.copy === undefined && !chosen.resends)
        next.push(['a copy is made', { ...state, copy: state.row }])
      else if (state.copy !== undefined && !state.isRestored)
        next.push(['the copy is restored', { ...state, row: state.copy, isRestored: true }])
      return next
    },
  }
}

const honest: Partial<Rules> = { hasThief: false }
const resending: Partial<Rules> = { hasThief: false, resends: true, grace: 0 }

const promises: readonly [string, Partial<Rules>][] = [
  ['a logged-out session buys nothing from a restored store while a process remembers', {}],
  ['nobody honest is logged out by a restored store', honest],
  ['nobody is logged out by a driver that sends again, even without a grace', resending],
]

for (const [what, change] of promises) {
  test(`${what}, and no generation gets two successors`, (t) => {
    const { states, found } = explore(model({ ...rules, ...change }))
    t.diagnostic(`${states} states`)
    assert.ok(found === undefined, `${found?.why}\n${found?.trace.join('\n')}`)
    assert.ok(states > 100, `${states} states`)
  })
}

const taken: typeof decide = (row, cut, presented, now) =>
  presented.gen > (row?.gen ?? 0)
    ? { outcome: 'unknown', row, recovered: false, now }
    : decide(row, cut, presented, now)

const behind: typeof decide = (row, cut, presented, now) =>
  decide(row, cut, { ...presented, gen: Math.min(presented.gen, row?.gen ?? 0) }, now)

const attemptless: typeof decide = (row, cut, presented, now) =>
  decide(row && { ...row, attempt: 'unknown' }, cut, presented, now)

const planted: readonly [string, Partial<Rules>][] = [
  ['the own index is never looked at', { looksAtIndex: 'never' }],
  ['the own index is looked at before the step only', { looksAtIndex: 'before' }],
  ['a token ahead of its row is taken for a forgery', { ...honest, decide: taken }],
  ['a restored row goes on from where it stands', { ...honest, decide: behind }],
  ['attempts are not compared', { ...resending, decide: attemptless }],
]

for (const [what, change] of planted) {
  test(`the explorer finds it when ${what}`, (t) => {
    const { found } = explore(model({ ...rules, ...change }))
    assert.ok(found !== undefined)
    t.diagnostic(`${found.why}: ${found.trace.join(' · ')}`)
  })
}
