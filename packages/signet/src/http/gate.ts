/** What the adapters have in common: which requests have passed which guard, and with which claims. */
import type { AccessClaims } from '../access/access-claims.ts'
import {
  type AccessOptions,
  type AccessVerifier,
  type Credentials,
  createGuard,
  type Requirement,
} from './guard.ts'

export interface Gate<C> {
  /** Admits a request or throws. A promise only while an unknown key is asked for. */
  enter(
    request: object,
    credentials: Credentials,
  ): AccessClaims<C> | undefined | Promise<AccessClaims<C>>
  /** The claims of a request that has passed this gate. @throws TypeError when it has not */
  claims(request: object): AccessClaims<C> | undefined
}

/** The claims of the last gate a request has passed. Not `auth` of the request, which anybody may write. */
const passed = new WeakMap<object, AccessClaims<unknown> | undefined>()

/** @throws TypeError naming the option */
export function createGate<C>(verifier: AccessVerifier<C>, options: AccessOptions): Gate<C> {
  const guard = createGuard(verifier, options)
  const own = new WeakMap<object, AccessClaims<C> | undefined>()
  const admit = <Claims extends AccessClaims<C> | undefined>(request: object, claims: Claims) => {
    own.set(request, claims)
    passed.set(request, claims)
    return claims
  }
  return {
    enter: (request, credentials) => {
      const claims = guard(credentials)
      if (claims instanceof Promise) return claims.then((known) => admit(request, known))
      return admit(request, claims)
    },
    claims: (request) => {
      if (own.has(request)) return own.get(request)
      throw new TypeError('claims(): the request has not passed this requireAccess')
    },
  }
}

/** @param name of the function that asks, for the message @throws TypeError before any gate; what the requirement throws */
export function checkPassed(request: object, name: string, requirement: Requirement): void {
  if (!passed.has(request)) throw new TypeError(`${name} comes after requireAccess`)
  requirement(passed.get(request))
}
