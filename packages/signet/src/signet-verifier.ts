/** createAccessVerifier: access tokens of one or many issuers, checked by a service that issues none. */
import type { AccessClaims } from './access/access-claims.ts'
import { TokenCache } from './access/cache.ts'
import {
  type LifetimeParts,
  Lifetimes,
  type TokenLifetime,
  type WatchOptions,
} from './access/lifetime.ts'
import type { Verdict } from './access/verdict.ts'
import {
  type AccessVerifyOptions,
  checkAgain,
  createAccessCheck,
  type TokenProfile,
  type VerifierParts,
  type VerifyAccess,
} from './access/verifier.ts'
import { createRemoteKeySet } from './codec.ts'
import { InvalidClaimError, KeysUnavailableError, UnknownKeyError } from './errors.ts'
import type { Claims } from './jose/claims.ts'
import { attempt, decodeUnverified, type VerifyResult } from './jose/jwt.ts'
import type { KeySet } from './jose/key.ts'
import { createKeySet } from './keys/key-set.ts'
import type { RemoteKeySet } from './keys/remote-key-set.ts'
import { RevocationIndex } from './revocation/revocation-index.ts'
import { type FollowedRevocations, type FollowerStatus, leaseOf } from './signet-revocations.ts'
import {
  type AccessVerifierOptions,
  readVerifierOptions,
  type TrustedIssuer,
} from './signet-verifier-options.ts'
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
  /**
   * A signal that fires when the token of these claims is over: at its expiry, within milliseconds of a revocation, when
   * its key is withdrawn, and when revocations are stale (with onStale 'deny'), since a connection must not outlive what
   * verify would accept. Its `reason` is the error that verify would throw. Already over: already aborted.
   *
   * Each call makes a signal of its own, kept until the token expires or the signal is disposed of: write
   * `using signal = verifier.watch(claims)`, or dispose of it when the connection closes. One timer serves all. With
   * 100,000 of them: 0.5 kB each, 0.8 with a listener, 4 to 7 µs to make, about 2 ms from `revoke` to the one it hits, 14 µs
   * and 33 ms on a machine under load (Node 24, two cores, `npm run bench -- --only watch`).
   *
   * @param claims what verify answered, not a copy of it
   * @throws TypeError for other claims
   */
  watch(claims: AccessClaims<C>, options?: WatchOptions): TokenLifetime
  status(): FollowerStatus
  /** Ends what it holds open. A Signet leaves the fleet and refuses from here on; the store is the caller's to close. */
  close(): Promise<void>
}

/**
 * Makes a verifier for the access tokens of the issuers named.
 *
 * @throws TypeError, RangeError naming the option; KeysUnavailableError for a JWK Set that cannot be fetched
 */
export async function createAccessVerifier<C = Claims>(
  options: AccessVerifierOptions<C>,
): Promise<Verifier<C>> {
  const { issuers, claims, maxStaleness, onStale, revocations, limits } =
    readVerifierOptions(options)
  const cache = limits && new TokenCache<Verdict<C>>(limits)
  const opened: RemoteKeySet[] = []
  const issuerParts = new Map<string, VerifierParts<C>>()
  const lifetimes = lifetimesOf(issuerParts, revocations, maxStaleness)
  const close = async () => {
    lifetimes.close()
    for (const set of opened) set.close()
  }
  try {
    const sets: KeySet[] = []
    await revocations?.follower.admit(maxStaleness, onStale)
    for (const trusted of issuers) {
      const keys = await keysOf(trusted, opened)
      const maxLife = trusted.maxLifetimeSeconds && trusted.maxLifetimeSeconds * 1000
      if (maxLife !== undefined) await revocations?.promise(trusted.issuer, maxLife)
      sets.push(keys)
      const parts = { ...partsOf(trusted, keys, maxLife), schema: claims, onStale, cache }
      issuerParts.set(trusted.issuer, { ...parts, ...standing(revocations, maxStaleness) })
    }
    return face(dispatch(issuerParts, cache), lifetimes, sets, revocations, close)
  } catch (error) {
    await close()
    throw error
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
    return { isWithdrawn: () => false, index: new RevocationIndex(system.randomBytes), lease }
  }
  const { isWithdrawn, follower } = revocations
  return { isWithdrawn, index: follower.index, lease: leaseOf(revocations, maxStaleness) }
}

function lifetimesOf<C>(
  issuerParts: ReadonlyMap<string, VerifierParts<C>>,
  revocations: FollowedRevocations | undefined,
  maxStaleness: number,
): Lifetimes {
  const parts: Pick<LifetimeParts, 'check' | 'maxStaleness' | 'now'> = {
    check: (claims, onStale) => checkAgain(claims, trustedParts(issuerParts, claims.iss), onStale),
    maxStaleness,
    now: system.now,
  }
  const { isWithdrawn, lease } = standing(revocations, maxStaleness)
  return revocations?.lifetimes(parts) ?? new Lifetimes({ ...parts, isWithdrawn, lease })
}

/** Which issuer a token claims to be of decides who checks it, and the check proves it. */
function dispatch<C>(
  issuerParts: ReadonlyMap<string, VerifierParts<C>>,
  cache: TokenCache<Verdict<C>> | undefined,
): VerifyAccess<C> {
  const checks = new Map(
    [...issuerParts].map(([issuer, parts]) => [issuer, createAccessCheck<C>(parts)]),
  )
  const [only, ...others] = checks.values()
  if (only !== undefined && others.length === 0) return only
  return (token, options) => {
    const iss = cache?.get(token)?.source.iss ?? decodeUnverified(token).claims.iss
    const { issuer } = trustedParts(issuerParts, iss)
    return (checks.get(issuer) as VerifyAccess<C>)(token, options)
  }
}

function trustedParts<C>(
  issuerParts: ReadonlyMap<string, VerifierParts<C>>,
  iss: unknown,
): VerifierParts<C> {
  const parts = typeof iss === 'string' ? issuerParts.get(iss) : undefined
  if (parts !== undefined) return parts
  throw new InvalidClaimError("claim 'iss' names none of the trusted issuers", {
    claim: 'iss',
    expected: [...issuerParts.keys()],
    received: iss,
  })
}

function face<C>(
  verify: VerifyAccess<C>,
  lifetimes: Lifetimes,
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
    watch: (claims, options) => lifetimes.watch(claims, options),
    status: () => revocations?.status() ?? idle,
    close,
  }
}
