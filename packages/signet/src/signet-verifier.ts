/** createAccessVerifier: access tokens of one or many issuers, checked by a service that issues none. */
import type { AccessClaims } from './access/access-claims.ts'
import { TokenCache } from './access/cache.ts'
import type { Verdict } from './access/verdict.ts'
import {
  type AccessVerifyOptions,
  createAccessCheck,
  type TokenProfile,
  type VerifierParts,
  type VerifyAccess,
} from './access/verifier.ts'
import { createRemoteKeySet } from './codec.ts'
import { InvalidClaimError, KeysUnavailableError, UnknownKeyError } from './errors.ts'
import type { Algorithm } from './jose/algorithms.ts'
import type { Claims } from './jose/claims.ts'
import { attempt, decodeUnverified, type VerifyResult } from './jose/jwt.ts'
import type { Key, KeySet } from './jose/key.ts'
import type { Schema } from './jose/schema.ts'
import { createKeySet } from './keys/key-set.ts'
import type { RemoteKeySet } from './keys/remote-key-set.ts'
import { checkOptions, checkSeconds, checkText, describe } from './options.ts'
import type { OnStale } from './revocation/log-store.ts'
import { RevocationIndex } from './revocation/revocation-index.ts'
import { type CacheOptions, readCache } from './signet-options.ts'
import {
  FollowedRevocations,
  type FollowerStatus,
  leaseOf,
  type Revocations,
  readOnStale,
} from './signet-revocations.ts'
import { system } from './system.ts'

/** Checks access tokens without I/O. */
export interface Verifier<C> {
  /**
   * The claims of an access token that is valid now and has not been revoked. Frozen.
   *
   * @throws InvalidTokenError and its kinds (401); StaleRevocationsError (503) when revocations are not known to be complete
   */
  verify(accessToken: string, options?: AccessVerifyOptions): AccessClaims<C>
  /** `verify` that asks once for an unknown key: the token of a key that is newer than what we know. */
  verifyAsync(accessToken: string, options?: AccessVerifyOptions): Promise<AccessClaims<C>>
  /** `verify` that answers a refused token as a value. Staleness still throws: it says nothing about the token. */
  tryVerify(accessToken: string, options?: AccessVerifyOptions): VerifyResult<AccessClaims<C>>
  status(): FollowerStatus
  /** Ends what it holds open. A Signet leaves the fleet and refuses from here on; the store is the caller's to close. */
  close(): Promise<void>
}

/** An issuer whose access tokens are accepted, and what they are held to. */
export type TrustedIssuer = {
  /** Claim `iss`. */
  readonly issuer: string
  /** Claim `aud` must name this, or one of these. */
  readonly audience: string | readonly string[]
  /** Algorithms accepted. Default: those the keys are bound to. */
  readonly algorithms?: readonly Algorithm[]
  /** Claim `type` must be this: 'access' for tokens of Signet. */
  readonly tokenType?: string
  /** Header parameter `typ` must be this media type: 'at+jwt' for tokens of Signet and others that keep to RFC 9068. */
  readonly typ?: string
  /**
   * The longest access token of this issuer: a longer one is refused, and revocations are kept for so long. Required with
   * `revocations`.
   */
  readonly maxLifetimeSeconds?: number
} & (
  | { readonly keys: Key | KeySet; readonly jwksUrl?: never }
  /** Where its JWK Set is (https); fetched before the verifier is ready. */
  | { readonly jwksUrl: string | URL; readonly keys?: never }
)

export interface AccessVerifierOptions<C> {
  readonly issuers: readonly TrustedIssuer[]
  /** A Standard Schema of the custom claims. */
  readonly claims?: Schema<C>
  /** From followRevocations, or a Signet's own. Without it nothing is known of revocations. */
  readonly revocations?: Revocations
  /** How much is remembered of verified tokens; false remembers nothing and verifies each anew. */
  readonly cache?: CacheOptions | false
  /** How long this verifier goes on without hearing of revocations. Default 30, from 0.5 to 3600. */
  readonly maxStalenessSeconds?: number
  /** 'allow' accepts what it cannot check then, a choice to be made knowingly. Default 'deny'. */
  readonly onStale?: OnStale
}

const issuerNames = [
  'issuer',
  'audience',
  'algorithms',
  'tokenType',
  'typ',
  'maxLifetimeSeconds',
  'keys',
  'jwksUrl',
]

/**
 * Makes a verifier for the access tokens of the issuers named.
 *
 * @throws TypeError, RangeError naming the option; KeysUnavailableError for a JWK Set that cannot be fetched
 */
export async function createAccessVerifier<C = Claims>(
  options: AccessVerifierOptions<C>,
): Promise<Verifier<C>> {
  const { issuers, claims, maxStaleness, onStale, revocations, limits } = readOptions(options)
  const cache = limits && new TokenCache<Verdict<C>>(limits)
  const opened: RemoteKeySet[] = []
  const close = async () => {
    for (const set of opened) set.close()
  }
  try {
    const checks = new Map<string, VerifyAccess<C>>()
    const sets: KeySet[] = []
    await revocations?.follower.admit(maxStaleness, onStale)
    for (const trusted of issuers) {
      const keys = await keysOf(trusted, opened)
      const maxLife = trusted.maxLifetimeSeconds && trusted.maxLifetimeSeconds * 1000
      if (maxLife !== undefined) await revocations?.promise(trusted.issuer, maxLife)
      sets.push(keys)
      const parts = { ...partsOf(trusted, keys, maxLife), schema: claims, onStale, cache }
      checks.set(
        trusted.issuer,
        createAccessCheck<C>({ ...parts, ...standing(revocations, maxStaleness) }),
      )
    }
    return face(dispatch(checks, cache), sets, revocations, close)
  } catch (error) {
    await close()
    throw error
  }
}

