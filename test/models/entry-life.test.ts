/**
 * The life of an entry against the life of the tokens it covers: a signer that is frozen between the step and the signature,
 * a verifier whose clock is wrong and is set both ways, entries that expire there and are trimmed in the store. The index
 * itself runs; the planted variants leave a rule out and must be found.
 */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { ENTRY_MARGIN_MS, entryExpiry } from '../../packages/signet/src/revocation/entry.ts'
import { RevocationIndex } from '../../packages/signet/src/revocation/revocation-index.ts'
import { explore, type Model } from './explore.ts'

const TICK = 60_000
/** Two ticks is the longest token; the clock starts where no instant is zero. */
const LIFE = 2 * TICK
const START = 10
const END_OF_TIME = START + 8
/** How wrong the verifier's clock may be while it runs, in ticks, and how wrong it may be when it starts. */
const WRONG = 3
const WRONG_AT_START = 1

interface State {
  /** The store's clock, in ticks. */
  readonly now: number
  /** What the verifier's clock adds to it. */
  readonly offset: number
  /** When the step that allows the token was made. */
  readonly decidedAt: number | undefined
  /** Expiry of the signed token. */
  readonly exp: number | undefined
  /** When the entry was appended. */
  readonly revokedAt: number | undefined
  readonly isTrimmed: boolean
  /** What the verifier's index has been through since its start. */
  readonly hasApplied: boolean
  readonly purgedAt: number | undefined
}

interface Rules {
  /** What the token's expiry is counted from. */
  readonly expFrom: 'the step' | 'the signature' | "the signer's clock"
  /** Whether a token that ends within what was purged is refused. */
  readonly minds: 'what was purged' | 'nothing'
  readonly margin: number
}

const rules: Rules = { expFrom: 'the step', minds: 'what was purged', margin: ENTRY_MARGIN_MS }

const start: State = {
  now: START,
  offset: 0,
  decidedAt: undefined,
  exp: undefined,
  revokedAt: undefined,
  isTrimmed: false,
  hasApplied: false,
  purgedAt: undefined,
}

const expiryOf = (revokedAt: number, { margin }: Rules) =>
  entryExpiry(revokedAt * TICK, LIFE, undefined) - ENTRY_MARGIN_MS + margin

function accepts(state: State, chosen: Rules): boolean {
  if (state.exp === undefined || state.exp <= (state.now + state.offset) * TICK) return false
  const index = new RevocationIndex(randomBytes)
  if (state.hasApplied && state.revokedAt !== undefined) {
    const at = state.revokedAt * TICK
    const said = { id: 'e', kind: 'session', issuer: 'i', key: 'x', at } as const
    index.apply({
      ...said,
      expiresAt: expiryOf(state.revokedAt, chosen),
      position: { p: 1, tag: '' },
    })
  }
  if (state.purgedAt !== undefined) index.purge(state.purgedAt * TICK)
  const token = { issuer: 'i', subject: 's', tokenId: 't', sessionId: 'x', epoch: 1 }
  if (index.revokes(token) !== undefined) return false
  return chosen.minds === 'nothing' || state.exp / 1000 > index.purgedThroughSeconds
}

function signed(state: State, { expFrom }: Rules): number {
  const from = {
    'the step': state.decidedAt as number,
    'the signature': state.now,
    "the signer's clock": (state.decidedAt as number) + 2,
  }
  return from[expFrom] * TICK + LIFE
}

function model(chosen: Rules): Model<State> {
  return {
    start,
    violation: (state) =>
      state.hasApplied || state.isTrimmed
        ? accepts(state, chosen)
          ? 'a revoked token is accepted'
          : undefined
        : undefined,
    actions: (state) => {
      const next: [string, State][] = []
      const { now, offset, decidedAt, exp, revokedAt } = state
      const isOver =
        revokedAt !== undefined && expiryOf(revokedAt, chosen) + chosen.margin < now * TICK
      if (now < END_OF_TIME) next.push(['a tick', { ...state, now: now + 1 }])
      if (decidedAt === undefined && revokedAt === undefined)
        next.push(['the store allows a token', { ...state, decidedAt: now }])
      if (decidedAt !== undefined && exp === undefined)
        next.push(['the token is signed', { ...state, exp: signed(state, chosen) }])
      // A verifier is caught up: what it has not applied its lease does not let it accept.
      if (revokedAt === undefined)
        next.push(['the session is revoked', { ...state, revokedAt: now, hasApplied: true }])
      if (isOver && !state.isTrimmed)
        next.push(['the entry is trimmed', { ...state, isTrimmed: true }])
      for (const change of [-1, 1]) {
        if (Math.abs(offset + change) <= WRONG)
          next.push([
            `the verifier's clock moves by ${change}`,
            { ...state, offset: offset + change },
          ])
      }
      next.push([
        'the verifier purges',
        { ...state, purgedAt: Math.max(state.purgedAt ?? 0, now + offset) },
      ])
      if (Math.abs(offset) <= WRONG_AT_START && revokedAt !== undefined) {
        const fresh = { ...state, purgedAt: undefined, hasApplied: !state.isTrimmed }
        next.push(['the verifier starts again', fresh])
      }
      return next
    },
  }
}

test('no revoked token comes to life, whoever is frozen and whatever clocks do', (t) => {
  const { states, found } = explore(model(rules))
  t.diagnostic(`${states} states`)
  assert.ok(found === undefined, found?.trace.join('\n'))
  assert.ok(states > 5000, `${states} states`)
})

const planted: readonly [string, Partial<Rules>][] = [
  ['the life of a token begins with its signature', { expFrom: 'the signature' }],
  ["the life of a token goes by the signer's clock", { expFrom: "the signer's clock" }],
  ['a token within what was purged is judged by the clock', { minds: 'nothing' }],
  ['entries have no margin', { margin: 0 }],
]

for (const [what, change] of planted) {
  test(`the explorer finds it when ${what}`, (t) => {
    const { found } = explore(model({ ...rules, ...change }))
    assert.ok(found !== undefined)
    t.diagnostic(found.trace.join(' · '))
  })
}
