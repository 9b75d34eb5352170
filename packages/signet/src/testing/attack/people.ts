/** Who appears in the scenarios: a browser with one jar and several tabs, and a thief with a copy of a token. */
import { pause, type Stage } from './stage.ts'
import type { CallerContext, RefreshOutcome, TokenPairOf } from './system.ts'

/** How often an honest client tries again before it gives up, and how long it waits in between. */
const MAX_TRIES = 40
const MAX_FAULTS = 3
const RETRY_MS = 25

/**
 * A browser: one jar that all tabs share and that keeps the newest answer. It obeys the rule of "try again": it reads the
 * jar before each try and never sends the same text blindly. Once refused it is logged out.
 */
export class Browser {
  readonly #stage: Stage
  readonly #context: CallerContext | undefined
  jar: TokenPairOf
  isLoggedOut = false

  private constructor(stage: Stage, pair: TokenPairOf, context: CallerContext | undefined) {
    this.#stage = stage
    this.#context = context
    this.jar = pair
  }

  static async login(
    stage: Stage,
    context?: CallerContext,
    subject: string = stage.newSubject(),
  ): Promise<Browser> {
    return new Browser(stage, await stage.system.issue(subject, context), context)
  }

  /** Another place that keeps the same tokens and hears nothing of this one. */
  copy(): Browser {
    return new Browser(this.#stage, this.jar, this.#context)
  }

  /** A tab sends what is in the jar. The answer is under way until somebody calls `receive` with it. */
  send(
    context: CallerContext | undefined = this.#context,
    token: string = this.jar.refreshToken,
  ): Promise<RefreshOutcome> {
    return this.#stage.present(token, context)
  }

  /** An answer arrives at a tab. Answers whether the tab must try again. */
  receive(outcome: RefreshOutcome): boolean {
    if (outcome.kind === 'granted') this.jar = outcome.pair
    // A client that is told that its token is bad throws it away: the user sees the log-in page.
    if (outcome.kind === 'refused') this.isLoggedOut = true
    return outcome.kind === 'again' || outcome.kind === 'fault'
  }

  /** A whole refresh, with as many tries as it takes. */
  async refresh(context: CallerContext | undefined = this.#context): Promise<void> {
    let faults = 0
    for (let tries = 0; tries < MAX_TRIES && faults < MAX_FAULTS; tries++) {
      if (this.isLoggedOut) return
      const outcome = await this.send(context)
      if (!this.receive(outcome)) return
      if (outcome.kind === 'fault') faults++
      await pause(RETRY_MS)
    }
    this.isLoggedOut = true
  }

  /** What was sent before and answered now: received, and tried again if the answer says so. */
  async settle(outcome: RefreshOutcome, context?: CallerContext): Promise<void> {
    if (this.receive(outcome)) await this.refresh(context)
  }

  /** Whether the user is still logged in: the present access token opens doors, and so does the next one. */
  async isServed(): Promise<boolean> {
    await this.refresh()
    return !this.isLoggedOut && (await this.#stage.system.authenticate(this.jar.accessToken))
  }
}

/**
 * What became of users who did nothing wrong: their repeats came within the grace, their jar kept the newest answer.
 * Every one of them who must log in again is a spurious log-out (PROTOCOL R3).
 */
export async function fateOf(
  stage: Stage,
  browsers: readonly Browser[],
): Promise<'served' | 'loggedOut'> {
  const served = await Promise.all(browsers.map((browser) => browser.isServed()))
  const loggedOut = served.filter((each) => !each).length
  stage.counts.spuriousLogouts += loggedOut
  return loggedOut === 0 ? 'served' : 'loggedOut'
}

/** What became of users whom a policy may log out: nothing is counted. */
export async function policyOn(browser: Browser): Promise<'served' | 'loggedOut'> {
  return (await browser.isServed()) ? 'served' : 'loggedOut'
}

/** Holds a copy of somebody's refresh token and uses it like an owner. */
export class Thief {
  readonly #stage: Stage
  readonly #context: CallerContext | undefined
  token: string
  readonly loot: TokenPairOf[] = []

  constructor(stage: Stage, token: string, context?: CallerContext) {
    this.#stage = stage
    this.#context = context
    this.token = token
  }

  /** Presents the copy; what is granted replaces it. */
  async strike(token: string = this.token): Promise<RefreshOutcome['kind']> {
    const outcome = await this.#stage.present(token, this.#context)
    if (outcome.kind === 'granted') {
      this.loot.push(outcome.pair)
      this.token = outcome.pair.refreshToken
    }
    return outcome.kind
  }

  /** What the theft came to, in the end: `undetected` is a thief who can go on. */
  async result(): Promise<'nothing' | 'caught' | 'undetected'> {
    if (this.loot.length === 0) return 'nothing'
    return (await this.strike()) === 'granted' ? 'undetected' : 'caught'
  }
}
