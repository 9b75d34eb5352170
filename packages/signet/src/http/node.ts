/** node:http without a framework: the guard around a handler, and every refusal by the one table. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AccessClaims } from '../access/access-claims.ts'
import { checkPassed, createGate } from './gate.ts'
import {
  type AccessOptions,
  type AccessVerifier,
  type Requirement,
  roleRequirement,
  scopeRequirement,
} from './guard.ts'
import { credentialsOf, isPreflight } from './incoming.ts'
import { refusal, refusalHeaders } from './refusal.ts'

export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown
/** Puts something before a handler. What it refuses it answers itself. */
export type Wrapper = (handler: Handler) => Handler

export interface AccessWrapper<Passed> extends Wrapper {
  /** The claims of a request that has passed; `request.auth` is the same object. @throws TypeError when it has not */
  claims(request: object): Passed
}

/** Calls a handler for requests with a good access token. CORS preflights pass without one, and without claims. */
export function requireAccess<C>(
  verifier: AccessVerifier<C>,
  options: AccessOptions & { readonly optional: true },
): AccessWrapper<AccessClaims<C> | undefined>
export function requireAccess<C>(
  verifier: AccessVerifier<C>,
  options?: AccessOptions & { readonly optional?: false },
): AccessWrapper<AccessClaims<C>>
export function requireAccess<C>(
  verifier: AccessVerifier<C>,
  options: AccessOptions = {},
): AccessWrapper<AccessClaims<C> | undefined> {
  const gate = createGate(verifier, options)
  const wrapper: Wrapper = (handler) => (request, response) => {
    if (isPreflight(request)) return handler(request, response)
    const pass = (auth: AccessClaims<C> | undefined) => {
      Object.assign(request, { auth })
      return handler(request, response)
    }
    let claims: ReturnType<typeof gate.enter>
    try {
      claims = gate.enter(request, credentialsOf(request))
    } catch (error) {
      return answer(error, response)
    }
    if (!(claims instanceof Promise)) return pass(claims)
    return claims.then(pass, (error) => answer(error, response))
  }
  return Object.assign(wrapper, { claims: gate.claims })
}

/** Within requireAccess: claim `role` must be, or hold, one of these. */
export function requireRole(...anyOf: readonly string[]): Wrapper {
  return requirement('requireRole', roleRequirement(anyOf))
}

/** Within requireAccess: claim `scope` must hold all of these. */
export function requireScope(...allOf: readonly string[]): Wrapper {
  return requirement('requireScope', scopeRequirement(allOf))
}

function requirement(name: string, check: Requirement): Wrapper {
  return (handler) => (request, response) => {
    try {
      if (!isPreflight(request)) checkPassed(request, name, check)
    } catch (error) {
      return answer(error, response)
    }
    return handler(request, response)
  }
}

/** Around a handler that calls Signet itself: answers what a token or a store has caused. Other errors are thrown on. */
export function signetErrors(): Wrapper {
  return (handler) => async (request, response) => {
    try {
      return await handler(request, response)
    } catch (error) {
      return answer(error, response)
    }
  }
}

/** @throws the error itself when it is a fault of the service, or when an answer has begun already */
function answer(error: unknown, response: ServerResponse): void {
  if (response.headersSent) throw error
  const refused = refusal(error)
  const headers = { ...refusalHeaders(refused), 'content-type': 'application/json' }
  response.writeHead(refused.status, headers).end(JSON.stringify(refused.body))
}
