/** Hono: the guard as middleware, and every refusal by the one table. */
import type { Context, ErrorHandler, MiddlewareHandler } from 'hono'
import type { AccessClaims } from '../access/access-claims.ts'
import { checkPassed, createGate } from './gate.ts'
import {
  type AccessOptions,
  type AccessVerifier,
  type Requirement,
  roleRequirement,
  scopeRequirement,
} from './guard.ts'
import { type Refusal, refusal, refusalHeaders } from './refusal.ts'

/** What a handler behind the guard finds in `c.var`. */
export interface AccessVariables<Passed> {
  readonly Variables: { auth: Passed }
}

export interface AccessMiddleware<Passed> extends MiddlewareHandler<AccessVariables<Passed>> {
  /** The claims of a request that has passed this middleware; `c.var.auth` is the same object. @throws TypeError when it has not */
  claims(context: Context): Passed
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
): AccessMiddleware<AccessClaims<C>> | AccessMiddleware<AccessClaims<C> | undefined> {
  const gate = createGate(verifier, options)
  const middleware: MiddlewareHandler<AccessVariables<AccessClaims<C> | undefined>> = async (
    context,
    next,
  ) => {
    if (!isPreflight(context)) {
      const authorization = context.req.header('authorization')
      const claims = gate.enter(context, { authorization, cookie: context.req.header('cookie') })
      context.set('auth', claims instanceof Promise ? await claims : claims)
    }
    await next()
  }
  return Object.assign(middleware, { claims: gate.claims })
}

/** After requireAccess: claim `role` must be, or hold, one of these. */
export function requireRole(...anyOf: readonly string[]): MiddlewareHandler {
  return requirement('requireRole', roleRequirement(anyOf))
}

/** After requireAccess: claim `scope` must hold all of these. */
export function requireScope(...allOf: readonly string[]): MiddlewareHandler {
  return requirement('requireScope', scopeRequirement(allOf))
}

function requirement(name: string, check: Requirement): MiddlewareHandler {
  return async (context, next) => {
    if (!isPreflight(context)) checkPassed(context, name, check)
    await next()
  }
}

function isPreflight({ req }: Context): boolean {
  return req.method === 'OPTIONS' && req.header('access-control-request-method') !== undefined
}

/**
 * For onError: answers whatever a token, a header or a store has caused.
 *
 * @param otherwise what answers other errors. Default: what Hono does by itself, which is to print them and answer 500
 */
export function signetErrors(otherwise: ErrorHandler = answerAsHono): ErrorHandler {
  return (error, context) => {
    let refused: Refusal
    try {
      refused = refusal(error)
    } catch {
      return otherwise(error, context)
    }
    return context.json(refused.body, refused.status, refusalHeaders(refused))
  }
}

const answerAsHono: ErrorHandler = (error, context) => {
  if ('getResponse' in error) return error.getResponse()
  console.error(error)
  return context.text('Internal Server Error', 500)
}
