/**
 * createSignet: the parts put together. This is the edge at which sessions, revocation and verification meet the
 * system's clocks and randomness.
 */

import { type CacheLimits, TokenCache } from './access/cache.ts'
import type { Lifetimes } from './access/lifetime.ts'
import {
  checkAgain,
  createAccessCheck,
  signetProfile,
  type VerifierParts,
  type VerifyAccess,
} from './access/verifier.ts'
import { withDeadline } from './deadline.ts'
import { UnknownKeyError } from './errors.ts'
import type { Claims } from './jose/claims.ts'
import { attempt } from './jose/jwt.ts'
import { KeyRing } from './keys/key-ring.ts'
import type { ListedKey } from './keys/listed-key.ts'
import { Follower } from './revocation/follower.ts'
import { LeaseMonitor, type LeaseState } from './revocation/lease-monitor.ts'
import { awaitFleet, awaitFleetAtHead } from './revocation/receipt.ts'
import type { Authority } from './sessions/authority.ts'
import { harmless, leaseEvent, lostWrites } from './sessions/events.ts'
import { explain } from './sessions/explain.ts'
import { type Introspection, introspect } from './sessions/introspect.ts'
import {
  type IssueAccessTokenOptions,
  type IssuedAccessToken,
  type IssueOptions,
  issue,
  issueAccessToken,
} from './sessions/issue.ts'
import { issuerKeys } from './sessions/issuer-keys.ts'
import { type RefreshContext, refresh } from './sessions/refresh.ts'
import { type Receipt, type RevokeOptions, revoke } from './sessions/revoke.ts'
import type { RevokeTarget } from './sessions/revoke-target.ts'
import type { Session } from './sessions/session.ts'
import {
  getSession,
  type ListOptions,
  listSessions,
  type SessionList,
} from './sessions/session-list.ts'
import type { TokenPair } from './sessions/token-pair.ts'
import { Undelivered } from './sessions/undelivered.ts'
import type { Explanation } from './sessions/why.ts'
import { planKeys, ringBounds, rotateRegularly } from './signet-keys.ts'
import { readSettings, type SignetOptions, type SignetSettings } from './signet-options.ts'
import { FollowedRevocations, type Revocations } from './signet-revocations.ts'
import { sweepRegularly } from './signet-sweep.ts'
import type { Verifier } from './signet-verifier.ts'
import { memoryStore } from './stores/memory.ts'
import type { Store } from './stores/store.ts'
import { system } from './system.ts'

/** An issuer: begins, refreshes and ends sessions, and verifies their access tokens. */
export interface Signet<C> extends Verifier<C>, AsyncDisposable {
  issue(options: IssueOptions<C>): Promise<TokenPair>
  issueAccessToken(options: IssueAccessTokenOptions<C>): Promise<IssuedAccessToken>
  refresh(refreshToken: string, context?: RefreshContext): Promise<TokenPair>
  revoke(target: RevokeTarget, options?: RevokeOptions): Promise<Receipt>
  /** What a token of this issuer is worth now (RFC 7662). Of one that is not good it says nothing more. */
  introspect(token: string): Promise<Introspection>
  readonly sessions: {
    /** Live sessions of a subject, oldest first, a page at a time. */
    list(options: ListOptions): Promise<SessionList<C>>
    /** A live session of this issuer, or undefined. */
    get(sessionId: string): Promise<Session<C> | undefined>
    /** Why a session, or the token of one, is no longer good: what happened, when, from which device. */
    explain(sessionIdOrToken: string): Promise<Explanation>
  }
  readonly keys: {
    /** Publishes new keys, which sign once every verifier can know them. */
    rotate(): Promise<void>
    /**
     * Ends every session at its next refresh, by new secrets for refresh tokens: what a store needs that was restored from
     * an older copy. Access tokens are left alone; with keys of the ring `revoke({ everything: true })` ends those, too.
     */
    endSessions(): Promise<void>
    /** The public access keys as a JWK Set. Shared secrets have no public part and do not appear. */
    jwks(): { keys: object[] }
    list(): readonly ListedKey[]
    /** How long a copy of the JWK Set may be kept: 0 while this process may lack a key that others have. */
    readonly jwksMaxAgeSeconds: number
  }
  /** What this process knows of revocations, for verifiers of other issuers' tokens. */
  readonly revocations: Revocations
}

/**
 * Makes an issuer that is ready to verify.
 *
 * @throws TypeError, RangeError naming the option; InvalidKeyError for a weak secret or a ring it cannot open;
 *   StoreUnavailableError when the store does not answer
 */
