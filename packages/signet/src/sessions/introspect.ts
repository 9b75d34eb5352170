/** What a token of this issuer is worth now, in the words of RFC 7662. */
import { withDeadline } from '../deadline.ts'
import { InvalidRefreshTokenError, InvalidTokenError } from '../errors.ts'
import type { Claims } from '../jose/claims.ts'
import { decodeUnverified } from '../jose/jwt.ts'
import type { Authority } from './authority.ts'
import { hashSecret, REFRESH_TYP, readRefreshToken } from './refresh-token.ts'
import { isKnownRevoked, isOver } from './session.ts'
import type { StoredSession } from './session-store.ts'

/** Anything that is not good now is inactive, and nothing more is said of it. Times in seconds. */
export type Introspection =
  | { readonly active: false }
  | {
      readonly active: true
      readonly iss: string
      readonly sub: string
      readonly exp: number
      readonly iat: number
      readonly jti: string
      readonly aud: string | readonly string[]
      readonly scope?: string
      readonly client_id?: string
      readonly cnf?: { readonly jkt: string }
      /** Of an access token: how it is presented. A refresh token has none. */
      readonly token_type?: 'Bearer' | 'DPoP'
      readonly sid?: string
    }

const inactive: Introspection = Object.freeze({ active: false })

/**
 * @param verify the check of access tokens
 * @throws StoreUnavailableError, StaleRevocationsError when nobody can say
 */
export async function introspect<C>(
  authority: Authority<C>,
  token: string,
  verify: (token: string, options: { audience: string | readonly string[] }) => AccessClaims,
): Promise<Introspection> {
  try {
    const { header, claims } = decodeUnverified(token)
    if (header.typ === REFRESH_TYP) return await introspectRefreshToken(authority, token)
    // An issuer knows every audience it has issued for.
    return ofAccessToken(verify(token, { audience: audienceOf(claims) }))
  } catch (error) {
    if (error instanceof InvalidTokenError || error instanceof InvalidRefreshTokenError) {
      return inactive
    }
    throw error
  }
}

function audienceOf({ aud }: Claims): string | readonly string[] {
  if (typeof aud === 'string' && aud !== '') return aud
  if (
    Array.isArray(aud) &&
    aud.length > 0 &&
    aud.every((each) => typeof each === 'string' && each !== '')
  )
    return aud as readonly string[]
  throw new InvalidTokenError('the token names no audience', { claim: 'aud' })
}

function ofAccessToken(claims: AccessClaims): Introspection {
  const { iss, sub, exp, iat, jti, aud, ...rest } = claims
  return {
    active: true,
    ...{ iss, sub, exp, iat, jti, aud },
    ...pick(rest, 'scope', 'client_id', 'cnf', 'sid'),
    token_type: rest.cnf === undefined ? 'Bearer' : 'DPoP',
  }
}

/** The claims of an access token that are told. */
type AccessClaims = Omit<Extract<Introspection, { active: true }>, 'active' | 'token_type'>

function pick<T extends object, K extends keyof T>(from: T, ...names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(
    names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])),
  ) as Pick<T, K>
}

/** Only the current generation is active: an earlier one is good for repeats at most. */
async function introspectRefreshToken<C>(
  authority: Authority<C>,
  token: string,
): Promise<Introspection> {
  const { issuer, keys, store, storeTimeout } = authority
  const now = authority.now()
  const read = readRefreshToken(token, issuer, (kid) => keys.refreshKey(kid), now / 1000)
  if (isKnownRevoked(authority, read.sid)) return inactive
  const stored = await withDeadline(() => store.getSession(read.sid), storeTimeout)
  if (stored === undefined || !isCurrent(stored, read, now)) return inactive
  const { row } = stored
  return {
    active: true,
    iss: issuer,
    sub: row.subject,
    exp: Math.floor(row.idleAt / 1000),
    iat: Math.floor(row.bornAt / 1000),
    jti: read.jti,
    aud: JSON.parse(row.audience),
    ...(row.scope === undefined ? {} : { scope: row.scope }),
    ...(row.client === undefined ? {} : { client_id: row.client }),
    ...(row.cnf === undefined ? {} : { cnf: { jkt: row.cnf } }),
    sid: row.sid,
  }
}

function isCurrent(
  stored: StoredSession,
  { gen, secret }: { readonly gen: number; readonly secret: Uint8Array },
  now: number,
): boolean {
  const { row } = stored
  return (
    !isOver(stored) &&
    row.gen === gen &&
    row.secretHash === hashSecret(secret) &&
    now < row.idleAt &&
    now < row.absoluteAt
  )
}
