/**
 * A system that rotates refresh tokens in memory, for attacks: sound as it stands, and wrong in one way where a flaw is
 * asked for. The flaws are those of real systems.
 */
import type {
  CallerContext,
  FrozenClock,
  RefreshOutcome,
  RotationSystem,
  TokenPairOf,
} from 'signet-jwt/testing'

export type RotatorFlaw =
  | 'reads, waits, then writes'
  | 'has no grace'
  | 'ends a session over an older generation inside the grace'
  | 'ends a session over another user agent inside the grace'
  | 'ends a session over many repeats'
  | 'forgets the descendants when it ends a session'
  | 'ends a session token by token'
  | 'leaves access tokens alone'
  | 'ends every session of the user'
  | 'gives a repeat a successor of its own'
  | 'answers the predecessor for ever'
  | 'answers any generation inside the grace'
  | 'begins the grace anew with every repeat'
  | 'replaces a successor that was not used'
  | 'ignores the user agent'
  | 'never ends a session'
  | 'answers 500 to whoever comes second'
  | 'dies between two statements'
  | 'answers 500 after a crash'

const GRACE_MS = 10_000
const ACCESS_MS = 1_800_000
const MAX_REPEATS = 100

interface Family {
  readonly subject: string
  readonly tokens: Token[]
  /** The newest token. */
  current: Token
  rotatedAt: number
  context: string | undefined
  repeats: number
  isOver: boolean
}

interface Token {
  readonly text: string
  readonly family: Family
  readonly generation: number
  readonly bornAt: number
  isUsed: boolean
  isDead: boolean
}

export class FlawedRotator implements RotationSystem {
  readonly name: string
  readonly graceSeconds = GRACE_MS / 1000
  readonly #clock: FrozenClock
  readonly #flaw: RotatorFlaw | undefined
  readonly #tokens = new Map<string, Token>()
  #dies = false
  #hasCrashed = false

  constructor(clock: FrozenClock, flaw?: RotatorFlaw) {
    this.#clock = clock
    this.#flaw = flaw
    this.name = `a system that ${flaw ?? 'is sound'}`
  }

  readonly crashes = {
    points: ['in the middle', 'at the end'],
    crash: async (point: string, refreshToken: string, context?: CallerContext) => {
      this.#dies = point === 'in the middle'
      await this.refresh(refreshToken, context)
      this.#dies = false
      this.#hasCrashed = true
    },
  }

  async issue(subject: string, context?: CallerContext): Promise<TokenPairOf> {
    const family = {
      subject,
      tokens: [],
      rotatedAt: this.#now(),
      context: context?.userAgent,
      repeats: 0,
      isOver: false,
    } as unknown as Family
    return this.#pairOf(this.#grow(family, 0))
  }

  windSeconds(seconds: number): void {
    this.#clock.windSeconds(seconds)
  }

  async authenticate(accessToken: string): Promise<boolean> {
    const token = this.#tokens.get(accessToken.replace('access of ', '')) as Token
    const isAlive = this.#has('leaves access tokens alone') || !isEnded(token)
    return isAlive && this.#now() < token.bornAt + ACCESS_MS
  }

