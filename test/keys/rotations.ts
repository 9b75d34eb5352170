/** Four issuers on one store rotate once a second while all of them issue, refresh and verify each other's tokens. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeUnverified, generateSecret } from 'signet-jwt'
import { IssuerProcess } from './issuer-process.ts'

const PROCESSES = 4
const PAUSE_MS = 25
/** A key is withdrawn after so many rotations. */
const WITHDRAW_EVERY = 5
/** Verification of the last moment of a token's life, in milliseconds before its end. */
const LAST_MOMENT_MS = 500

export interface Tally {
  readonly rotations: number
  readonly verified: number
  readonly refreshed: number
  readonly withdrawn: number
}

/** Goes on until so many keys have signed. Whatever is refused or accepted wrongly is an assertion that fails. */
export async function rotateUnderLoad(rotations: number): Promise<Tally> {
  const directory = mkdtempSync(join(tmpdir(), 'signet-'))
  const options = { path: join(directory, 'signet.db'), masterKey: generateSecret() }
  const issuers: IssuerProcess[] = []
  try {
    for (let i = 0; i < PROCESSES; i++)
      issuers.push(await IssuerProcess.start({ ...options, rotateEverySeconds: 1 }))
    return await new Load(issuers, rotations).run()
  } finally {
    await Promise.all(issuers.map((issuer) => issuer.end()))
    rmSync(directory, { recursive: true })
  }
}

/** A token and all that became of it. */
interface Issued {
  readonly token: string
  readonly kid: string
  readonly expiresAt: number
}

class Load {
  readonly #issuers: readonly IssuerProcess[]
  readonly #rotations: number
  /** kids that have signed, in the order in which they did. */
  readonly #signed: string[] = []
  readonly #withdrawn = new Set<string>()
  readonly #recent: Issued[] = []
  readonly #checks: Promise<void>[] = []
  #verified = 0
  #refreshed = 0
  /** While a key is being withdrawn its tokens may be refused already, or accepted still. */
  #leaving: string | undefined

  constructor(issuers: readonly IssuerProcess[], rotations: number) {
    this.#issuers = issuers
    this.#rotations = rotations
  }

  async run(): Promise<Tally> {
    const done = () => this.#signed.length > this.#rotations
    await Promise.all([
      ...this.#issuers.map((issuer, place) => this.#session(issuer, place, done)),
      this.#withdrawals(done),
    ])
    await Promise.all(this.#checks)
    return {
      rotations: this.#signed.length - 1,
      verified: this.#verified,
      refreshed: this.#refreshed,
      withdrawn: this.#withdrawn.size,
    }
  }

  /** One client: logs in here, refreshes elsewhere, and every process verifies what it gets. */
  async #session(home: IssuerProcess, place: number, done: () => boolean): Promise<void> {
    let refreshToken: string | undefined
    for (let round = 0; !done(); round++) {
      const other = this.#issuers[(place + round) % PROCESSES] as IssuerProcess
      const goneBefore = new Set(this.#withdrawn)
      const isLogin = refreshToken === undefined || round % 20 === 0
      const pair = isLogin
        ? await home.ask('issue')
        : await other.ask('refresh', refreshToken as string)
      if (!isLogin) this.#refreshed++
      refreshToken = pair.refreshToken
      const issued = this.#watch(pair.accessToken)
      assert.ok(!goneBefore.has(issued.kid), 'a withdrawn key has signed')
      await sleep(PAUSE_MS)
    }
  }

  #watch(token: string): Issued {
    const { header, claims } = decodeUnverified(token)
    const issued = { token, kid: header.kid as string, expiresAt: (claims.exp as number) * 1000 }
    if (!this.#signed.includes(issued.kid)) this.#signed.push(issued.kid)
    this.#recent.push(issued)
    if (this.#recent.length > 200) this.#recent.shift()
    const untilLast = issued.expiresAt - Date.now() - LAST_MOMENT_MS
    this.#checks.push(this.#verify(issued))
    this.#checks.push(sleep(Math.max(0, untilLast)).then(() => this.#verify(issued)))
    return issued
  }

  async #verify(issued: Issued): Promise<void> {
    const { token, kid, expiresAt } = issued
    const wasWithdrawn = this.#withdrawn.has(kid)
    const answers = await Promise.all(this.#issuers.map((issuer) => issuer.ask('verify', token)))
    // A busy machine may have let the token run out before it was asked about.
    if (Date.now() >= expiresAt) return
    for (const answer of answers) {
      this.#verified++
      if (wasWithdrawn) assert.equal(answer, 'RevokedTokenError')
      else if (kid !== this.#leaving && !this.#withdrawn.has(kid)) assert.equal(answer, 'accepted')
    }
  }

  /** Now and then the key that signs is withdrawn: from the receipt on, its tokens are refused everywhere. */
  async #withdrawals(done: () => boolean): Promise<void> {
    for (let after = WITHDRAW_EVERY; ; after += WITHDRAW_EVERY) {
      while (this.#signed.length <= after && !done()) await sleep(PAUSE_MS)
      if (done()) return
      const kid = this.#signed.at(-1) as string
      this.#leaving = kid
      const issuer = this.#issuers[after % PROCESSES] as IssuerProcess
      const receipt = await issuer.ask('revoke', { keyId: kid })
      assert.equal(receipt.complete, true)
      this.#withdrawn.add(kid)
      this.#leaving = undefined
      const theirs = this.#recent.filter((issued) => issued.kid === kid)
      assert.ok(theirs.length > 0)
      await Promise.all(theirs.map((issued) => this.#verify(issued)))
    }
  }
}
