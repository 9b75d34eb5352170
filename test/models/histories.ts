/**
 * Random histories of whole issuers: logins, refreshes with tokens of any age, revocations and log-outs side by side, with
 * answers that are lost and processes that die between their steps. What the store did, in the order in which it did it, is
 * held to a model that knows one thing at a time; what callers heard is held to what the store did.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  type Claims,
  createSignet,
  type Signet,
  StoreUnavailableError,
  type TokenPair,
} from 'signet-jwt'
import { printPosition } from '../../packages/signet/src/revocation/position.ts'
import type { Store } from '../../packages/signet/src/stores/store.ts'
import { type Recorded, recordingStore } from './recording-store.ts'
import { SequentialModel } from './sequential-model.ts'

const SECRET = '3f7c1f4e0b9a2d58e36f0147ac9bd3825e6a0f1c47d98b25e3'
const START = Date.parse('2026-01-01T00:00:00Z')

type Operation =
  | { readonly do: 'issue'; readonly subject: number }
  | { readonly do: 'refresh'; readonly session: number; readonly age: number }
  | { readonly do: 'revoke'; readonly session: number }
  | { readonly do: 'log out'; readonly subject: number }

export interface Round {
  /** Asked for side by side. */
  readonly operations: readonly Operation[]
  /** Which of the store's answers are lost. */
  readonly lost: readonly number[]
  /** The process dies after so many of the store's steps; undefined: it lives on. */
  readonly dies: number | undefined
  /** How much later the next round is, in milliseconds. The grace is ten seconds. */
  readonly pause: number
}

const subject = fc.integer({ min: 0, max: 1 })
const session = fc.nat({ max: 5 })

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('issue' as const), subject }) },
  {
    weight: 16,
    arbitrary: fc.record({
      do: fc.constant('refresh' as const),
      session,
      age: fc.constantFrom(0, 0, 0, 1, 1, 2),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('revoke' as const), session }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('log out' as const), subject }) },
)

const round: fc.Arbitrary<Round> = fc.record({
  operations: fc.array(operation, { minLength: 2, maxLength: 6, size: 'max' }),
  lost: fc.array(fc.nat({ max: 5 }), { maxLength: 2 }),
  dies: fc.option(fc.nat({ max: 5 }), { nil: undefined, freq: 6 }),
  pause: fc.constantFrom(0, 0, 1, 4000, 10_000, 10_001),
})

/** A little more than the default lease. */
const LEASE_MS = 31_000

/** @throws with the shortest history that goes wrong, and its seed. Answers how often each outcome came up */
export async function checkHistories(
  makeStore: (clock: () => Date) => Store,
  numRuns: number,
  seed: number,
): Promise<Outcomes> {
  const outcomes: Outcomes = {}
  const property = fc.asyncProperty(
    fc.array(round, { minLength: 1, maxLength: 10, size: 'max' }),
    (rounds) => new History(makeStore, outcomes).run(rounds),
  )
  await fc.assert(property, {
    numRuns,
    seed,
    interruptAfterTimeLimit: 110_000,
    markInterruptAsFailure: true,
  })
  return outcomes
}

/** A map from outcomes to how often they came up. */
type Outcomes = { [outcome: string]: number }

class History {
  #now = START
  readonly #store: Store
  readonly #outcomes: Outcomes
  readonly #recorded: Recorded[] = []
  readonly #model = new SequentialModel()
  /** Pairs as callers got them, per session by generation. */
  readonly #pairs = new Map<string, TokenPair[]>()
  readonly #sessions: string[] = []

  constructor(makeStore: (clock: () => Date) => Store, outcomes: Outcomes) {
    this.#outcomes = outcomes
    this.#store = makeStore(() => new Date(this.#now))
  }

