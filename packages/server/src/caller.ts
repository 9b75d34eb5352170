/** Who sends a request: the address, and what it may do. */
import type { AccessClaims, Claims } from 'signet-jwt'
import { SignetError } from 'signet-jwt/errors'
import type { Guard } from 'signet-jwt/http'
import {
  ADMIN_KEY_PREFIX,
  type AdminKey,
  type AdminKeySource,
  checkAdminKey,
} from './admin-keys.ts'
import type { Metrics } from './metrics.ts'
import { Problem } from './problem.ts'
import type { Access } from './route.ts'

/** What has been proved of the caller. */
export interface Caller {
  readonly claims?: AccessClaims<Claims>
  readonly adminKey?: AdminKey
}

export interface CallerChecks {
  readonly guard: Guard<Claims>
  readonly adminKeys: AdminKeySource
  readonly metrics: Metrics
}

/** Before anything of the request is read. @throws Problem, or an error of the library for a token that is refused */
export async function admit(
  access: Access,
  { headers }: Request,
  { guard, adminKeys, metrics }: CallerChecks,
): Promise<Caller> {
  if (access === 'public') return {}
  const authorization = headers.get('authorization') ?? undefined
  if (access !== 'token') {
    return { adminKey: checkAdminKey(authorization, adminKeys(), access.admin) }
  }
  if (authorization?.includes(ADMIN_KEY_PREFIX)) throw wrongCredential()
  try {
    const claims = await guard({ authorization, cookie: undefined })
    metrics.check('ok')
    return claims === undefined ? {} : { claims }
  } catch (error) {
    metrics.check(error instanceof SignetError ? error.code : 'fault')
    throw error
  }
}

function wrongCredential(): Problem {
  return new Problem({
    status: 401,
    detail: 'an admin key was sent where an access token belongs',
    headers: {
      'www-authenticate':
        'Bearer error="invalid_token", error_description="this is not an access token"',
    },
  })
}

/**
 * The address of the client. Behind a proxy it is the last one of X-Forwarded-For, which the proxy itself has added; any
 * before it the client may have made up.
 */
export function addressOf(
  request: Request,
  socketAddress: string | undefined,
  hasProxy: boolean,
): string {
  const forwarded = hasProxy ? request.headers.get('x-forwarded-for') : null
  return forwarded?.split(',').at(-1)?.trim() || socketAddress || 'unknown'
}

/** The proxy's name for the request if it has a sensible one, so that its log and ours can be read together. */
export function requestIdOf({ headers }: Request, makeId: () => string): string {
  const given = headers.get('x-request-id') ?? ''
  return /^[\w.-]{8,64}$/.test(given) ? given : makeId()
}
