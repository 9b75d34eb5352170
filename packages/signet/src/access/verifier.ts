/**
 * Verification of access tokens: synchronous, without I/O, revocation and lease included. The order is always structure,
 * algorithm, key, signature, then time and claims, then revocation.
 */
import {
  ExpiredTokenError,
  InvalidTokenError,
  RevokedTokenError,
  StaleRevocationsError,
  UnknownKeyError,
} from '../errors.ts'
import type { Algorithm } from '../jose/algorithms.ts'
import type { Claims } from '../jose/claims.ts'
import { sameMediaType } from '../jose/header.ts'
import { deepFreeze } from '../jose/json.ts'
import { decodeUnverified, prepareVerifier, type VerifiedToken } from '../jose/jwt.ts'
import type { KeySet } from '../jose/key.ts'
import { proveClaims, type Schema } from '../jose/schema.ts'
import { checkOneOf, checkOptions, checkTexts } from '../options.ts'
import type { LeaseView } from '../revocation/lease.ts'
import type { OnStale } from '../revocation/log-store.ts'
import type { RevocationIndex } from '../revocation/revocation-index.ts'
import type { Clock } from '../system.ts'
import type { AccessClaims } from './access-claims.ts'
import type { TokenCache } from './cache.ts'
import { kidOf, rememberKid } from './signing-key.ts'
import { isCurrent, type Verdict } from './verdict.ts'

/** What makes a token of an issuer an access token. */
export interface TokenProfile {
  readonly algorithms?: readonly Algorithm[]
  /** Header parameter `typ`. */
  readonly typ?: string
  /** Claim `type`. */
  readonly tokenType?: string
  readonly requiredClaims: readonly string[]
  /**
   * - stamp: the claim `epoch` is compared with a log-out-everywhere; a token without one is older than every log-out
   * - stamp or issue: without an `epoch`, `iat` is compared, since tokens of others have no stamp. It counts whole seconds,
   *   so a token issued in the second of a log-out is refused, though it may be newer by part of it
   */
  readonly age: 'stamp' | 'stamp or issue'
}

/** Access tokens as Signet issues them (RFC 9068). */
export const signetProfile: TokenProfile = {
  typ: 'at+jwt',
  tokenType: 'access',
  requiredClaims: ['exp', 'iat', 'sub', 'jti'],
  age: 'stamp',
}

export interface VerifierParts<C> {
  readonly issuer: string
  readonly audience: string | readonly string[]
  readonly profile: TokenProfile
  readonly keys: KeySet
  /** Whether a `kid` was withdrawn for good. */
  readonly isWithdrawn: (kid: string) => boolean
  readonly index: RevocationIndex
  readonly lease: LeaseView
  /** The longest access token of the issuer, in milliseconds; undefined while unknown. */
  readonly maxLife: () => number | undefined
  readonly schema: Schema<C> | undefined
  readonly onStale: OnStale
  readonly now: Clock
  /** What has been verified already; undefined for a verifier that remembers nothing. */
  readonly cache?: TokenCache<Verdict<C>> | undefined
}

export interface AccessVerifyOptions {
  /** Another audience than the verifier's own. */
  readonly audience?: string | readonly string[]
  /** What to do when revocations are stale. Default: the verifier's own choice. */
  readonly onStale?: OnStale
}

export type VerifyAccess<C> = (token: string, options?: AccessVerifyOptions) => AccessClaims<C>

/** Verifiers prepared for other audiences than the usual one; more are made as they are asked for. */
const MAX_PREPARED = 100
/** The last instant a Date can hold (ECMA-262 section 21.4.1.1). */
const MAX_DATE_MS = 8.64e15

type Check = (token: unknown) => VerifiedToken<Claims>

