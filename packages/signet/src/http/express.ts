/** Express 5: the guard as middleware, and every refusal by the one table. */
import type { ErrorRequestHandler, RequestHandler } from 'express'
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
import { type Refusal, refusal, refusalHeaders } from './refusal.ts'

export interface AccessMiddleware<Passed> extends RequestHandler {
  /** The claims of a request that has passed this middleware; `req.auth` is the same object. @throws TypeError when it has not */
  claims(request: object): Passed
}

/** Lets requests with a good access token through. CORS preflights pass without one, and without claims. */
export function requireAccess<C>(
  verifier: AccessVerifier<C>,
  options: AccessOptions & { readonly optional: true },
): AccessMiddleware<AccessClaims<C> | undefined>
export function requireAccess<C>(
  verifier: AccessVerifier<C>,
  options?: AccessOptions & { readonly optional?: false },
): AccessMiddleware<AccessClaims<C>>
export function requireAccess<C>(
  verifier: AccessVerifier<C>,
  options: AccessOptions = {},
): AccessMiddleware<AccessClaims<C> | undefined> {
  const gate = createGate(verifier, options)
  const middleware: RequestHandler = (request, _response, next) => {
    if (isPreflight(request)) return next()
    const pass = (auth: AccessClaims<C> | undefined) => {
      Object.assign(request, { auth })
      next()
    }
    const claims = gate.enter(request, credentialsOf(request))
    if (claims instanceof Promise) claims.then(pass).catch(next)
    else pass(claims)
  }
  return Object.assign(middleware, { claims: gate.claims })
}

/** After requireAccess: claim `role` must be, or hold, one of these. */
export function requireRole(...anyOf: readonly string[]): RequestHandler {
  return requirement('requireRole', roleRequirement(anyOf))
}

/** After requireAccess: claim `scope` must hold all of these. */
export function requireScope(...allOf: readonly string[]): RequestHandler {
  return requirement('requireScope', scopeRequirement(allOf))
}

function requirement(name: string, check: Requirement): RequestHandler {
  return (request, _response, next) => {
    if (!isPreflight(request)) checkPassed(request, name, check)
    next()
  }
}

/** Answers whatever a token, a header or a store has caused; other errors go on to the next error handler. */
export function signetErrors(): ErrorRequestHandler {
  return (error, _request, response, next) => {
    if (response.headersSent) return next(error)
    let refused: Refusal
    try {
      refused = refusal(error)
    } catch {
      return next(error)
    }
    response.status(refused.status).set(refusalHeaders(refused)).json(refused.body)
  }
}