  async refresh(refreshToken: string, context?: CallerContext): Promise<RefreshOutcome> {
    if (this.#hasCrashed && this.#has('answers 500 after a crash')) return { kind: 'fault' }
    const token = this.#tokens.get(refreshToken)
    if (token === undefined || isEnded(token)) return { kind: 'refused' }
    const isFirst = !token.isUsed
    if (this.#has('reads, waits, then writes')) await nextTurn()
    if (isFirst) return this.#rotate(token, context)
    if (this.#has('answers 500 to whoever comes second')) return { kind: 'fault' }
    return this.#repeat(token, context)
  }

  #rotate(token: Token, context: CallerContext | undefined): RefreshOutcome {
    const { family } = token
    token.isUsed = true
    family.rotatedAt = this.#now()
    family.context = context?.userAgent
    family.repeats = 0
    if (this.#dies && this.#has('dies between two statements')) {
      // The token is used, and there is nothing it was used for.
      family.current = { ...token, generation: token.generation + 2, isDead: true }
      return { kind: 'fault' }
    }
    return { kind: 'granted', pair: this.#pairOf(this.#grow(family, token.generation + 1)) }
  }

  #repeat(
    token: Token,
    context: CallerContext | undefined,
  ): RefreshOutcome | Promise<RefreshOutcome> {
    const { family } = token
    const isPredecessor = token.generation === family.current.generation - 1
    const isElsewhere =
      context?.userAgent !== undefined &&
      family.context !== undefined &&
      context.userAgent !== family.context
    const isLate = this.#now() - family.rotatedAt > GRACE_MS
    if (isPredecessor && this.#has('answers the predecessor for ever')) return this.#again(family)
    if (isLate || this.#has('has no grace')) return this.#end(token)
    if (this.#has('answers any generation inside the grace')) return this.#again(family)
    if (!isPredecessor)
      return this.#wait(token, 'ends a session over an older generation inside the grace')
    if (isElsewhere && !this.#has('ignores the user agent')) {
      return this.#wait(token, 'ends a session over another user agent inside the grace')
    }
    const limit = this.#has('ends a session over many repeats') ? 1 : MAX_REPEATS
    if (family.repeats++ >= limit) return this.#wait(token, 'ends a session over many repeats')
    if (this.#has('begins the grace anew with every repeat')) family.rotatedAt = this.#now()
    if (this.#has('gives a repeat a successor of its own')) {
      return { kind: 'granted', pair: this.#pairOf(this.#grow(family, family.current.generation)) }
    }
    if (this.#has('replaces a successor that was not used')) {
      family.current.isUsed = true
      return { kind: 'granted', pair: this.#pairOf(this.#grow(family, family.current.generation)) }
    }
    return this.#again(family)
  }

  /** The same successor once more. */
  #again(family: Family): RefreshOutcome {
    return { kind: 'granted', pair: this.#pairOf(family.current) }
  }

  /** Inside the grace everything odd is asked to try again, unless that is what is wrong here. */
  #wait(token: Token, flaw: RotatorFlaw): RefreshOutcome | Promise<RefreshOutcome> {
    return this.#has(flaw) ? this.#end(token) : { kind: 'again' }
  }

  async #end(token: Token): Promise<RefreshOutcome> {
    const { family } = token
    if (this.#has('never ends a session')) return { kind: 'refused' }
    if (this.#has('forgets the descendants when it ends a session')) {
      for (const each of family.tokens) each.isDead = each.generation <= token.generation + 1
      if (family.current.generation > token.generation + 1) return { kind: 'refused' }
    }
    if (this.#has('ends a session token by token')) {
      const known = [...family.tokens]
      await nextTurn()
      for (const each of known) each.isDead = true
      return { kind: 'refused' }
    }
    family.isOver = true
    if (this.#has('ends every session of the user')) {
      for (const { family: each } of this.#tokens.values()) {
        if (each.subject === family.subject) each.isOver = true
      }
    }
    return { kind: 'refused' }
  }

  #grow(family: Family, generation: number): Token {
    const text = `token ${this.#tokens.size}`
    const token = {
      text,
      family,
      generation,
      bornAt: this.#now(),
      isUsed: false,
      isDead: false,
    }
    this.#tokens.set(text, token)
    family.tokens.push(token)
    family.current = token
    return token
  }

  #pairOf({ text }: Token): TokenPairOf {
    return { accessToken: `access of ${text}`, refreshToken: text }
  }

  #has(flaw: RotatorFlaw): boolean {
    return this.#flaw === flaw
  }

  #now(): number {
    return this.#clock().getTime()
  }
}

function isEnded({ family, isDead }: Token): boolean {
  return family.isOver || isDead
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