function readOptions<C>(options: AccessVerifierOptions<C>) {
  checkOptions('createAccessVerifier', options, [
    'issuers',
    'claims',
    'revocations',
    'cache',
    'maxStalenessSeconds',
    'onStale',
  ])
  const { issuers, claims, revocations, maxStalenessSeconds = 30 } = options
  if (!Array.isArray(issuers) || issuers.length === 0) {
    throw new TypeError("'issuers' must be a list of at least one issuer")
  }
  if (revocations !== undefined && !(revocations instanceof FollowedRevocations)) {
    throw new TypeError(
      `'revocations' is what followRevocations resolves to, or signet.revocations, got ${describe(revocations)}`,
    )
  }
  for (const trusted of issuers) checkIssuer(trusted, revocations !== undefined)
  const names = issuers.map(({ issuer }) => issuer)
  const twice = names.find((name, place) => names.indexOf(name) !== place)
  if (twice !== undefined) throw new TypeError(`'issuers' names ${twice} twice`)
  return {
    issuers,
    claims,
    revocations,
    maxStaleness:
      checkSeconds('maxStalenessSeconds', maxStalenessSeconds, { min: 0.5, max: 3600 }) * 1000,
    onStale: readOnStale(options.onStale),
    limits: readCache(options.cache),
  }
}

function checkIssuer(trusted: TrustedIssuer, hasRevocations: boolean): void {
  checkOptions('issuers', trusted, issuerNames)
  checkText('issuer', trusted.issuer)
  if ((trusted.keys === undefined) === (trusted.jwksUrl === undefined)) {
    throw new TypeError(`issuer ${trusted.issuer} needs 'keys' or 'jwksUrl', one of them`)
  }
  if (trusted.maxLifetimeSeconds !== undefined) {
    checkSeconds('maxLifetimeSeconds', trusted.maxLifetimeSeconds, { min: 1 })
  } else if (hasRevocations) {
    throw new TypeError(
      `issuer ${trusted.issuer} needs 'maxLifetimeSeconds' beside 'revocations': a revocation is kept no longer than the longest token it covers`,
    )
  }
}

async function keysOf(trusted: TrustedIssuer, opened: RemoteKeySet[]): Promise<KeySet> {
  if (trusted.jwksUrl === undefined) {
    return 'get' in trusted.keys ? trusted.keys : createKeySet([trusted.keys])
  }
  const { algorithms } = trusted
  const set = await createRemoteKeySet(
    trusted.jwksUrl,
    algorithms === undefined ? {} : { algorithms },
  )
  opened.push(set)
  return set
}

function partsOf(trusted: TrustedIssuer, keys: KeySet, maxLife: number | undefined) {
  const { issuer, audience, algorithms, tokenType, typ } = trusted
  const profile: TokenProfile = {
    ...(algorithms === undefined ? {} : { algorithms }),
    ...(tokenType === undefined ? {} : { tokenType }),
    ...(typ === undefined ? {} : { typ }),
    requiredClaims: ['exp', 'iat', 'sub'],
    age: 'stamp or issue',
  }
  return { issuer, audience, profile, keys, maxLife: () => maxLife, now: system.now }
}

type Standing = Pick<VerifierParts<unknown>, 'isWithdrawn' | 'index' | 'lease'>

/** Without revocations nothing is ever stale, because nothing is ever known. */
function standing(revocations: FollowedRevocations | undefined, maxStaleness: number): Standing {
  if (revocations === undefined) {
    const lease = { wall: system.wall, age: () => 0, isAlive: true, isAliveAt: () => true }
    return { isWithdrawn: () => false, index: new RevocationIndex(), lease }
  }
  const { isWithdrawn, follower } = revocations
  return { isWithdrawn, index: follower.index, lease: leaseOf(revocations, maxStaleness) }
}

/** Which issuer a token claims to be of decides who checks it, and the check proves it. */
function dispatch<C>(
  checks: ReadonlyMap<string, VerifyAccess<C>>,
  cache: TokenCache<Verdict<C>> | undefined,
): VerifyAccess<C> {
  const [only, ...others] = checks.values()
  if (only !== undefined && others.length === 0) return only
  return (token, options) => {
    const iss = cache?.get(token)?.source.iss ?? decodeUnverified(token).claims.iss
    const check = typeof iss === 'string' ? checks.get(iss) : undefined
    if (check !== undefined) return check(token, options)
    throw new InvalidClaimError("claim 'iss' names none of the trusted issuers", {
      claim: 'iss',
      expected: [...checks.keys()],
      received: iss,
    })
  }
}

function face<C>(
  verify: VerifyAccess<C>,
  sets: readonly KeySet[],
  revocations: FollowedRevocations | undefined,
  close: () => Promise<void>,
): Verifier<C> {
  const idle = { ready: true, position: '', staleForSeconds: 0, entries: 0, followers: 1 }
  return {
    verify,
    verifyAsync: async (accessToken, options) => {
      try {
        return verify(accessToken, options)
      } catch (error) {
        if (!(error instanceof UnknownKeyError || error instanceof KeysUnavailableError))
          throw error
        await Promise.all(sets.map((set) => ('refreshing' in set ? set.refreshing : undefined)))
        return verify(accessToken, options)
      }
    },
    tryVerify: (accessToken, options) => attempt(() => verify(accessToken, options)),
    status: () => revocations?.status() ?? idle,
    close,
  }
}
