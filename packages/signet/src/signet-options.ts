/** The options of createSignet, and the settings they come to: every default applied, every number checked. */
import type { CacheLimits } from './access/cache.ts'
import { type Algorithm, algorithmNames } from './jose/algorithms.ts'
import type { Schema } from './jose/schema.ts'
import {
  checkAudience,
  checkFlag,
  checkOneOf,
  checkOptions,
  checkSeconds,
  checkText,
  describe,
} from './options.ts'
import type { OnStale } from './revocation/log-store.ts'
import type { Listener } from './sessions/events.ts'
import type { Session } from './sessions/session.ts'
import {
  type RingOptions,
  type RotationSettings,
  readRotation,
  ringOptionNames,
} from './signet-ring-options.ts'
import type { Store } from './stores/store.ts'

export interface SignetBaseOptions<C> {
  /** Claim `iss` of every token: usually the URL of the service that issues them. */
  readonly issuer: string
  /** Claim `aud`, and what verify asks for. Default: the issuer. */
  readonly audience?: string | readonly string[]
  /** How long an access token lives. Default 1800, from 1 s to one day. */
  readonly accessLifetimeSeconds?: number
  /** A Standard Schema of the custom claims. It types issue, verify, sessions and the adapters at once. */
  readonly claims?: Schema<C>
  /** The longest access token this issuer may sign; revocations are kept that long. Default: accessLifetimeSeconds. */
  readonly maxLifetimeSeconds?: number
  /** Bound on every call to the store. Default 2, from 0.05 to 60. */
  readonly storeTimeoutSeconds?: number
  /** Claim names that sound secret and are not. */
  readonly allowSensitiveClaims?: readonly string[]
  readonly session?: SessionOptions
  readonly revocation?: RevocationOptions
  /** How much is remembered of verified tokens; false remembers nothing and verifies each anew. */
  readonly cache?: CacheOptions | false
  /** Called at each refresh with the session as it stands; what it answers replaces the custom claims and is stored. */
  readonly onRefresh?: (session: Session<C>) => C | Promise<C>
  /** Told of everything that happens to sessions. It can neither slow down nor break what it listens to. */
  readonly onEvent?: Listener
  /** The time by which claims are judged, and the clock of the ephemeral mode's store. Default: the system's. */
  readonly clock?: () => Date
}

export interface SessionOptions {
  /** A session that is not refreshed for so long is over. Default 14 days. */
  readonly idleLifetimeSeconds?: number
  /** However often it is refreshed, a session ends then. Default 90 days. */
  readonly absoluteLifetimeSeconds?: number
  /**
   * For so long after a rotation the token just replaced gets the same answer again, so that two tabs or a lost answer
   * log nobody out. Default 10; 0 is strict; anything between must leave time for a timeout and a retry:
   * storeTimeoutSeconds + 6.
   */
  readonly reuseGraceSeconds?: number
  /** Live sessions per subject; a further login revokes the longest unused. Default 100. */
  readonly maxPerSubject?: number
  /** Keep the `ip` of contexts with the session, for its owner's list of devices. It is personal data. Default false. */
  readonly recordIp?: boolean
}

export interface RevocationOptions {
  /** A verifier that has not heard of revocations for longer refuses everything. Default 30, from 0.5 to 3600. */
  readonly maxStalenessSeconds?: number
  /** 'allow' accepts what it cannot check then, a choice to be made knowingly. Default 'deny'. */
  readonly onStale?: OnStale
}

/**
 * Verified tokens are remembered, so that one that comes again is not verified again: its expiry, its revocation, the
 * keys and the lease are looked at each time. The least useful go first.
 */
export interface CacheOptions {
  /** Default 10000, from 1 to 10 million. */
  readonly maxEntries?: number
  /** Memory in bytes, estimated. Default 16 MiB, from 4096. */
  readonly maxBytes?: number
}

/** One of three ways to hold keys. */
export type SignetKeyOptions =
  /** An ephemeral key and memory; everything dies together with the process. */
  | {
      readonly secret?: never
      readonly previousSecrets?: never
      readonly keys?: never
      readonly store?: never
    }
  /** One HS256 secret from outside. Tokens signed with one of previousSecrets are still accepted. */
  | {
      readonly secret: string | undefined
      readonly previousSecrets?: readonly string[]
      readonly keys?: never
      readonly store: Store
    }
  /** Keys of the ring, sealed in the store under a master key. */
  | {
      readonly keys: RingOptions
      readonly secret?: never
      readonly previousSecrets?: never
      readonly store: Store
    }

export type SignetOptions<C> = SignetBaseOptions<C> & SignetKeyOptions

/** Durations in milliseconds. */
export interface SignetSettings extends RotationSettings {
  readonly issuer: string
  readonly audience: string | readonly string[]
  readonly accessLifetime: number
  readonly maxLifetime: number
  readonly storeTimeout: number
  readonly idleLifetime: number
  readonly absoluteLifetime: number
  readonly grace: number
  readonly maxPerSubject: number
  readonly recordIp: boolean
  readonly maxStaleness: number
  readonly onStale: OnStale
  readonly allowSensitiveClaims: readonly string[]
  readonly cache: CacheLimits | undefined
}

const DAY_SECONDS = 86_400
/** What a client is told to wait, and what its repeat may take: the grace must cover both after a timeout. */
const RETRY_MARGIN_SECONDS = 6

