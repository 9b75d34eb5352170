/** Following revocations without issuing anything: what verifiers of other processes and other issuers stand on. */
import { type LifetimeParts, Lifetimes } from './access/lifetime.ts'
import { withDeadline } from './deadline.ts'
import { namesIn } from './keys/ring-document.ts'
import type { RingStore } from './keys/ring-store.ts'
import { checkOneOf, checkOptions, checkSeconds, checkText, describe } from './options.ts'
import { FOREIGN_LIFE_MS } from './revocation/entry.ts'
import { Follower } from './revocation/follower.ts'
import type { RingFollower } from './revocation/follower-options.ts'
import { httpLog } from './revocation/http-log.ts'
import type { LeaseView } from './revocation/lease.ts'
import type { FollowedLog, OnStale } from './revocation/log-store.ts'
import { printPosition } from './revocation/position.ts'
import type { Store } from './stores/store.ts'
import { system } from './system.ts'

export interface FollowerStatus {
  /** Whether verify can accept anything now. */
  readonly ready: boolean
  /** The last place of the revocation log applied. */
  readonly position: string
  /** Seconds since revocations were last known to be complete; infinite before the first time. */
  readonly staleForSeconds: number
  /** Revocations held in memory. */
  readonly entries: number
  /** Verifiers in the fleet, this one included. */
  readonly followers: number
}

/** The revocations of a store, followed in memory. Verifiers are given it; one serves any number of them. */
export interface Revocations {
  status(): FollowerStatus
  /** Leaves the fleet; every verifier that stands on it refuses from here on. */
  close(): Promise<void>
}

export interface FollowOptions {
  /** How long verifiers may go on without hearing of revocations. Default 30, from 0.5 to 3600. */
  readonly maxStalenessSeconds?: number
  /** Bound on every call to the store or the feed. Default 2, from 0.05 to 60. */
  readonly storeTimeoutSeconds?: number
  /** Told of failures in the background; the next attempt may succeed. */
  readonly onError?: (error: unknown) => void
}

/** Where a server with a feed is, and the admin key (scope `follow`) it asks for. */
export interface FeedSource {
  readonly url: string | URL
  readonly token: string
}

/**
 * Follows the revocations of a store, or of a Signet server for a service without access to its store. Resolves once
 * everything revoked so far is known.
 *
 * @throws TypeError, RangeError naming the option; StoreUnavailableError when the source does not answer
 */
export async function followRevocations(
  source: Store | FeedSource,
  options: FollowOptions = {},
): Promise<Revocations> {
  checkOptions('followRevocations', options, [
    'maxStalenessSeconds',
    'storeTimeoutSeconds',
    'onError',
  ])
  const { maxStalenessSeconds = 30, storeTimeoutSeconds = 2, onError = () => {} } = options
  const maxStaleness =
    checkSeconds('maxStalenessSeconds', maxStalenessSeconds, { min: 0.5, max: 3600 }) * 1000
  const timeout =
    checkSeconds('storeTimeoutSeconds', storeTimeoutSeconds, { min: 0.05, max: 60 }) * 1000
  const { log, ring, declare } = isStore(source)
    ? ofStore(source, timeout)
    : ofFeed(readFeed(source), timeout)
  const follower = new Follower({
    store: log,
    ring,
    memberId: system.uuid(),
    maxStaleness,
    onStale: 'deny',
    storeTimeout: timeout,
    clocks: system,
    randomBytes: system.randomBytes,
    now: system.now,
    onError,
    onLostWrites: () => {},
  })
  await follower.start()
  return new FollowedRevocations(follower, (kid) => ring.withdrawn.has(kid), declare)
}

/** What createAccessVerifier needs of revocations, whoever follows them. */
export class FollowedRevocations implements Revocations {
  readonly follower: Follower
  readonly isWithdrawn: (kid: string) => boolean
  readonly #declare: ((issuer: string, maxLife: number) => Promise<unknown>) | undefined

  constructor(
    follower: Follower,
    isWithdrawn: (kid: string) => boolean,
    declare: ((issuer: string, maxLife: number) => Promise<unknown>) | undefined,
  ) {
    this.follower = follower
    this.isWithdrawn = isWithdrawn
    this.#declare = declare
  }

