/**
 * Where scenarios are played: the system, watched. What is counted is counted here, once, from what goes over the port,
 * so that no scenario can forget it.
 */
import type { CallerContext, RefreshOutcome, RotationSystem, TokenPairOf } from './system.ts'

export interface Counts {
  /** Successors that one refresh token bought beyond its first: every one is a second branch of the session. */
  doubleSpends: number
  /** After a session was ended over reuse: refresh tokens of it that still bought something. */
  survivors: number
  /** And access tokens of it that still let someone in. */
  accessSurvivors: number
  /** Honest clients that must log in again although they did nothing that PROTOCOL R3 excludes. */
  spuriousLogouts: number
  /** Answers "try again": 503 with nothing changed. */
  retries: number
  /** Answers that are none of the above: 5xx, timeouts. */
  faults: number
}

export interface StageOptions {
  readonly seed: number
  /** Simultaneous refreshes of one token, and simultaneous pairs. */
  readonly size: number
}

/** Where pages have tabs and programs have threads. */
export const phone: CallerContext = { userAgent: 'Phone/1.0' }
export const laptop: CallerContext = { userAgent: 'Laptop/2.0' }
export const burglar: CallerContext = { userAgent: 'curl/8.0' }

export class Stage {
  readonly system: RotationSystem
  readonly size: number
  readonly seed: number
  readonly counts: Counts = {
    doubleSpends: 0,
    survivors: 0,
    accessSurvivors: 0,
    spuriousLogouts: 0,
    retries: 0,
    faults: 0,
  }
  readonly #successors = new Map<string, Set<string>>()
  #subjects = 0
  #drawn = 0

  constructor(system: RotationSystem, { seed, size }: StageOptions) {
    this.system = system
    this.seed = seed
    this.size = size
  }

  /** A name nobody has had yet. */
  newSubject(): string {
    return `subject-${this.seed}-${++this.#subjects}`
  }

  /** Presents a token, and keeps the books. */
  async present(refreshToken: string, context?: CallerContext): Promise<RefreshOutcome> {
    const outcome = await this.system.refresh(refreshToken, context)
    if (outcome.kind === 'again') this.counts.retries++
    if (outcome.kind === 'fault') this.counts.faults++
    if (outcome.kind === 'granted') this.#book(refreshToken, outcome.pair.refreshToken)
    return outcome
  }

  #book(refreshToken: string, successor: string): void {
    const known = this.#successors.get(refreshToken)
    if (known === undefined) this.#successors.set(refreshToken, new Set([successor]))
    else if (!known.has(successor)) {
      known.add(successor)
      this.counts.doubleSpends++
    }
  }

  /** Lets time pass: on the system's clocks where they can be wound, else for real. */
  async pass(seconds: number): Promise<void> {
    if (seconds === 0) return
    if (this.system.windSeconds !== undefined) await this.system.windSeconds(seconds)
    else await pause(seconds * 1000)
  }

  /** A moment beyond the grace: what comes now is no race any more. */
  async passGrace(): Promise<void> {
    await this.pass(this.system.graceSeconds + 1)
  }

  /** Counts what is left of a session that the system has ended. Newest first, which is what a survivor would be. */
  async countSurvivors(family: readonly TokenPairOf[]): Promise<number> {
    let survivors = 0
    for (const { refreshToken } of family.toReversed()) {
      if ((await this.present(refreshToken)).kind === 'granted') survivors++
    }
    for (const { accessToken } of family) {
      if (await this.#staysAccepted(accessToken)) this.counts.accessSurvivors++
    }
    this.counts.survivors += survivors
    return survivors
  }

  async #staysAccepted(accessToken: string): Promise<boolean> {
    let left = (this.system.propagationSeconds ?? 0) * 1000
    while (await this.system.authenticate(accessToken)) {
      if (left <= 0) return true
      await pause(POLL_MS)
      left -= POLL_MS
    }
    return false
  }

  /** A number from 0 to below `limit` that follows from the seed: the same story each time it is told. */
  draw(limit: number): number {
    // A linear congruence (Knuth, MMIX) is all the chance a schedule needs.
    let state = BigInt(this.seed) * 1_000_003n + BigInt(++this.#drawn)
    for (let i = 0; i < 3; i++) {
      state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n)
    }
    return Number((state >> 33n) % BigInt(limit))
  }
}

const POLL_MS = 20

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
