/** Sessions: begun for someone the caller has authenticated, looked at, ended. */
import type { IssueOptions, Session, TokenPair } from 'signet-jwt'
import { z } from 'zod'
import { asked, ProblemError } from '../problem.ts'
import { adminKey, type CustomClaims, route } from '../route.ts'

const text = z.string().min(1).max(1024)
export const audience = z.union([text, z.array(text).min(1).max(20)])
export const claims = z.record(z.string(), z.json())
const context = z.strictObject({
  deviceLabel: text.optional(),
  userAgent: text.optional(),
  ip: text.optional(),
  dpopThumbprint: text.optional(),
})

/** Members that are undefined are left out: in Signet an undefined option is a mistake, in JSON it cannot occur. */
export function present<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> }
}

export const sessionRoutes = [
  route({
    method: 'POST',
    path: '/v1/sessions',
    summary: 'Begin a session for a subject you have authenticated',
    access: adminKey('issue'),
    body: z.strictObject({
      subject: text,
      claims: claims.optional(),
      audience: audience.optional(),
      scope: text.optional(),
      clientId: text.optional(),
      context: context.optional(),
    }),
    handle: async ({ signet, config, body }) => {
      const options = { clientId: config['default-client'], ...present(body) }
      if (options.context !== undefined) options.context = present(options.context)
      return {
        status: 201,
        body: pairOf(await asked(signet.issue(options as IssueOptions<CustomClaims>))),
      }
    },
  }),
  route({
    method: 'GET',
    path: '/v1/sessions',
    summary: 'List the live sessions of a subject',
    access: adminKey('read'),
    query: z.strictObject({
      subject: text,
      after: text.optional(),
      limit: z.coerce.number().int().min(1).max(500).optional(),
    }),
    handle: async ({ signet, query }) => {
      const { sessions, next } = await asked(signet.sessions.list(present(query)))
      return { status: 200, body: { sessions: sessions.map(sessionOf), ...(next && { next }) } }
    },
  }),
  route({
    method: 'GET',
    path: '/v1/sessions/:id',
    summary: 'Look at a live session',
    access: adminKey('read'),
    handle: async ({ signet, params }) => {
      const session = await signet.sessions.get(params.id ?? '')
      if (session === undefined)
        throw new ProblemError({ status: 404, title: 'there is no such live session' })
      return { status: 200, body: sessionOf(session) }
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/sessions/:id',
    summary: 'End a session',
    access: adminKey('revoke'),
    handle: async ({ signet, params }) => ({
      status: 200,
      body: await asked(signet.revoke({ sessionId: params.id ?? '' })),
    }),
  }),
]

export function sessionOf(session: Session<CustomClaims>): object {
  return session
}

/** Dates become ISO text in JSON. */
function pairOf({ outcome: _, ...pair }: TokenPair): object {
  return pair
}