  /**
   * Makes sure that revocations of an issuer's tokens are kept as long as its tokens live.
   *
   * @param maxLife in milliseconds
   * @throws RangeError when the source keeps them for less, and cannot be told
   */
  async promise(issuer: string, maxLife: number): Promise<void> {
    await this.#declare?.(issuer, maxLife)
    await this.follower.beat()
    const kept = this.follower.maxLife(issuer) ?? FOREIGN_LIFE_MS
    if (kept >= maxLife) return
    throw new RangeError(
      `'maxLifetimeSeconds' of ${issuer} is ${maxLife / 1000}, but its revocations are kept for tokens of ${kept / 1000} s only: name the longer lifetime where they are made`,
    )
  }

  /** Signals for tokens of verifiers that stand on these revocations. */
  lifetimes(parts: Pick<LifetimeParts, 'check' | 'maxStaleness' | 'now'>): Lifetimes {
    const { follower, isWithdrawn } = this
    const lifetimes = new Lifetimes({ ...parts, isWithdrawn, lease: follower.lease })
    lifetimes.follow(follower.listeners)
    return lifetimes
  }

  status(): FollowerStatus {
    const { lease, position, index, members } = this.follower
    return {
      ready: lease.isAlive,
      position: printPosition(position),
      staleForSeconds: lease.age() / 1000,
      entries: index.size,
      followers: members,
    }
  }

  close(): Promise<void> {
    return this.follower.close()
  }
}

/** The lease as a verifier wants it, shorter or longer than that of others on the same follower (see `admit`). */
export function leaseOf(revocations: FollowedRevocations, maxStaleness: number): LeaseView {
  const { lease } = revocations.follower
  const isAliveAt = (wall?: number) => lease.age(wall) <= maxStaleness
  return {
    wall: lease.wall,
    age: (wall) => lease.age(wall),
    isAliveAt,
    get isAlive() {
      return isAliveAt()
    },
  }
}

export function readOnStale(value: OnStale | undefined): OnStale {
  return checkOneOf('onStale', value ?? 'deny', ['deny', 'allow'])
}

interface Source {
  readonly log: FollowedLog
  readonly ring: RingFollower & { readonly withdrawn: ReadonlySet<string> }
  readonly declare: ((issuer: string, maxLife: number) => Promise<unknown>) | undefined
}

function ofStore(store: Store, timeout: number): Source {
  return {
    log: store,
    ring: new WithdrawnKids(async () => {
      const document = await withDeadline(() => (store as RingStore).loadRing(), timeout)
      return document && { version: document.version, withdrawn: namesIn(document).withdrawn }
    }),
    declare: (issuer, maxLife) => withDeadline(() => store.declareIssuer(issuer, maxLife), timeout),
  }
}

function ofFeed({ url, token }: { readonly url: URL; readonly token: string }, timeout: number) {
  const random = () => (system.randomBytes(1)[0] as number) / 256
  const log = httpLog({ url, token, timeout, fetch: globalThis.fetch, random })
  const ring = new WithdrawnKids(async () => log.ring)
  return { log, ring, declare: undefined }
}

type ReadWithdrawn = () => Promise<
  { readonly version: number; readonly withdrawn: readonly string[] } | undefined
>

/** The part of the key ring that a verifier obeys without opening it. It only grows: withdrawn is withdrawn. */
class WithdrawnKids implements RingFollower {
  readonly withdrawn = new Set<string>()
  readonly #read: ReadWithdrawn
  #version = 0

  constructor(read: ReadWithdrawn) {
    this.#read = read
  }

  get version(): number {
    return this.#version
  }

  async load(): Promise<void> {
    const ring = await this.#read()
    for (const kid of ring?.withdrawn ?? []) this.withdrawn.add(kid)
    this.#version = Math.max(this.#version, ring?.version ?? 0)
  }

  /** A ring is given back by those who can open it. */
  async repair(): Promise<void> {}
}

function isStore(source: Store | FeedSource): source is Store {
  if (source === null || typeof source !== 'object') {
    throw new TypeError(
      `followRevocations takes a store, or { url, token } of a server, got ${describe(source)}`,
    )
  }
  return 'beat' in source
}

function readFeed(source: FeedSource): { readonly url: URL; readonly token: string } {
  checkOptions('followRevocations', source, ['url', 'token'])
  const token = checkText('token', source.token)
  const url = URL.parse(String(source.url))
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new TypeError("'url' must be the http or https URL of a Signet server")
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError("'url' must not hold a password: the key goes into 'token'")
  }
  // Relative paths are resolved against the last slash.
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return { url, token }
}