export async function createSignet<C = Claims>(options: SignetOptions<C>): Promise<Signet<C>> {
  const settings = readSettings(options)
  const keyPlan = await planKeys(options, system.randomBytes)
  const { clock, onEvent } = options
  const now = clock === undefined ? system.now : () => clock().getTime()
  const emit = harmless(onEvent)
  const store = options.store ?? memoryStore(clock === undefined ? {} : { clock })
  const ring = new KeyRing({
    ...keyPlan,
    store,
    issuer: settings.issuer,
    bounds: ringBounds(settings),
    storeTimeout: settings.storeTimeout,
    now,
    randomBytes: system.randomBytes,
  })
  await ring.open()
  const follower = new Follower({
    store,
    ring,
    memberId: system.uuid(),
    maxStaleness: settings.maxStaleness,
    onStale: settings.onStale,
    storeTimeout: settings.storeTimeout,
    clocks: system,
    randomBytes: system.randomBytes,
    now,
    onError: (error) => emit({ type: 'error', at: new Date(now()), error }),
    onLostWrites: (givenBack) => emit(lostWrites(new Date(now()), givenBack)),
  })
  await declareIssuer(store, settings)
  await follower.start()
  const authority: Authority<C> = {
    ...settings,
    store,
    keys: issuerKeys({
      ...keyPlan,
      ring,
      lease: follower.lease,
      maxStaleness: settings.maxStaleness,
      awaitFleet: (timeout) => {
        // This process is a member of the fleet, too, and its record tells what it has applied.
        follower.beat().catch(() => {})
        const { monotonic } = system
        return awaitFleetAtHead({ store, monotonic, timeout, storeTimeout: settings.storeTimeout })
      },
    }),
    index: follower.index,
    applyEntry: (entry) => follower.apply(entry),
    undelivered: new Undelivered({ ...settings, store, monotonic: system.monotonic }),
    catchUp: () => follower.beat(),
    suspectStore: () => follower.suspect(),
    schema: options.claims,
    onRefresh: options.onRefresh,
    emit,
    now,
    monotonic: system.monotonic,
    randomBytes: system.randomBytes,
  }
  const stopSweeping = sweepRegularly(store, emit)
  const stopRotating = rotateRegularly(ring, settings, emit)
  return assemble(authority, ring, follower, settings, () => {
    stopSweeping()
    stopRotating()
  })
}

/** Longer tokens than before are announced, and the fleet is given a moment to hear of it. */
async function declareIssuer(
  store: Store,
  { issuer, maxLifetime, storeTimeout }: SignetSettings,
): Promise<void> {
  const { raisedAt } = await withDeadline(
    () => store.declareIssuer(issuer, maxLifetime),
    storeTimeout,
  )
  if (raisedAt === undefined) return
  await awaitFleet({
    store,
    position: raisedAt,
    monotonic: system.monotonic,
    timeout: storeTimeout,
    storeTimeout,
    appendAgain: async () =>
      (await store.declareIssuer(issuer, maxLifetime)).raisedAt ?? (await store.head()),
  })
}

function assemble<C>(
  authority: Authority<C>,
  ring: KeyRing,
  follower: Follower,
  { jwksMaxAge, cache }: SignetSettings,
  stop: () => void,
): Signet<C> {
  const revocations = new FollowedRevocations(
    follower,
    (kid) => ring.isWithdrawn(kid),
    (issuer, maxLife) =>
      withDeadline(() => authority.store.declareIssuer(issuer, maxLife), authority.storeTimeout),
  )
  const { verify, lifetimes } = verification(authority, follower, revocations, cache)
  const monitor = monitorLease(authority, follower)
  const close = async () => {
    monitor.close()
    lifetimes.close()
    stop()
    authority.undelivered.close()
    await follower.close()
  }
  return {
    verify,
    verifyAsync: async (accessToken, verifyOptions) => {
      try {
        return verify(accessToken, verifyOptions)
      } catch (error) {
        if (!(error instanceof UnknownKeyError)) throw error
        await follower.beat().catch(() => {})
        return verify(accessToken, verifyOptions)
      }
    },
    tryVerify: (accessToken, verifyOptions) => attempt(() => verify(accessToken, verifyOptions)),
    watch: (claims, watchOptions) => lifetimes.watch(claims, watchOptions),
    status: () => revocations.status(),
    close,
    [Symbol.asyncDispose]: close,
    issue: (issueOptions) => issue(authority, issueOptions),
    issueAccessToken: (issueOptions) => issueAccessToken(authority, issueOptions),
    refresh: (refreshToken, context) => refresh(authority, refreshToken, context),
    revoke: (target, revokeOptions) => revoke(authority, target, revokeOptions),
    introspect: (token) => introspect(authority, token, verify),
    sessions: {
      list: (listOptions) => listSessions(authority, listOptions),
      get: (sessionId) => getSession(authority, sessionId),
      explain: (what) =>
        explain(
          { ...authority, isWithdrawn: authority.keys.isWithdrawn, now: authority.now() },
          what,
        ),
    },
    keys: {
      rotate: () => authority.keys.rotate(),
      endSessions: () => authority.keys.endSessions(),
      jwks: () => ring.jwks(),
      list: () => ring.list(),
      get jwksMaxAgeSeconds() {
        return ring.isOpen && follower.lease.isAlive ? jwksMaxAge / 1000 : 0
      },
    },
    revocations,
  }
}

function verification<C>(
  authority: Authority<C>,
  follower: Follower,
  revocations: FollowedRevocations,
  cache: CacheLimits | undefined,
): { readonly verify: VerifyAccess<C>; readonly lifetimes: Lifetimes } {
  const { issuer, audience, keys, schema, maxStaleness, now } = authority
  const parts: VerifierParts<C> = {
    issuer,
    audience,
    profile: signetProfile,
    keys: keys.accessKeys,
    isWithdrawn: keys.isWithdrawn,
    index: follower.index,
    lease: follower.lease,
    maxLife: () => follower.maxLife(issuer),
    schema,
    onStale: follower.onStale,
    now,
    cache: cache && new TokenCache(cache),
  }
  const lifetimes = revocations.lifetimes({
    check: (claims, onStale) => checkAgain(claims, parts, onStale),
    maxStaleness,
    now,
  })
  return { verify: createAccessCheck(parts), lifetimes }
}

function monitorLease<C>(
  { maxStaleness, emit, now }: Authority<C>,
  { lease }: Follower,
): LeaseMonitor {
  const onChange = (state: LeaseState, age: number) => emit(leaseEvent(state, age, new Date(now())))
  return new LeaseMonitor({ lease, maxStaleness, onChange })
}