/** @throws from the function it makes: InvalidTokenError and its kinds, StaleRevocationsError */
export function createAccessCheck<C>(parts: VerifierParts<C>): VerifyAccess<C> {
  const readOptions = optionsReader(parts)
  // Reading a clock takes 40 ns, which is a sixth of a hit; with the system's clock the lease needs no second look at it.
  const isAlive =
    parts.now === parts.lease.wall
      ? (now: number) => parts.lease.isAliveAt(now)
      : () => parts.lease.isAlive
  return (token, options) => {
    const { check, onStale } = options === undefined ? readOptions.usual : readOptions.of(options)
    const known = parts.cache?.get(token)
    if (known?.rules === check) {
      const now = parts.now()
      if (isCurrent(known, parts, now)) {
        // Revocations may have come since; nothing else of the token can have changed.
        if (known.indexVersion !== parts.index.version) confirm(known, token, parts)
        if (!isAlive(now)) checkLease(parts, onStale)
        return known.claims
      }
    }
    if (known !== undefined) parts.cache?.delete(token)
    return judge(token, check, onStale, parts)
  }
}

/** The whole verification. What is accepted is remembered, under what was known when it began. */
function judge<C>(
  token: string,
  check: Check,
  onStale: OnStale,
  parts: VerifierParts<C>,
): AccessClaims<C> {
  const { cache, index, keys, maxLife, now } = parts
  const stamp = {
    rules: check,
    indexVersion: index.version,
    keysVersion: keys.versionAt?.(now()),
    maxLife: maxLife(),
  }
  const verified = checkKnowing(check, token, parts)
  refuseWithdrawn(verified.key.kid, parts)
  const source = verified.claims as Claims & AccessClaims<unknown>
  checkRevocation(source, parts)
  checkLease(parts, onStale)
  const claims = prove(source, parts.schema)
  rememberKid(claims, verified.key.kid)
  deepFreeze(claims)
  cache?.set(token, { claims, source, key: verified.key, ...stamp })
  return claims
}

function confirm<C>(known: Verdict<C>, token: string, parts: VerifierParts<C>): void {
  const { version } = parts.index
  try {
    checkRevocation(known.source, parts)
  } catch (error) {
    parts.cache?.delete(token)
    throw error
  }
  known.indexVersion = version
}

interface ReadOptions {
  readonly check: Check
  readonly onStale: OnStale
}

/** Options of single calls, read once for each options object that cannot change any more. */
function optionsReader<C>(parts: VerifierParts<C>) {
  const { age: _, ...claimRules } = parts.profile
  const prepare = (audience: string | readonly string[]) =>
    prepareVerifier(parts.keys, { issuer: parts.issuer, audience, ...claimRules }, parts.now)
  const usual: ReadOptions = { check: prepare(parts.audience), onStale: parts.onStale }
  const usualName = JSON.stringify(checkTexts('audience', parts.audience))
  const others = new Map<string, Check>()
  const forAudience = (audience: string | readonly string[]) => {
    const name = JSON.stringify(checkTexts('audience', audience))
    const known = name === usualName ? usual.check : others.get(name)
    if (known !== undefined) return known
    if (others.size >= MAX_PREPARED) others.clear()
    const prepared = prepare(audience)
    others.set(name, prepared)
    return prepared
  }
  const read = new WeakMap<AccessVerifyOptions, ReadOptions>()
  const of = (options: AccessVerifyOptions): ReadOptions => {
    const known = read.get(options)
    if (known !== undefined) return known
    checkOptions('verify', options, ['audience', 'onStale'])
    const { audience, onStale = parts.onStale } = options
    const check = audience === undefined ? usual.check : forAudience(audience)
    const found = { check, onStale }
    if (Object.isFrozen(options) && Object.isFrozen(audience)) read.set(options, found)
    return found
  }
  return { usual, of }
}

/** What verify would find wrong by now with claims that it has answered: their end, their key, a revocation, the lease. */
export function checkAgain<C>(
  claims: AccessClaims<unknown>,
  parts: VerifierParts<C>,
  onStale: OnStale = parts.onStale,
): void {
  const expiry = claims.exp * 1000
  if (expiry <= parts.now()) {
    throw new ExpiredTokenError('the token has expired', new Date(Math.min(expiry, MAX_DATE_MS)))
  }
  refuseWithdrawn(kidOf(claims), parts)
  checkRevocation(claims, parts)
  checkLease(parts, onStale)
}

function checkKnowing<C>(
  check: (token: unknown) => VerifiedToken<Claims>,
  token: string,
  { isWithdrawn, profile }: VerifierParts<C>,
): VerifiedToken<Claims> {
  try {
    return check(token)
  } catch (error) {
    if (error instanceof UnknownKeyError) explainUnknownKey(token, isWithdrawn, profile.typ)
    throw error
  }
}

