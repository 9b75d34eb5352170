/** A user who logs in, works, refreshes and logs out for minutes, and knows at each moment what must be answered. */
import assert from 'node:assert/strict'
import { clientOf, type ServerProcess } from './server-process.ts'

export interface Tally {
  requests: number
  /** Answers of 503: the store is away. */
  unavailable: number
}

interface Session {
  accessToken: string
  refreshToken: string
  readonly sessionId: string
}

export class SoakUser {
  readonly #client: ReturnType<typeof clientOf>
  readonly #subject: string
  readonly #tally: Tally
  #sessions: Session[] = []
  /** Tokens that were taken back: they must be refused for ever. */
  #dead: string[] = []
  #step = 0

  constructor(server: ServerProcess, subject: string, tally: Tally) {
    this.#client = clientOf(server)
    this.#subject = subject
    this.#tally = tally
  }

  /** Some of what must not stand in a log. */
  secrets(): readonly string[] {
    return this.#sessions.flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken])
  }

  async act(goesOn: () => boolean): Promise<void> {
    while (goesOn()) {
      this.#step += 1
      if (this.#sessions.length < 3) await this.#logIn()
      await this.#check()
      await this.#refresh()
      if (this.#step % 7 === 0) await this.#endOne()
      if (this.#step % 31 === 0) await this.#logOutEverywhere()
    }
  }

  async #logIn(): Promise<void> {
    const response = await this.#until(
      (status) => status === 201,
      () =>
        this.#client.post('/v1/sessions', { subject: this.#subject, claims: { role: 'editor' } }),
    )
    this.#sessions.push((await response.json()) as Session)
  }

  async #check(): Promise<void> {
    const session = this.#pick(this.#sessions)
    if (session !== undefined) await this.#expect(session.accessToken, 200)
    const dead = this.#pick(this.#dead)
    if (dead !== undefined) await this.#expect(dead, 401)
  }

  /** A refresh whose answer was lost is repeated with the same token, and must succeed. */
  async #refresh(): Promise<void> {
    const session = this.#pick(this.#sessions)
    if (session === undefined) return
    const response = await this.#until(
      (status) => status === 200,
      () => this.#client.refresh(session.refreshToken),
    )
    const { access_token, refresh_token } = (await response.json()) as { [name: string]: string }
    session.accessToken = access_token ?? ''
    session.refreshToken = refresh_token ?? ''
  }

  async #endOne(): Promise<void> {
    const session = this.#sessions.shift()
    if (session === undefined) return
    await this.#until(
      (status) => status === 200,
      () => this.#client.post('/v1/revocations', { sessionId: session.sessionId }),
    )
    this.#bury([session])
  }

  async #logOutEverywhere(): Promise<void> {
    await this.#until(
      (status) => status === 200,
      () => this.#client.post('/v1/revocations', { subject: this.#subject }),
    )
    this.#bury(this.#sessions)
    this.#sessions = []
  }

  #bury(sessions: readonly Session[]): void {
    // Enough to be sure, and few enough that the test itself does not grow.
    this.#dead = [...sessions.map(({ accessToken }) => accessToken), ...this.#dead].slice(0, 20)
  }

  async #expect(accessToken: string, status: number): Promise<void> {
    const response = await this.#until(
      (got) => got === status,
      () => this.#client.whoami(accessToken),
    )
    await response.body?.cancel()
  }

  /** Asks until the answer is the expected one; the only other answer there may be is 503. */
  async #until(
    isExpected: (status: number) => boolean,
    ask: () => Promise<Response>,
  ): Promise<Response> {
    for (;;) {
      const response = await ask()
      this.#tally.requests += 1
      if (isExpected(response.status)) return response
      const text = await response.text()
      assert.equal(response.status, 503, `${this.#subject}: ${text}`)
      assert.ok(response.headers.get('retry-after'))
      this.#tally.unavailable += 1
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from[this.#step % (from.length || 1)]
  }
}
