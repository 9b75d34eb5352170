/** The claims of a token about to be signed: checked, completed, and never altered without a word. */
import { checkSeconds, checkText, describe } from '../options.ts'
import type { Claims } from './claims.ts'
import { checkJson, isPlainObject } from './json.ts'
import type { SignOptions } from './jwt-options.ts'
import { refuseSensitiveClaims } from './sensitive-claims.ts'

const TEN_YEARS_SECONDS = 315_360_000
/** Seconds from here on lie 3000 years ahead: somebody has written milliseconds. */
const MILLISECONDS_FROM = 100_000_000_000

/**
 * The claims set to sign: the caller's claims in their order, then what the options and the clock add.
 *
 * @param nowSeconds seconds since the epoch, with fraction
 * @throws TypeError, RangeError naming the claim or option and what to write instead
 */
export function completeClaims(
  claims: Claims,
  options: SignOptions,
  nowSeconds: number,
  uuid: () => string,
): Claims {
  if (!isPlainObject(claims))
    throw new TypeError(`claims must be a plain object, got ${describe(claims)}`)
  checkJson(claims, 'claims')
  refuseSensitiveClaims(claims, options.allowSensitiveClaims)
  const complete: Record<string, unknown> = { ...claims }
  put(complete, 'iss', 'issuer', options.issuer)
  put(complete, 'sub', 'subject', options.subject)
  put(complete, 'aud', 'audience', options.audience)
  putNotBefore(complete, options.notBefore)
  if (complete.iat === undefined) complete.iat = Math.floor(nowSeconds)
  putExpiry(complete, options.lifetimeSeconds, nowSeconds)
  putTokenId(complete, options.tokenId, uuid)
  checkRegisteredClaims(complete)
  return complete as Claims
}

/** A claim may come from the claims or from its option; from both, one of them would be lost. */
function put(claims: Record<string, unknown>, claim: string, option: string, value: unknown): void {
  if (value === undefined) return
  if (claims[claim] !== undefined && claims[claim] !== value) {
    throw new TypeError(
      `claim '${claim}' and option '${option}' are both given; leave one of them out`,
    )
  }
  claims[claim] = value
}

function putNotBefore(claims: Record<string, unknown>, notBefore: Date | undefined): void {
  if (notBefore === undefined) return
  if (!(notBefore instanceof Date) || Number.isNaN(notBefore.getTime())) {
    throw new TypeError("'notBefore' must be a valid Date")
  }
  put(claims, 'nbf', 'notBefore', Math.floor(notBefore.getTime() / 1000))
}

function putExpiry(
  claims: Record<string, unknown>,
  lifetime: SignOptions['lifetimeSeconds'],
  nowSeconds: number,
): void {
  if (claims.exp !== undefined) {
    if (lifetime === undefined) return
    throw new TypeError(
      "claim 'exp' and option 'lifetimeSeconds' are both given; leave one of them out",
    )
  }
  if (lifetime === undefined) {
    throw new TypeError(
      "a token needs an end: write lifetimeSeconds: 1800, or lifetimeSeconds: 'forever' if it really has none",
    )
  }
  if (lifetime === 'forever') return
  if (typeof lifetime === 'number' && lifetime > TEN_YEARS_SECONDS) {
    throw new RangeError(
      `'lifetimeSeconds' is ${lifetime}, more than ten years: it counts seconds, not milliseconds`,
    )
  }
  claims.exp = Math.floor(nowSeconds + checkSeconds('lifetimeSeconds', lifetime, { min: 1 }))
}

function putTokenId(
  claims: Record<string, unknown>,
  tokenId: SignOptions['tokenId'],
  uuid: () => string,
): void {
  if (tokenId === false) return
  if (tokenId !== undefined) put(claims, 'jti', 'tokenId', checkText('tokenId', tokenId))
  if (claims.jti === undefined) claims.jti = uuid()
}

function checkRegisteredClaims(claims: Record<string, unknown>): void {
  // Names written out rather than looped over: such a property is found ten times as fast.
  checkTextClaim('iss', claims.iss)
  checkTextClaim('sub', claims.sub)
  checkTextClaim('jti', claims.jti)
  checkTextClaim('type', claims.type)
  checkAudienceClaim(claims.aud)
  checkTimeClaim('exp', claims.exp)
  checkTimeClaim('nbf', claims.nbf)
  checkTimeClaim('iat', claims.iat)
  const { exp, nbf, iat } = claims as Claims
  if (exp !== undefined && nbf !== undefined && exp <= nbf) {
    throw new RangeError("claim 'exp' must lie after claim 'nbf', or the token is never valid")
  }
  if (exp !== undefined && iat !== undefined && exp <= iat) {
    throw new RangeError("claim 'exp' must lie after claim 'iat', or the token is never valid")
  }
}

function checkTextClaim(name: string, value: unknown): void {
  if (value === undefined || (typeof value === 'string' && value !== '')) return
  const fix = typeof value === 'number' ? `: write String(${value})` : ''
  throw new TypeError(`claim '${name}' must be a non-empty string, got ${describe(value)}${fix}`)
}

function checkAudienceClaim(value: unknown): void {
  if (value === undefined || (typeof value === 'string' && value !== '')) return
  const list = Array.isArray(value) ? value : [value]
  if (list.length > 0 && list.every((item) => typeof item === 'string' && item !== '')) return
  throw new TypeError(`claim 'aud' must be a string or a list of strings, got ${describe(value)}`)
}

function checkTimeClaim(name: string, value: unknown): void {
  if (value === undefined) return
  if (typeof value !== 'number') {
    throw new TypeError(
      `claim '${name}' must be a number of seconds since 1970, got ${describe(value)}`,
    )
  }
  if (value >= MILLISECONDS_FROM) {
    throw new RangeError(
      `claim '${name}' is ${value}, which is thousands of years ahead: it counts seconds, so write Math.floor(milliseconds / 1000)`,
    )
  }
}
