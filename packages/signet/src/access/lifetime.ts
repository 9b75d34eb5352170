/**
 * Signals that fire when an access token is over, for what outlives the request it came with: a WebSocket, a stream of
 * events, a long job.
 *
 * One timer serves all of them, and a revocation asks only about the tokens it can hit: those of its id, its session, its
 * subject or its key. A signal whose verifier is out of date fires, too: what verify would refuse must not stay connected.
 */
import { StaleRevocationsError } from '../errors.ts'
import { checkOneOf, checkOptions, describe } from '../options.ts'
import type { LogEntry } from '../revocation/entry.ts'
import type { Lease } from '../revocation/lease.ts'
import type { OnStale } from '../revocation/log-store.ts'
import type { Clock } from '../system.ts'
import type { AccessClaims } from './access-claims.ts'
import { Groups } from './groups.ts'
import { kidOf } from './signing-key.ts'

/** Fires once, with the error that verify would throw as its `reason`. Disposing of it frees what it holds. */
export type TokenLifetime = AbortSignal & Disposable

export interface WatchOptions {
  /** Whether the signal fires when revocations are stale: 'deny' fires. Default: the verifier's own choice. */
  readonly onStale?: OnStale
}

export interface LifetimeParts {
  /** Throws what verify would throw of these claims now. */
  readonly check: (claims: AccessClaims<unknown>, onStale: OnStale | undefined) => void
  readonly isWithdrawn: (kid: string) => boolean
  readonly lease: Pick<Lease, 'age'>
  /** The lease in milliseconds. */
  readonly maxStaleness: number
  readonly now: Clock
}

/** Signals asked about in one turn of the event loop: a hundred thousand at once would stop everything else. */
const SLICE = 500
/** A clock that was set is noticed after so many milliseconds. */
const LONGEST_WAIT_MS = 60_000

interface Watched {
  readonly claims: AccessClaims<unknown>
  readonly onStale: OnStale | undefined
  readonly controller: AbortController
  /** It has fired, or nobody wants to hear of it any more. */
  isOver: boolean
}

export class Lifetimes {
  readonly #parts: LifetimeParts
  readonly #byToken = new Groups<string, Watched>()
  readonly #bySession = new Groups<string, Watched>()
  readonly #bySubject = new Groups<string, Watched>()
  readonly #byKid = new Groups<string, Watched>()
  /** By expiry in milliseconds: every watched token is in it. */
  readonly #byExpiry = new Groups<number, Watched>()
  /** No expiry lies before it. */
  #nextExpiry = Number.POSITIVE_INFINITY
  #timer: ReturnType<typeof setTimeout> | undefined
  #unfollow: () => unknown = () => {}
  #closed = false

  constructor(parts: LifetimeParts) {
    this.#parts = parts
  }

  /** Tokens watched at present. */
  get size(): number {
    return this.#byExpiry.size
  }

  /** @throws TypeError when `claims` are not what verify answered */
  watch(claims: AccessClaims<unknown>, options: WatchOptions = {}): TokenLifetime {
    checkOptions('watch', options, ['onStale'])
    const { onStale } = options
    if (onStale !== undefined) checkOneOf('onStale', onStale, ['deny', 'allow'])
    // A copy has lost the key it was signed with, and a changed one is somebody else's.
    if (typeof claims?.exp !== 'number' || !Object.isFrozen(claims)) {
      throw new TypeError(
        `watch takes the claims that verify answered, not a copy of them, got ${describe(claims)}`,
      )
    }
    const watched = { claims, onStale, controller: new AbortController(), isOver: false }
    this.#add(watched)
    this.#review(watched)
    const { signal } = watched.controller
    return Object.defineProperty(signal, Symbol.dispose, {
      value: () => this.#remove(watched),
    }) as TokenLifetime
  }

  /** @param listeners those who are told of every entry once it is applied; we are among them until closed */
  follow(listeners: Set<(entry: LogEntry) => void>): void {
    const applied = (entry: LogEntry) => this.#applied(entry)
    listeners.add(applied)
    this.#unfollow = () => listeners.delete(applied)
  }

  /** Fires what is over by now. The timer calls it. */
  reviewDue(): void {
    const { now, lease, maxStaleness } = this.#parts
    if (lease.age() > maxStaleness) this.#reviewAll(this.#byExpiry.values())
    const instant = now()
    if (instant >= this.#nextExpiry) {
      const expiries = [...this.#byExpiry.keys()]
      this.#reviewAll(
        expiries.filter((at) => at <= instant).flatMap((at) => [...this.#byExpiry.get(at)]),
      )
      this.#nextExpiry = expiries
        .filter((at) => at > instant)
        .reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY)
    }
    this.#schedule()
  }

  /** Fires everything: a verifier that is closed hears of no revocation any more. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#unfollow()
    const reason = closed()
    for (const watched of [...this.#byExpiry.values()]) this.#end(watched, reason)
  }

  /** Asks about the tokens that an entry can hit. */
  #applied({ kind, key }: LogEntry): void {
    if (kind === 'ring') {
      for (const kid of this.#byKid.keys()) {
        if (this.#parts.isWithdrawn(kid)) this.#reviewAll(this.#byKid.get(kid))
      }
      return
    }
    const groups = { token: this.#byToken, session: this.#bySession, subject: this.#bySubject }
    this.#reviewAll(groups[kind].get(key))
  }

  #add(watched: Watched): void {
    const { jti, sid, sub, exp } = watched.claims
    const expiry = exp * 1000
    this.#byToken.add(jti, watched)
    this.#bySession.add(sid, watched)
    this.#bySubject.add(sub, watched)
    this.#byKid.add(kidOf(watched.claims), watched)
    this.#byExpiry.add(expiry, watched)
    if (expiry >= this.#nextExpiry && this.#timer !== undefined) return
    this.#nextExpiry = Math.min(this.#nextExpiry, expiry)
    this.#schedule()
  }

  #remove(watched: Watched): void {
    watched.isOver = true
    const { jti, sid, sub, exp } = watched.claims
    this.#byToken.delete(jti, watched)
    this.#bySession.delete(sid, watched)
    this.#bySubject.delete(sub, watched)
    this.#byKid.delete(kidOf(watched.claims), watched)
    this.#byExpiry.delete(exp * 1000, watched)
  }

  /** The first few now, the rest in turns of their own. */
  #reviewAll(all: Iterable<Watched>): void {
    const list = [...all]
    for (const watched of list.splice(0, SLICE)) this.#review(watched)
    if (list.length > 0) setImmediate(() => this.#reviewAll(list))
  }

  #review(watched: Watched): void {
    if (watched.isOver) return
    try {
      if (this.#closed) throw closed()
      this.#parts.check(watched.claims, watched.onStale)
    } catch (reason) {
      this.#end(watched, reason)
    }
  }

  #end(watched: Watched, reason: unknown): void {
    this.#remove(watched)
    watched.controller.abort(reason)
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#closed || this.size === 0) return
    const { now, lease, maxStaleness } = this.#parts
    const leaseLeft = maxStaleness - lease.age()
    // One more millisecond, since a lease of just its age is alive still.
    const untilStale = leaseLeft >= 0 ? leaseLeft + 1 : maxStaleness / 4
    const wait = Math.min(this.#nextExpiry - now(), untilStale, LONGEST_WAIT_MS)
    this.#timer = setTimeout(() => this.reviewDue(), Math.max(1, wait))
    this.#timer.unref()
  }
}

function closed(): StaleRevocationsError {
  return new StaleRevocationsError('the verifier has been closed', Number.POSITIVE_INFINITY)
}
