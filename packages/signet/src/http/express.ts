/** Signet for Express 5: middlewares that translate, and decide nothing. */
import type { ErrorRequestHandler, Request, RequestHandler } from 'express'
import {
  type AccessClaims,
  checkRole,
  checkScope,
  createGuard,
  type RequireAccessOptions,
  refusal,
  type Verifier,
} from './index.ts'

/** A middleware that lets requests with a good access token pass, and knows whose they are. */
export interface RequireAccess<C> extends RequestHandler {
  /** The claims of a request that has passed. The same object is `req.auth`. @throws TypeError before the middleware */
  claims(request: Request): AccessClaims<C>
}

/** Where the claims of a request are kept: a symbol, so that nothing a client sends can come to stand there. */
const auth: unique symbol = Symbol('signet access claims')

type Guarded = Request & { [auth]?: AccessClaims<unknown>; auth?: AccessClaims<unknown> }

/**
 * Requires an access token. Failures go to the error middleware: put `signetErrors()` after the routes.
 *
 * @throws TypeError naming the option
 */
export function requireAccess<C>(
  verifier: Verifier<C>,
  options: RequireAccessOptions = {},
): RequireAccess<C> {
  const guard = createGuard(verifier, options)
  const middleware: RequestHandler = (request, _response, next) => {
    // A preflight carries no credentials by definition (Fetch standard, CORS-preflight fetch).
    if (request.method === 'OPTIONS') return next()
    const pass = (claims: AccessClaims<C> | undefined) => {
      const guarded: Guarded = request
      if (claims !== undefined) {
        guarded[auth] = claims
        guarded.auth = claims
      }
      next()
    }
    const { authorization, cookie } = request.headers
    const claims = guard({ authorization, cookie })
    return claims instanceof Promise ? claims.then(pass) : pass(claims)
  }
  return Object.assign(middleware, { claims: (request: Request) => claimsOf<C>(request) })
}

/** Requires claim `role` to be one of these. It stands after requireAccess. */
export function requireRole(...anyOf: readonly string[]): RequestHandler {
  return (request, _response, next) => {
    checkRole((request as Guarded)[auth], anyOf)
    next()
  }
}

/** Requires claim `scope` to have all of these. It stands after requireAccess. */
export function requireScope(...allOf: readonly string[]): RequestHandler {
  return (request, _response, next) => {
    checkScope((request as Guarded)[auth], allOf)
    next()
  }
}

/** Answers what Signet has refused; every other error goes on to the next error middleware. */
export function signetErrors(): ErrorRequestHandler {
  return (error, _request, response, next) => {
    const answer = refusal(error)
    if (answer === undefined || response.headersSent) return next(error)
    const { status, challenge, retryAfterSeconds, body } = answer
    if (challenge !== undefined) response.set('WWW-Authenticate', challenge)
    if (retryAfterSeconds !== undefined) response.set('Retry-After', String(retryAfterSeconds))
    response.status(status).set('Cache-Control', 'no-store').json(body)
  }
}

function claimsOf<C>(request: Request): AccessClaims<C> {
  const claims = (request as Guarded)[auth]
  if (claims !== undefined) return claims as AccessClaims<C>
  throw new TypeError(
    'claims(req) before requireAccess, or on a route where the token is optional: put the middleware in front, or read req.auth',
  )
}