/** Why a key is not in the key set may be known: it was withdrawn, or it is the key of another kind of token. */
function explainUnknownKey(
  token: string,
  isWithdrawn: (kid: string) => boolean,
  expected: string | undefined,
): void {
  const { kid, typ } = decodeUnverified(token).header
  if (kid !== undefined && isWithdrawn(kid)) throw withdrawn()
  if (typ !== undefined && expected !== undefined && !sameMediaType(typ, expected)) {
    throw new InvalidTokenError("header parameter 'typ' says that this is no access token", {
      claim: 'typ',
      expected,
      received: typ,
    })
  }
}

/** A key set of our own, or a cached one, may still have a key that the ring has withdrawn. */
function refuseWithdrawn<C>(kid: string | undefined, { isWithdrawn }: VerifierParts<C>): void {
  if (kid !== undefined && isWithdrawn(kid)) throw withdrawn()
}

function withdrawn(): RevokedTokenError {
  return new RevokedTokenError('the key that signed the token was withdrawn', 'key')
}

function checkRevocation<C>(claims: AccessClaims<unknown>, parts: VerifierParts<C>): void {
  const { index } = parts
  const revokedBy = index.revokes({
    issuer: claims.iss,
    subject: claims.sub,
    tokenId: claims.jti,
    sessionId: claims.sid,
    epoch: epochOf(claims, parts.profile),
  })
  if (revokedBy !== undefined)
    throw new RevokedTokenError(`the ${revokedBy} was revoked`, revokedBy)
  refuseTooLong(claims, parts.maxLife())
  if (claims.exp <= index.purgedThroughSeconds) refusePurged(claims, parts)
}

function epochOf(claims: AccessClaims<unknown>, { age }: TokenProfile): number {
  if (typeof claims.epoch === 'number') return claims.epoch
  return age === 'stamp' ? 0 : claims.iat * 1000
}

/** Entries live as long as the longest token the issuer may sign; a longer one was not signed by an honest issuer. */
function refuseTooLong(claims: AccessClaims<unknown>, maxLife: number | undefined): void {
  if (maxLife === undefined || (claims.exp - claims.iat) * 1000 <= maxLife) return
  throw new InvalidTokenError(
    `the token lives ${claims.exp - claims.iat} s; its issuer signs none longer than ${maxLife / 1000} s`,
    { claim: 'exp', expected: maxLife / 1000, received: claims.exp - claims.iat },
  )
}

/** The entry that revoked it may be gone. Our clock says it is alive, so the clock has been set back: nobody knows. */
function refusePurged<C>(claims: AccessClaims<unknown>, { now, index }: VerifierParts<C>): never {
  if (claims.exp * 1000 <= now()) {
    throw new ExpiredTokenError('the token has expired', new Date(claims.exp * 1000))
  }
  throw new StaleRevocationsError(
    'the clock was set back beyond what is known of revocations; try again when it is right',
    index.purgedThroughSeconds - now() / 1000,
  )
}

function checkLease<C>({ lease }: VerifierParts<C>, onStale: OnStale): void {
  if (lease.isAlive) return
  if (checkOneOf('onStale', onStale, ['deny', 'allow']) === 'allow') return
  const seconds = lease.age() / 1000
  throw new StaleRevocationsError(
    Number.isFinite(seconds)
      ? `nothing has been heard of revocations for ${seconds.toFixed(1)} s`
      : 'nothing has been heard of revocations yet, or the verifier has been closed',
    seconds,
  )
}

/** Signet's own claims stay as they are; the rest is what the schema makes of it. */
function prove<C>(claims: AccessClaims<unknown>, schema: Schema<C> | undefined): AccessClaims<C> {
  if (schema === undefined) return claims as AccessClaims<C>
  const { iss, sub, aud, exp, iat, jti, type, sid, epoch, scope, client_id, cnf, nbf, ...custom } =
    claims as AccessClaims<Record<string, unknown>>
  const own = { iss, sub, aud, exp, iat, jti, type, sid, epoch, scope, client_id, cnf, nbf }
  const present = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined))
  return { ...present, ...proveClaims(schema, custom) } as AccessClaims<C>
}
