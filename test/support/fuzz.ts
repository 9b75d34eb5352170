/** The rounds of the fuzzer: each does one hostile thing and throws when anything but a clean refusal comes of it. */
import {
  type Algorithm,
  createVerifier,
  decodeUnverified,
  exportJwk,
  exportPem,
  InvalidKeyError,
  InvalidTokenError,
  importJwk,
  importPem,
  type Key,
  sign,
  tryVerify,
} from 'signet-jwt'
import { isFast, takePath } from '../../packages/signet/src/jose/path.ts'
import { Dice } from './dice.ts'
import { forge } from './forge.ts'
import { testKey } from './keys.ts'
import { mutate, nearlyJson } from './mutate.ts'
import { secret } from './refusals.ts'

const now = new Date('2026-01-01T00:00:00Z')

interface Target {
  readonly token: string
  readonly key: Key
  readonly verify: (token: string) => unknown
}

/** HS256 often, since it is quick, and one of each other family now and then. */
const names: readonly Algorithm[] = [
  'ES256',
  'RS256',
  'PS256',
  'Ed25519',
  'Ed448',
  'ES256K',
  'ES512',
  'ML-DSA-44',
]

const makeTarget = (key: Key): Target => ({
  key,
  token: sign({ sub: '42', role: 'editor', iss: 'https://login.example' }, key, {
    lifetimeSeconds: 1800,
    now,
  }),
  verify: createVerifier(key, { now, issuer: 'https://login.example' }),
})

export interface Tally {
  mutations: number
  accepted: number
  /** Tokens that were not changed after all, and were rightly accepted. */
  unchanged: number
  foreign: number
  /** What the fast and the documented path of the codec disagree about. */
  disputed: number
}

/** What comes of it, in one line. */
function outcome(run: () => unknown): string {
  try {
    return JSON.stringify(run())
  } catch (error) {
    return `${error}`
  }
}

export class Fuzzer {
  readonly tally: Tally = {
    mutations: 0,
    accepted: 0,
    unchanged: 0,
    foreign: 0,
    disputed: 0,
  }
  /** The first few inputs that went wrong. */
  readonly findings: string[] = []
  readonly #dice: Dice
  readonly #quick: Target
  readonly #targets: readonly Target[]
  readonly #tokens: readonly string[]

  constructor(seed: number) {
    this.#dice = new Dice(seed)
    this.#quick = makeTarget(secret)
    this.#targets = names.map((name) => makeTarget(testKey(name)))
    this.#tokens = [this.#quick, ...this.#targets].map(({ token }) => token)
  }

  round(): void {
    const choice = this.#dice.below(20)
    if (choice === 0) this.#mutateToken(this.#dice.pick(this.#targets))
    else if (choice < 4) this.#signNonsense()
    else if (choice === 4) this.#mutateKey()
    else this.#mutateToken(this.#quick)
    this.tally.mutations++
  }

  /** A changed token is refused, by an error of ours, and reading it without trust throws nothing else, either. */
  #mutateToken({ token, verify }: Target): void {
    const mutant = mutate(token, this.#dice, this.#tokens)
    try {
      verify(mutant)
      if (mutant === token) this.tally.unchanged++
      else this.#accept(mutant)
    } catch (error) {
      if (!(error instanceof InvalidTokenError) || mutant === token) this.#complain(error, mutant)
    }
    this.#decode(mutant)
    this.#compare(mutant, () => verify(mutant))
  }

  /** Signed for real, so that all of it is read: header and claims that are nearly what they should be. */
  #signNonsense(): void {
    const header =
      this.#dice.below(2) === 0
        ? '{"alg":"HS256"}'
        : nearlyJson('{"alg":"HS256","typ":"JWT"}', this.#dice)
    const claims = nearlyJson(
      '{"sub":"42","exp":1900000000,"aud":["a"],"role":"editor"}',
      this.#dice,
    )
    const token = forge(header, claims)
    try {
      const result = tryVerify(token, secret, { now, audience: 'a' })
      if (
        result.ok &&
        (result.value === null || typeof result.value !== 'object' || Array.isArray(result.value))
      ) {
        this.#accept(token)
      }
    } catch (error) {
      this.#complain(error, token)
    }
    this.#decode(token)
    this.#compare(token, () => tryVerify(token, secret, { now, audience: 'a' }))
  }

  /** Both paths of the codec say the same, to the letter of the message. */
  #compare(token: string, run: () => unknown): void {
    const before = isFast() ? 'fast' : 'documented'
    const both = [() => run(), () => decodeUnverified(token)]
    takePath('fast')
    const fast = both.map(outcome).join()
    takePath('documented')
    const documented = both.map(outcome).join()
    takePath(before)
    if (fast === documented) return
    this.tally.disputed++
    this.#note(`fast ${fast}, documented ${documented} from: ${token}`)
  }

  #decode(token: string): void {
    try {
      decodeUnverified(token)
    } catch (error) {
      if (!(error instanceof InvalidTokenError)) this.#complain(error, token)
    }
  }

  /** A changed key is refused by an error of ours, or it is a key. */
  #mutateKey(): void {
    const { key } = this.#dice.pick(this.#targets)
    const pem = exportPem(key)
    const jwk = { ...exportJwk(key) } as Record<string, unknown>
    const member = this.#dice.pick(Object.keys(jwk))
    jwk[member] = this.#dice.pick([
      nearlyJson(String(jwk[member]), this.#dice),
      5,
      null,
      [],
      {},
      '',
      undefined,
    ])
    try {
      if (this.#dice.below(2) === 0) importJwk(jwk)
      else importPem(mutate(pem, this.#dice, [pem]), { algorithm: key.algorithm })
    } catch (error) {
      if (!(error instanceof InvalidKeyError)) this.#complain(error, JSON.stringify(jwk))
    }
  }

  #accept(token: string): void {
    this.tally.accepted++
    this.#note(`accepted: ${token}`)
  }

  #complain(error: unknown, input: string): void {
    this.tally.foreign++
    this.#note(`${error} from: ${input}`)
  }

  #note(finding: string): void {
    if (this.findings.length < 10) this.findings.push(finding)
  }
}