/** @throws TypeError, RangeError naming the option and what to write */
export function readSettings<C>(options: SignetOptions<C>): SignetSettings {
  checkNames(options)
  checkKeyChoice(options)
  const { session = {}, revocation = {} } = options
  const seconds = (
    name: string,
    value: number | undefined,
    standard: number,
    min: number,
    max: number,
  ) => checkSeconds(name, value ?? standard, { min, max }) * 1000
  const issuer = checkText('issuer', options.issuer)
  const accessLifetime = seconds(
    'accessLifetimeSeconds',
    options.accessLifetimeSeconds,
    1800,
    1,
    DAY_SECONDS,
  )
  const storeTimeout = seconds('storeTimeoutSeconds', options.storeTimeoutSeconds, 2, 0.05, 60)
  const idle = seconds(
    'session.idleLifetimeSeconds',
    session.idleLifetimeSeconds,
    14 * DAY_SECONDS,
    1,
    3650 * DAY_SECONDS,
  )
  const absolute = seconds(
    'session.absoluteLifetimeSeconds',
    session.absoluteLifetimeSeconds,
    90 * DAY_SECONDS,
    1,
    3650 * DAY_SECONDS,
  )
  const maxLifetime = seconds(
    'maxLifetimeSeconds',
    options.maxLifetimeSeconds,
    accessLifetime / 1000,
    accessLifetime / 1000,
    3650 * DAY_SECONDS,
  )
  const maxStaleness = seconds(
    'revocation.maxStalenessSeconds',
    revocation.maxStalenessSeconds,
    30,
    0.5,
    3600,
  )
  return {
    issuer,
    audience: options.audience === undefined ? issuer : checkAudience(options.audience),
    accessLifetime,
    maxLifetime,
    storeTimeout,
    idleLifetime: idle,
    absoluteLifetime: absolute,
    grace: readGrace(session.reuseGraceSeconds ?? 10, storeTimeout / 1000),
    maxPerSubject: readCount('session.maxPerSubject', session.maxPerSubject ?? 100),
    maxStaleness,
    recordIp: checkFlag('session.recordIp', session.recordIp ?? false),
    onStale: checkOneOf('revocation.onStale', revocation.onStale ?? 'deny', ['deny', 'allow']),
    allowSensitiveClaims: (options.allowSensitiveClaims ?? []).map((name) =>
      checkText('allowSensitiveClaims', name),
    ),
    ...readRotation(options.keys, { maxStaleness, maxLifetime }),
    cache: readCache(options.cache),
  }
}

function checkNames<C>(options: SignetOptions<C>): void {
  const names = [
    'issuer',
    'audience',
    'accessLifetimeSeconds',
    'claims',
    'maxLifetimeSeconds',
    'storeTimeoutSeconds',
    'allowSensitiveClaims',
    'session',
    'revocation',
    'cache',
    'onRefresh',
    'onEvent',
    'clock',
    'secret',
    'previousSecrets',
    'keys',
    'store',
  ]
  // An undefined secret gets a sentence of its own, about the variable that is not set.
  checkOptions('createSignet', options, names, { undefinedIsAbsent: ['secret'] })
  checkOptions('session', options.session ?? {}, [
    'idleLifetimeSeconds',
    'absoluteLifetimeSeconds',
    'reuseGraceSeconds',
    'maxPerSubject',
    'recordIp',
  ])
  checkOptions('revocation', options.revocation ?? {}, ['maxStalenessSeconds', 'onStale'])
  if (options.keys !== undefined) {
    checkOptions('keys', options.keys, ringOptionNames, { undefinedIsAbsent: ['masterKey'] })
  }
}

function checkKeyChoice<C>(options: SignetOptions<C>): void {
  const hasSecret = 'secret' in options
  const hasKeys = 'keys' in options
  if (hasSecret && hasKeys) {
    throw new TypeError(
      "'secret' and 'keys' are both given: one secret from outside, or a key ring, not both",
    )
  }
  if ((hasSecret || hasKeys) && !('store' in options)) {
    throw new TypeError(
      `'${hasSecret ? 'secret' : 'keys'}' needs a 'store': say where revocations live, for example store: sqliteStore('signet.db')`,
    )
  }
  if (!hasSecret && !hasKeys && 'store' in options) {
    throw new TypeError(
      "a 'store' needs a 'secret' or 'keys' beside it: a key made up at each start would leave its tokens unreadable",
    )
  }
  if ('previousSecrets' in options && !hasSecret)
    throw new TypeError("'previousSecrets' goes with 'secret'")
  if (hasKeys && !algorithmNames.includes(options.keys?.algorithm as Algorithm)) {
    throw new TypeError(`'keys.algorithm' must be one of ${algorithmNames.join(', ')}`)
  }
}

function readGrace(seconds: number, storeTimeoutSeconds: number): number {
  const grace = checkSeconds('session.reuseGraceSeconds', seconds, { max: 3600 })
  const least = storeTimeoutSeconds + RETRY_MARGIN_SECONDS
  if (grace !== 0 && grace < least) {
    throw new RangeError(
      `'session.reuseGraceSeconds' is ${grace}; write 0 for strict, or at least ${least} (storeTimeoutSeconds + ${RETRY_MARGIN_SECONDS}), so that a client whose answer was lost can repeat itself in time`,
    )
  }
  return grace * 1000
}

function readCount(name: string, value: number, min = 1, max = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    const bounds = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
    throw new RangeError(`'${name}' must be a whole number ${bounds}, got ${describe(value)}`)
  }
  return value
}

/** @throws TypeError, RangeError naming the option */
export function readCache(cache: CacheOptions | false = {}): CacheLimits | undefined {
  if (cache === false) return undefined
  checkOptions('cache', cache, ['maxEntries', 'maxBytes'])
  const { maxEntries = 10_000, maxBytes = 16 * 2 ** 20 } = cache
  return {
    maxEntries: readCount('cache.maxEntries', maxEntries, 1, 10_000_000),
    maxBytes: readCount('cache.maxBytes', maxBytes, 4096),
  }
}
