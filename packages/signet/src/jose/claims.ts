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
  checkTypes(claims)
  for (const name of rules.required) requireClaim(claims, name)
  checkTimes(claims as Claims, rules, nowSeconds)
  checkValues(claims as Claims, rules)
}

const timeClaims = ['exp', 'nbf', 'iat'] as const
const textClaims = ['iss', 'sub', 'jti', 'type'] as const

function checkTypes(claims: JsonObject): void {
  for (const name of timeClaims) {
    const value = own(claims, name)
    // 1e400 parses to Infinity, which would make a token that never ends: finite is part of the type.
    if (value !== undefined && (typeof value !== 'number' || !Number.isFinite(value))) {
      throw wrongType(name, 'a finite number of seconds', value)
    }
  }
  for (const name of textClaims) {
    const value = own(claims, name)
    if (value !== undefined && typeof value !== 'string') throw wrongType(name, 'a string', value)
  }
  const audience = own(claims, 'aud')
  if (audience !== undefined && !isAudience(audience)) {
    throw wrongType('aud', 'a string or a list of strings', audience)
  }
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
  if (rules.issuers !== undefined) expectOneOf(claims, 'iss', rules.issuers)
  if (rules.audiences !== undefined) expectAudience(claims, rules.audiences)
  else refuseUnaskedAudience(claims)
  if (rules.subject !== undefined) expectOneOf(claims, 'sub', [rules.subject])
  if (rules.tokenId !== undefined) expectOneOf(claims, 'jti', [rules.tokenId])
  if (rules.tokenType !== undefined) expectOneOf(claims, 'type', [rules.tokenType])
}

function expectOneOf(claims: Claims, claim: string, expected: readonly string[]): void {
  const received = requireClaim(claims, claim) as string
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

function expectAudience(claims: Claims, expected: readonly string[]): void {
  const received = requireClaim(claims, 'aud') as string | readonly string[]
  const audiences = typeof received === 'string' ? [received] : received
  if (audiences.some((audience) => expected.includes(audience))) return
  throw new InvalidClaimError(
    `claim 'aud' must name ${printValues(expected)}, got ${printValues(audiences)}`,
    { claim: 'aud', expected, received },
  )
}

/** A token that names its audience is not for whoever does not say who they are (RFC 7519 section 4.1.3). */
function refuseUnaskedAudience(claims: Claims): void {
  const received = own(claims, 'aud') as Claims['aud']
  if (received === undefined) return
  const audiences = typeof received === 'string' ? [received] : received
  throw new InvalidClaimError(
    `the token is for ${printValues(audiences)} and no audience was asked for: write audience: ${print(audiences[0] ?? '…')} if that is you`,
    { claim: 'aud', received },
  )
}

/** null counts as absent, and only an own member counts: `constructor` is no claim. */
function requireClaim(claims: JsonObject, claim: string): Json {
  const value = own(claims, claim)
  if (value === undefined || value === null) {
    throw new MissingClaimError(`the token has no claim '${claim}', which is asked for here`, {
      claim,
    })
  }
  return value
}

function own(claims: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(claims, name) ? claims[name] : undefined
}

function printValues(values: readonly string[]): string {
  return values.length === 0 ? 'nobody' : values.map(print).join(' or ')
}

/** A claim's value in a message: quoted, so that control characters cannot forge a log line, and cut. */
function print(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
}
