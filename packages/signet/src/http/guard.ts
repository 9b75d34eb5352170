/** What every adapter asks, in terms of no framework. */
import type { AccessClaims } from '../access/access-claims.ts'
import { InsufficientScopeError, MissingTokenError, UnknownKeyError } from '../errors.ts'
import { checkOptions, checkTexts } from '../options.ts'
import type { Verifier } from '../signet.ts'
import { bearerToken, cookieToken } from './bearer.ts'

export interface RequireAccessOptions {
  /** Requests without a token pass, with no claims. A token that is there must be good. Default false. */
  readonly optional?: boolean
  /** Another audience than the verifier's own. */
  readonly audience?: string | readonly string[]
  /** Whether this route goes on when revocations are stale. Default: the verifier's own choice. */
  readonly onStale?: 'deny' | 'allow'
  /** Where the token is: the Authorization header (default), or a cookie. Never both. */
  readonly from?: 'header' | { readonly cookie: string }
}

/** The two headers a token can come in. */
export interface Credentials {
  readonly authorization: string | null | undefined
  readonly cookie: string | null | undefined
}

/** Claims of the request, or undefined where a token is optional and there is none. */
export type Guard<C> = (
  credentials: Credentials,
) => AccessClaims<C> | undefined | Promise<AccessClaims<C>>

/**
 * Reads the options once and makes the check. It answers synchronously, but for the token of an unknown key, for which
 * the verifier asks its store once.
 *
 * @throws TypeError naming the option
 */
export function createGuard<C>(verifier: Verifier<C>, options: RequireAccessOptions): Guard<C> {
  checkOptions('requireAccess', options, ['optional', 'audience', 'onStale', 'from'])
  const { optional = false, from = 'header', audience, onStale } = options
  if (typeof verifier?.verify !== 'function') {
    throw new TypeError('requireAccess takes a verifier, such as the one createSignet makes')
  }
  if (from !== 'header') checkTexts('from.cookie', from.cookie)
  const verifyOptions = {
    ...(audience === undefined ? {} : { audience }),
    ...(onStale === undefined ? {} : { onStale }),
  }
  return (credentials) => {
    const token = readToken(credentials, from, optional)
    if (token === undefined) return undefined
    try {
      return verifier.verify(token, verifyOptions)
    } catch (error) {
      if (error instanceof UnknownKeyError) return verifier.verifyAsync(token, verifyOptions)
      throw error
    }
  }
}

function readToken(
  { authorization, cookie }: Credentials,
  from: NonNullable<RequireAccessOptions['from']>,
  optional: boolean,
): string | undefined {
  try {
    return from === 'header' ? bearerToken(authorization) : cookieToken(cookie, from.cookie)
  } catch (error) {
    if (optional && error instanceof MissingTokenError) return undefined
    throw error
  }
}

/** @throws InsufficientScopeError unless claim `role` is one of these, or a list with one of them; MissingTokenError without claims */
export function checkRole(
  claims: AccessClaims<unknown> | undefined,
  anyOf: readonly string[],
): void {
  const { role } = required(claims) as { readonly role?: unknown }
  const roles = Array.isArray(role) ? role : [role]
  if (roles.some((each) => anyOf.includes(each))) return
  throw new InsufficientScopeError(`one of the roles ${anyOf.join(', ')} is needed`, anyOf)
}

/** @throws InsufficientScopeError unless claim `scope` has all of these; MissingTokenError without claims */
export function checkScope(
  claims: AccessClaims<unknown> | undefined,
  allOf: readonly string[],
): void {
  const { scope } = required(claims)
  const scopes = typeof scope === 'string' ? scope.split(' ') : []
  if (allOf.every((each) => scopes.includes(each))) return
  throw new InsufficientScopeError(`the scopes ${allOf.join(', ')} are needed`, allOf)
}

function required(claims: AccessClaims<unknown> | undefined): AccessClaims<unknown> {
  if (claims === undefined) throw new MissingTokenError('the request has no access token')
  return claims
}
