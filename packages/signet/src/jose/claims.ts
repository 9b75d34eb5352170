/** The claims set: its types, the rules a verifier holds it to, and what each refusal says. */
import {
  ExpiredTokenError,
  InvalidClaimError,
  MissingClaimError,
  NotYetValidTokenError,
} from '../errors.ts'
import { describe } from '../options.ts'
import type { Json, JsonObject } from './json.ts'

/** The claims RFC 7519 section 4.1 registers, and `type`, with which Signet tells access and refresh tokens apart. */
export interface RegisteredClaims {
  readonly iss?: string
  readonly sub?: string
  readonly aud?: string | readonly string[]
  /** NumericDate: seconds since the epoch, possibly with a fraction. The token is valid strictly before it. */
  readonly exp?: number
  readonly nbf?: number
  readonly iat?: number
  readonly jti?: string
  readonly type?: string
}

export type Claims = RegisteredClaims & { readonly [name: string]: Json | undefined }

export const registeredClaimNames: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'type',
])

/**
 * How far ahead of our clock `iat` may lie, in seconds. The standard gives `iat` no such check; a verifier that
 * tolerates nothing refuses tokens of honest issuers whose clock runs a little fast, one that tolerates anything
 * accepts tokens from next year. A minute is what FAPI 2.0 names as the outer bound.
 */
export const IAT_ALLOWANCE_SECONDS = 60

/** What a verifier asks of a claims set, already checked and in the form in which it is compared. */
export interface ClaimRules {
  readonly issuers: readonly string[] | undefined
  readonly audiences: readonly string[] | undefined
  readonly subject: string | undefined
  readonly tokenId: string | undefined
  readonly tokenType: string | undefined
  readonly required: readonly string[]
  readonly maxAgeSeconds: number | undefined
  readonly toleranceSeconds: number
}

/**
 * Holds a claims set to the rules; the first failure is thrown. Types come first, then times, then values, so that a
 * check never works on a value of a foreign type.
 *
 * @param nowSeconds seconds since the epoch, with fraction
 * @throws InvalidClaimError, MissingClaimError, ExpiredTokenError, NotYetValidTokenError
 */
export function checkClaims(claims: JsonObject, rules: ClaimRules, nowSeconds: number): void {
  const own = withoutInherited(claims)
  checkTypes(own)
  for (const name of rules.required) requireClaim(own, name)
  checkTimes(own as Claims, rules, nowSeconds)
  checkValues(own as Claims, rules)
}

const bare: JsonObject = {}

/**
 * Only an own member is a claim. Where somebody has given Object.prototype an `iss`, every object has one, so the claims
 * are moved to an object without a prototype. To look whether that is so costs 10 ns; to ask each claim whether it is an
 * own one costs 130.
 */
function withoutInherited(claims: JsonObject): JsonObject {
  const isClean =
    bare.iss === undefined &&
    bare.sub === undefined &&
    bare.aud === undefined &&
    bare.exp === undefined &&
    bare.nbf === undefined &&
    bare.iat === undefined &&
    bare.jti === undefined &&
    bare.type === undefined
  return isClean ? claims : Object.assign(Object.create(null), claims)
}

/** One call each rather than a loop over names: a property whose name is written out is found ten times as fast. */
function checkTypes(claims: JsonObject): void {
  checkTime('exp', claims.exp)
  checkTime('nbf', claims.nbf)
  checkTime('iat', claims.iat)
  checkText('iss', claims.iss)
  checkText('sub', claims.sub)
  checkText('jti', claims.jti)
  checkText('type', claims.type)
  if (claims.aud !== undefined && !isAudience(claims.aud)) {
    throw wrongType('aud', 'a string or a list of strings', claims.aud)
  }
}

function checkTime(name: string, value: Json | undefined): void {
  // 1e400 parses to Infinity, which would make a token that never ends: finite is part of the type.
  if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return
  throw wrongType(name, 'a finite number of seconds', value)
}

function checkText(name: string, value: Json | undefined): void {
  if (value === undefined || typeof value === 'string') return
  throw wrongType(name, 'a string', value)
}

function isAudience(value: Json): value is string | readonly string[] {
  return (
    typeof value === 'string' ||
    (Array.isArray(value) && value.every((item) => typeof item === 'string'))
  )
}

function wrongType(claim: string, expected: string, value: Json): InvalidClaimError {
  return new InvalidClaimError(`claim '${claim}' must be ${expected}, got ${describe(value)}`, {
    claim,
    expected,
  })
}

