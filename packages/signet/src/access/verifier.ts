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
import type { Claims } from '../jose/claims.ts'
import { sameMediaType } from '../jose/header.ts'
import { deepFreeze } from '../jose/json.ts'
import { decodeUnverified, prepareVerifier, type VerifiedToken } from '../jose/jwt.ts'
import type { KeySet } from '../jose/key.ts'
import { proveClaims, type Schema } from '../jose/schema.ts'
import { checkOneOf, checkOptions, checkTexts } from '../options.ts'
import type { Lease } from '../revocation/lease.ts'
import type { OnStale } from '../revocation/log-store.ts'
import type { RevocationIndex } from '../revocation/revocation-index.ts'
import type { Clock } from '../system.ts'
import type { AccessClaims } from './access-claims.ts'

export interface VerifierParts<C> {
  readonly issuer: string
  readonly audience: string | readonly string[]
  readonly keys: KeySet
  /** Whether a `kid` was withdrawn for good. */
  readonly isWithdrawn: (kid: string) => boolean
  readonly index: RevocationIndex
  readonly lease: Lease
  /** The longest access token of the issuer, in milliseconds; undefined while unknown. */
  readonly maxLife: () => number | undefined
  readonly schema: Schema<C> | undefined
  readonly onStale: OnStale
  readonly now: Clock
}

export interface AccessVerifyOptions {
  /** Another audience than the verifier's own. */
  readonly audience?: string | readonly string[]
  /** What to do when revocations are stale. Default: the verifier's own choice. */
  readonly onStale?: OnStale
}

export type VerifyAccess<C> = (token: string, options?: AccessVerifyOptions) => AccessClaims<C>

/** Header `typ` and claim `type` of access tokens. */
const ACCESS_TYP = 'at+jwt'
const ACCESS_TYPE = 'access'
/** Verifiers prepared for other audiences than the usual one; more are made as they are asked for. */
const MAX_PREPARED = 100

/** Members an access token always has, whoever made it. */
const requiredClaims = ['exp', 'iat', 'sub', 'jti'] as const

/** @throws from the function it makes: InvalidTokenError and its kinds, StaleRevocationsError */
export function createAccessCheck<C>(parts: VerifierParts<C>): VerifyAccess<C> {
  const prepare = (audience: string | readonly string[]) =>
    prepareVerifier(
      parts.keys,
      { issuer: parts.issuer, audience, typ: ACCESS_TYP, tokenType: ACCESS_TYPE, requiredClaims },
      parts.now,
    )
  const usual = prepare(parts.audience)
  const others = new Map<string, (token: unknown) => VerifiedToken<Claims>>()
  const forAudience = (audience: string | readonly string[]) => {
    const name = JSON.stringify(checkTexts('audience', audience))
    const known = others.get(name)
    if (known !== undefined) return known
    if (others.size >= MAX_PREPARED) others.clear()
    const prepared = prepare(audience)
    others.set(name, prepared)
    return prepared
  }
  return (token, options) => {
    if (options !== undefined) checkOptions('verify', options, ['audience', 'onStale'])
    const check = options?.audience === undefined ? usual : forAudience(options.audience)
    const claims = checkKnowing(check, token, parts).claims as Claims & AccessClaims<unknown>
    checkRevocation(claims, parts)
    checkLease(parts, options?.onStale ?? parts.onStale)
    return deepFreeze(prove(claims, parts.schema))
  }
}

function checkKnowing<C>(
  check: (token: unknown) => VerifiedToken<Claims>,
  token: string,
  { isWithdrawn }: VerifierParts<C>,
): VerifiedToken<Claims> {
  try {
    return check(token)
  } catch (error) {
    if (error instanceof UnknownKeyError) explainUnknownKey(token, isWithdrawn)
    throw error
  }
}

/** Why a key is not in the key set may be known: it was withdrawn, or it is the key of another kind of token. */
function explainUnknownKey(token: string, isWithdrawn: (kid: string) => boolean): void {
  const { kid, typ } = decodeUnverified(token).header
  if (kid !== undefined && isWithdrawn(kid)) {
    throw new RevokedTokenError('the key that signed the token was withdrawn', 'key')
  }
  if (typ !== undefined && !sameMediaType(typ, ACCESS_TYP)) {
    throw new InvalidTokenError("header parameter 'typ' says that this is no access token", {
      claim: 'typ',
      expected: ACCESS_TYP,
      received: typ,
    })
  }
}

function checkRevocation<C>(claims: AccessClaims<unknown>, parts: VerifierParts<C>): void {
  const { index } = parts
  const revokedBy = index.revokes({
    issuer: claims.iss,
    subject: claims.sub,
    tokenId: claims.jti,
    sessionId: claims.sid,
    epoch: typeof claims.epoch === 'number' ? claims.epoch : 0,
  })
  if (revokedBy !== undefined)
    throw new RevokedTokenError(`the ${revokedBy} was revoked`, revokedBy)
  refuseTooLong(claims, parts.maxLife())
  if (claims.exp <= index.purgedThroughSeconds) refusePurged(claims, parts)
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
