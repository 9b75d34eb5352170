/**
 * The stamps that order logins and log-outs of a subject, under every order of events and with a register that is lost.
 * The steps themselves run, over a register and a clock; the planted variants leave a rule out and must be found.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { revoke, stampSubject } from '../../packages/signet/src/stores/tables/session-steps.ts'
import type { Register, Tables } from '../../packages/signet/src/stores/tables/tables.ts'
import { explore, type Model } from './explore.ts'

const END_OF_TIME = 6
/** Stamps run ahead of the clock by one for each log-out in a millisecond; a store that was lost is away for longer. */
const AWAY = 3
const none: Register = { stamp: 0, cut: 0, neededUntil: 0 }

interface State {
  readonly now: number
  readonly register: Register
  /** Every login and log-out in the order of their steps, with the epoch it was given. */
  readonly history: readonly { readonly what: 'login' | 'log-out'; readonly epoch: number }[]
  readonly losses: number
}

type Step = (register: Register, now: number) => { epoch: number; register: Register }

interface Rules {
  readonly login: Step
  readonly logOut: Step
}

/** The real steps, over tables that hold one register. */
const rules: Rules = {
  login: (register, now) => {
    const { tables, after } = tablesOf(register, now)
    return { epoch: stampSubject(tables, 'hs').epoch, register: after() }
  },
  logOut: (register, now) => {
    const { tables, after } = tablesOf(register, now)
    const said = { issuer: 'i', reason: undefined, entryId: 'e' }
    const what = { kind: 'subject', subject: 's', hs: 'hs', keepSid: undefined } as const
    return { epoch: revoke(tables, { ...said, ...what }).entry.epoch as number, register: after() }
  },
}

function tablesOf(register: Register, now: number) {
  let changed = register
  const tables = {
    now: () => now,
    tag: () => '',
    wake: () => {},
    register: () => changed,
    setRegister: (_: string, next: Register) => {
      changed = next
    },
    head: () => ({ position: { p: 0, tag: '' }, floor: 0 }),
    setHead: () => {},
    appendEntry: () => {},
    maxLives: () => ({}),
  } as unknown as Tables
  return { tables, after: () => changed }
}

function model({ login, logOut }: Rules): Model<State> {
  const after = (state: State, what: 'login' | 'log-out', step: Step): State => {
    const { epoch, register } = step(state.register, state.now)
    return { ...state, register, history: [...state.history, { what, epoch }] }
  }
  return {
    start: { now: 1, register: none, history: [], losses: 0 },
    violation: ({ history }) => {
      for (const [at, { what, epoch }] of history.entries()) {
        if (what !== 'login') continue
        const isRefused = (entries: State['history']) =>
          entries.some((entry) => entry.what === 'log-out' && epoch < entry.epoch)
        const later = history.slice(at + 1)
        if (later.some((entry) => entry.what === 'log-out') && !isRefused(later))
          return 'a log-out missed an older login'
        if (isRefused(history.slice(0, at))) return 'a login was over before it began'
      }
      return undefined
    },
    actions: (state) => {
      const next: [string, State][] = []
      if (state.now < END_OF_TIME) next.push(['a tick', { ...state, now: state.now + 1 }])
      if (state.history.length < 6) {
        next.push(['a login', after(state, 'login', login)])
        if (state.history.filter(({ what }) => what === 'log-out').length < 3)
          next.push(['a log-out everywhere', after(state, 'log-out', logOut)])
      }
      if (state.losses < 2 && state.register.stamp > 0) {
        const lost = { ...state, register: none, losses: state.losses + 1, now: state.now + AWAY }
        next.push(['the register is lost', lost])
      }
      return next
    },
  }
}

test('a log-out ends every older login and no newer one, whatever the clock does and the store loses', (t) => {
  const { states, found } = explore(model(rules))
  t.diagnostic(`${states} states`)
  assert.ok(found === undefined, `${found?.why}\n${found?.trace.join('\n')}`)
  assert.ok(states > 5000, `${states} states`)
})

const counted = (stamp: number): { epoch: number; register: Register } => ({
  epoch: stamp,
  register: { ...none, stamp },
})

const planted: readonly [string, Partial<Rules>][] = [
  [
    'a login does not write its stamp back',
    { login: (register, now) => ({ ...rules.login(register, now), register }) },
  ],
  [
    'a log-out takes the stamp as it is',
    { logOut: ({ stamp }, now) => counted(Math.max(stamp, now)) },
  ],
  [
    'a login goes by the clock alone',
    { login: (register, now) => ({ ...rules.login(register, now), epoch: now }) },
  ],
  [
    'the register counts and has no clock for a floor',
    { login: ({ stamp }) => counted(stamp), logOut: ({ stamp }) => counted(stamp + 1) },
  ],
]

for (const [what, change] of planted) {
  test(`the explorer finds it when ${what}`, (t) => {
    const { found } = explore(model({ ...rules, ...change }))
    assert.ok(found !== undefined)
    t.diagnostic(`${found.why}: ${found.trace.join(' · ')}`)
  })
}
