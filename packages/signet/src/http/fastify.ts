/** Fastify 5: the guard as a hook, and every refusal by the one table. */
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
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

export interface AccessHook<Passed> extends onRequestHookHandler {
  /** The claims of a request that has passed this hook; `request.auth` is the same object. @throws TypeError when it has not */
  claims(request: object): Passed
}

/**
 * Lets requests with a good access token through, as `onRequest` or `preHandler` of a route, or with `addHook`. CORS
 * preflights pass without one, and without claims.
 */
export function requireAccess<C>(
  verifier: AccessVerifier<C>,
  options: AccessOptions & { readonly optional: true },
): AccessHook<AccessClaims<C> | undefined>
export function requireAccess<C>(
  verifier: AccessVerifier<C>,
  options?: AccessOptions & { readonly optional?: false },
): AccessHook<AccessClaims<C>>
export function requireAccess<C>(
  verifier: AccessVerifier<C>,
  options: AccessOptions = {},
): AccessHook<AccessClaims<C> | undefined> {
  const gate = createGate(verifier, options)
  const hook: onRequestHookHandler = (request, _reply, done) => {
    if (isPreflight(request.raw)) return done()
    const pass = (auth: AccessClaims<C> | undefined) => {
      Object.assign(request, { auth })
      done()
    }
    let claims: ReturnType<typeof gate.enter>
    try {
      claims = gate.enter(request, credentialsOf(request.raw))
    } catch (error) {
      return done(error as Error)
    }
    if (claims instanceof Promise) claims.then(pass, done)
    else pass(claims)
  }
  return Object.assign(hook, { claims: gate.claims })
}

/** After requireAccess: claim `role` must be, or hold, one of these. */
export function requireRole(...anyOf: readonly string[]): onRequestHookHandler {
  return requirement('requireRole', roleRequirement(anyOf))
}

/** After requireAccess: claim `scope` must hold all of these. */
export function requireScope(...allOf: readonly string[]): onRequestHookHandler {
  return requirement('requireScope', scopeRequirement(allOf))
}

function requirement(name: string, check: Requirement): onRequestHookHandler {
  return (request, _reply, done) => {
    try {
      if (!isPreflight(request.raw)) checkPassed(request, name, check)
    } catch (error) {
      return done(error as Error)
    }
    done()
  }
}

/** For setErrorHandler: answers whatever a token, a header or a store has caused; other errors go on to the next handler. */
export function signetErrors(): (
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
) => FastifyReply {
  return (error, _request, reply) => {
    const refused = refusal(error)
    return reply.code(refused.status).headers(refusalHeaders(refused)).send(refused.body)
  }
}