function checkTimes(claims: Claims, rules: ClaimRules, now: number): void {
  const { exp, nbf, iat } = claims
  const tolerance = rules.toleranceSeconds
  if (exp !== undefined && now >= exp + tolerance) {
    const expiredAt = new Date(Math.min(exp, MAX_DATE_SECONDS) * 1000)
    throw new ExpiredTokenError(`the token expired at ${printTime(exp)}`, expiredAt)
  }
  if (nbf !== undefined && now + tolerance < nbf) throw notYet('nbf', nbf)
  // Where age counts, `iat` gets no allowance: lying ahead would make a token younger than it is.
  const allowance = rules.maxAgeSeconds === undefined ? IAT_ALLOWANCE_SECONDS : 0
  if (iat !== undefined && now + Math.max(tolerance, allowance) < iat) throw notYet('iat', iat)
  if (rules.maxAgeSeconds !== undefined) {
    const issuedAt = requireClaim(claims, 'iat') as number
    if (now >= issuedAt + rules.maxAgeSeconds + tolerance) {
      const end = issuedAt + rules.maxAgeSeconds
      throw new ExpiredTokenError(
        `the token is older than maxAgeSeconds (${rules.maxAgeSeconds})`,
        new Date(Math.min(end, MAX_DATE_SECONDS) * 1000),
      )
    }
  }
}

function notYet(claim: 'nbf' | 'iat', value: number): NotYetValidTokenError {
  return new NotYetValidTokenError(
    `the token is not valid before ${printTime(value)} ('${claim}')`,
    {
      claim,
    },
  )
}

/** The last second a Date can hold; a claim may name a later one. */
const MAX_DATE_SECONDS = 8_640_000_000_000

function printTime(seconds: number): string {
  if (Math.abs(seconds) > MAX_DATE_SECONDS) return `${seconds} seconds after 1970`
  return new Date(seconds * 1000).toISOString()
}

function checkValues(claims: Claims, rules: ClaimRules): void {
  if (rules.issuers !== undefined) expectOneOf('iss', claims.iss, rules.issuers)
  if (rules.audiences !== undefined) expectAudience(claims.aud, rules.audiences)
  else if (claims.aud !== undefined) refuseUnaskedAudience(claims.aud)
  if (rules.subject !== undefined) expectOneOf('sub', claims.sub, [rules.subject])
  if (rules.tokenId !== undefined) expectOneOf('jti', claims.jti, [rules.tokenId])
  if (rules.tokenType !== undefined) expectOneOf('type', claims.type, [rules.tokenType])
}

function expectOneOf(
  claim: string,
  received: string | undefined,
  expected: readonly string[],
): void {
  if (received === undefined) throw missing(claim)
  if (expected.includes(received)) return
  throw new InvalidClaimError(
    `claim '${claim}' must be ${printValues(expected)}, got ${print(received)}`,
    {
      claim,
      expected,
      received,
    },
  )
}

function expectAudience(received: Claims['aud'], expected: readonly string[]): void {
  if (received === undefined) throw missing('aud')
  const audiences = typeof received === 'string' ? [received] : received
  for (const audience of audiences) if (expected.includes(audience)) return
  throw new InvalidClaimError(
    `claim 'aud' must name ${printValues(expected)}, got ${printValues(audiences)}`,
    { claim: 'aud', expected, received },
  )
}

/** A token that names its audience is not for whoever does not say who they are (RFC 7519 section 4.1.3). */
function refuseUnaskedAudience(received: NonNullable<Claims['aud']>): never {
  const audiences = typeof received === 'string' ? [received] : received
  throw new InvalidClaimError(
    `the token is for ${printValues(audiences)} and no audience was asked for: write audience: ${print(audiences[0] ?? '…')} if that is you`,
    { claim: 'aud', received },
  )
}

/** null counts as absent, and only an own member counts: `constructor` is no claim. */
function requireClaim(claims: JsonObject, claim: string): Json {
  const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined
  if (value === undefined || value === null) throw missing(claim)
  return value
}

function missing(claim: string): MissingClaimError {
  return new MissingClaimError(`the token has no claim '${claim}', which is asked for here`, {
    claim,
  })
}

function printValues(values: readonly string[]): string {
  return values.length === 0 ? 'nobody' : values.map(print).join(' or ')
}

/** A claim's value in a message: quoted, so that control characters cannot forge a log line, and cut. */
function print(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
}