  async run(rounds: readonly Round[]): Promise<void> {
    let issuer = await this.#start()
    // Keys older than a lease are known to all: whoever starts in the place of a dead process signs at once.
    this.#now += LEASE_MS
    for (const each of [0, 1]) await this.#carryOut(issuer.signet, { do: 'issue', subject: each })
    for (const { operations, lost, dies, pause } of rounds) {
      issuer.faults.begin(lost, dies)
      const calls = operations.map((each) => this.#carryOut(issuer.signet, each))
      for (const call of await Promise.allSettled(calls)) {
        if (call.status === 'rejected') throw call.reason
      }
      issuer.faults.end()
      this.#replay()
      if (dies !== undefined) {
        issuer.faults.cut()
        await issuer.signet.close()
        issuer = await this.#start()
      }
      this.#now += pause
    }
    await this.#checkTokens(issuer.signet)
    await issuer.signet.close()
    await this.#store.close()
  }

  async #start() {
    const { store, faults } = recordingStore(this.#store, () => this.#now, this.#recorded)
    const signet = await createSignet({
      issuer: 'https://issuer.example',
      secret: SECRET,
      store,
      // Too short for a second try: an answer that is lost is lost for the caller.
      storeTimeoutSeconds: 0.05,
      clock: () => new Date(this.#now),
    })
    return { signet, faults }
  }

  async #carryOut(signet: Signet<Claims>, each: Operation): Promise<void> {
    const sid = 'session' in each ? this.#sessions[each.session % this.#sessions.length] : undefined
    try {
      if (each.do === 'issue')
        this.#keep(await signet.issue({ subject: `user ${each.subject}`, claims: {} }))
      else if (each.do === 'log out') await signet.revoke({ subject: `user ${each.subject}` })
      else if (sid === undefined) return
      else if (each.do === 'revoke') await signet.revoke({ sessionId: sid })
      else await this.#refresh(signet, sid, each.age)
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error
    }
  }

  async #refresh(signet: Signet<Claims>, sid: string, age: number): Promise<void> {
    const tokens = (this.#pairs.get(sid) ?? []).map(({ refreshToken }) => refreshToken)
    const token = tokens.filter((each) => each !== undefined).at(-1 - age)
    if (token === undefined) return
    try {
      this.#keep(await signet.refresh(token))
    } catch (error) {
      const refusals = /^(Reused|Revoked|Superseded)RefreshTokenError$/
      if (!refusals.test((error as Error).name)) throw error
    }
  }

  /** One generation is one text, whoever asked for it and how often. */
  #keep(pair: TokenPair): void {
    const { sessionId, refreshToken } = pair
    const known = this.#pairs.get(sessionId) ?? []
    if (known.length === 0) this.#sessions.push(sessionId)
    this.#pairs.set(sessionId, known)
    const payload = Buffer.from(refreshToken.split('.')[1] as string, 'base64url')
    const { gen } = JSON.parse(payload.toString()) as { gen: number }
    if (known[gen] !== undefined) assert.equal(refreshToken, known[gen].refreshToken, 'a fork')
    known[gen] = pair
  }

  #replay(): void {
    for (const step of this.#recorded.splice(0)) {
      this.#model.follow(step)
      const outcome = step.what === 'presented' ? step.outcome : step.what
      this.#outcomes[outcome] = (this.#outcomes[outcome] ?? 0) + 1
    }
  }

  /** In the end a caught-up verifier accepts the tokens of sessions that are alive and no others. */
  async #checkTokens(signet: Signet<Claims>): Promise<void> {
    const head = printPosition(await this.#store.head())
    while (signet.status().position !== head) await new Promise((resolve) => setImmediate(resolve))
    for (const [sid, pairs] of this.#pairs) {
      const { accessToken } = pairs.at(-1) as TokenPair
      const expected = this.#model.isAlive(sid) ? 'accepted' : 'RevokedTokenError'
      const { ok, ...rest } = signet.tryVerify(accessToken)
      assert.equal(ok ? 'accepted' : (rest as { error: Error }).error.name, expected)
    }
  }
}
