/** What every adapter does, free of any framework: who may pass, and with which claims. */
import type { AccessClaims } from '../access/access-claims.ts'
import type { AccessVerifyOptions } from '../access/verifier.ts'
import { InsufficientScopeError, MissingTokenError, UnknownKeyError } from '../errors.ts'
import { checkAudience, checkOptions, checkText, checkTexts, describe } from '../options.ts'
import { bearerToken } from './bearer.ts'
import { cookieValue, isCookieName, unsignCookie } from './cookies.ts'

/** What an adapter needs of a verifier; Signet is one. */
export interface AccessVerifier<C> {
  verify(accessToken: string, options?: AccessVerifyOptions): AccessClaims<C>
  verifyAsync(accessToken: string, options?: AccessVerifyOptions): Promise<AccessClaims<C>>
}

export interface CookieSource {
  /** The cookie's name. */
  readonly cookie: string
  /** For a cookie that the framework has signed (HMAC-SHA-256): its secret, or several, any of which may have signed it. */
  readonly secret?: string | readonly string[]
}

export interface AccessOptions extends AccessVerifyOptions {
  /** A request without a token passes, without claims. A bad token is still refused. Default false. */
  readonly optional?: boolean
  /** Where the token is. Default 'header': Authorization: Bearer. */
  readonly from?: 'header' | CookieSource
}

/** The two headers a token can be in. Several values mean that the header was sent several times. */
export interface Credentials {
  readonly authorization: string | readonly string[] | undefined
  readonly cookie: string | undefined
}

/** Claims, or undefined when there is no token and none is needed; a promise only while an unknown key is asked for. */
export type Guard<C> = (
  credentials: Credentials,
) => AccessClaims<C> | undefined | Promise<AccessClaims<C>>

/**
 * A guard with its options read once.
 *
 * @throws TypeError naming the option; the guard itself throws what refusal() has an answer for
 */
export function createGuard<C>(verifier: AccessVerifier<C>, options: AccessOptions): Guard<C> {
  if (typeof verifier?.verify !== 'function' || typeof verifier.verifyAsync !== 'function') {
    throw new TypeError(
      `requireAccess needs a verifier, such as createSignet makes, got ${describe(verifier)}`,
    )
  }
  checkOptions('requireAccess', options, ['optional', 'audience', 'onStale', 'from'])
  const { optional = false, from = 'header', ...verifyOptions } = options
  if (typeof optional !== 'boolean') {
    throw new TypeError(`'optional' must be true or false, got ${describe(optional)}`)
  }
  const read = tokenReader(from)
  // Frozen, so that the verifier need not read it again for every request.
  const asked = Object.keys(verifyOptions).length === 0 ? undefined : frozen(verifyOptions)
  return (credentials) => {
    const token = read(credentials)
    if (token !== undefined) return check(verifier, token, asked)
    if (optional) return undefined
    throw new MissingTokenError('the request carries no access token')
  }
}

function frozen({ audience, ...others }: AccessVerifyOptions): AccessVerifyOptions {
  if (audience === undefined) return Object.freeze(others)
  return Object.freeze({ ...others, audience: Object.freeze(checkAudience(audience)) })
}

function tokenReader(from: AccessOptions['from']): (from: Credentials) => string | undefined {
  if (from === 'header') {
    return ({ authorization }) => {
      try {
        return bearerToken(authorization)
      } catch (error) {
        if (error instanceof MissingTokenError) return undefined
        throw error
      }
    }
  }
  checkOptions('from', from ?? {}, ['cookie', 'secret'])
  const name = checkText('from.cookie', from?.cookie)
  if (!isCookieName(name)) throw new TypeError("'from.cookie' is not the name of a cookie")
  if (from?.secret === undefined) return ({ cookie }) => cookieValue(cookie, name) || undefined
  const secrets = checkTexts('from.secret', from.secret)
  return ({ cookie }) => {
    const value = cookieValue(cookie, name)
    return value ? unsignCookie(value, secrets) : undefined
  }
}

function check<C>(
  verifier: AccessVerifier<C>,
  token: string,
  options: AccessVerifyOptions | undefined,
): AccessClaims<C> | Promise<AccessClaims<C>> {
  try {
    return verifier.verify(token, options)
  } catch (error) {
    if (!(error instanceof UnknownKeyError)) throw error
    return verifier.verifyAsync(token, options)
  }
}

/** What is asked of claims that have passed a guard; undefined when the guard let a request without a token through. */
export type Requirement = (claims: AccessClaims<unknown> | undefined) => void

/** Claim `role`, a text or a list of texts, must hold one of these. @throws TypeError naming what is wrong with them */
export function roleRequirement(anyOf: readonly string[]): Requirement {
  const roles = checkNames('requireRole', anyOf)
  return (claims) => {
    const { role } = present(claims) as { readonly role?: unknown }
    const held = Array.isArray(role) ? role : [role]
    if (held.some((each) => roles.includes(each))) return
    throw new InsufficientScopeError(`one of the roles ${roles.join(', ')} is needed`, roles)
  }
}

/** Claim `scope` must hold all of these (RFC 6749 section 3.3). @throws TypeError naming what is wrong with them */
export function scopeRequirement(allOf: readonly string[]): Requirement {
  const scopes = checkNames('requireScope', allOf)
  return (claims) => {
    const { scope } = present(claims)
    const held = typeof scope === 'string' ? scope.split(' ') : []
    if (scopes.every((each) => held.includes(each))) return
    throw new InsufficientScopeError(`the scopes ${scopes.join(' ')} are needed`, scopes)
  }
}

function checkNames(where: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) throw new TypeError(`${where} needs at least one name`)
  return names.map((name) => checkText(where, name))
}

function present(claims: AccessClaims<unknown> | undefined): AccessClaims<unknown> {
  if (claims === undefined) throw new MissingTokenError('the request carries no access token')
  return claims
}
