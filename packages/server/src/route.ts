/** A route as data: what it answers to, who may call it, what it takes. The app is made from a list of these. */
import type { AccessClaims, Signet } from 'signet-jwt'
import type { z } from 'zod'
import type { Config } from './config.ts'

/** What the operator's key may be used for. The first key may do all of it. */
export type Scope = 'issue' | 'read' | 'revoke' | 'introspect' | 'follow' | 'admin'

/** public: anyone · access token: whoever has one, for themselves · scope: an admin key with that scope */
export type Access =
  | { readonly kind: 'public' }
  | { readonly kind: 'access token' }
  | { readonly kind: 'admin key'; readonly scope: Scope }

export interface Call<Body, Query> {
  readonly request: Request
  readonly signet: Signet<CustomClaims>
  readonly config: Config
  readonly body: Body
  readonly query: Query
  readonly params: { readonly [name: string]: string }
  /** Of the access token; undefined on other routes. */
  readonly claims: AccessClaims<CustomClaims> | undefined
}

export type CustomClaims = { readonly [name: string]: unknown }

export interface Answer {
  readonly status: number
  readonly body?: object
  readonly headers?: { readonly [name: string]: string }
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly summary: string
  readonly access: Access
  readonly body?: z.ZodType
  readonly query?: z.ZodType
  readonly handle: (call: Call<never, never>) => Answer | Response | Promise<Answer | Response>
}

/** Gives a handler the types of its own schemas. */
export function route<Body = undefined, Query = undefined>(
  definition: Omit<Route, 'body' | 'query' | 'handle'> & {
    readonly body?: z.ZodType<Body>
    readonly query?: z.ZodType<Query>
    readonly handle: (call: Call<Body, Query>) => Answer | Response | Promise<Answer | Response>
  },
): Route {
  return definition as Route
}

export const open: Access = { kind: 'public' }
export const ownToken: Access = { kind: 'access token' }
export function adminKey(scope: Scope): Access {
  return { kind: 'admin key', scope }
}
