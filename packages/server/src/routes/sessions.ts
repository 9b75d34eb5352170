/** Sessions, for the application that has just authenticated someone and for those who run it. */
import type { Claims } from 'signet-jwt'
import { z } from 'zod'
import { Problem } from '../problem.ts'
import { route } from '../route.ts'
import * as schemas from '../schemas.ts'
import { receiptAnswer, receiptAnswers } from './revocations.ts'

/**
 * The client of a session begun without another: a client_id is what RFC 9068 section 2.2 asks of an access token.
 */
export const DEFAULT_CLIENT_ID = 'signet'

const sessionParams = z.object({ id: schemas.text })

export const sessionRoutes = [
  route({
    method: 'POST',
    path: '/v1/sessions',
    summary: 'Begins a session for someone the application has just authenticated.',
    access: { admin: 'issue' },
    input: {
      body: z.strictObject({
        subject: schemas.text,
        claims: schemas.claims.exactOptional(),
        audience: schemas.audience.exactOptional(),
        scope: schemas.scope.exactOptional(),
        clientId: schemas.text.exactOptional(),
        context: schemas.context.exactOptional(),
      }),
    },
    answers: { 201: { description: 'both tokens and the id of the session', body: schemas.pair } },
    async handle({ body }, { signet, clientIds }) {
      const { claims, ...rest } = body
      if (body.clientId !== undefined && !clientIds.has(body.clientId)) throw unknownClient()
      const pair = await signet.issue({
        clientId: DEFAULT_CLIENT_ID,
        ...rest,
        claims: (claims ?? {}) as Claims,
      })
      const { outcome: _, ...shown } = pair
      return { status: 201, body: shown }
    },
  }),
  route({
    method: 'GET',
    path: '/v1/sessions',
    summary: 'Lists the live sessions of a subject, oldest first, a page at a time.',
    access: { admin: 'read' },
    input: {
      query: z.strictObject({ subject: schemas.text, after: schemas.text.exactOptional() }),
    },
    answers: { 200: { description: 'a page of sessions', body: schemas.sessionPage } },
    async handle({ query }, { signet }) {
      return { status: 200, body: await signet.sessions.list(query) }
    },
  }),
  route({
    method: 'GET',
    path: '/v1/sessions/:id',
    summary: 'Shows a live session.',
    access: { admin: 'read' },
    input: { params: sessionParams },
    answers: { 200: { description: 'the session', body: schemas.session } },
    async handle({ params }, { signet }) {
      const session = await signet.sessions.get(params.id)
      if (session === undefined) {
        throw new Problem({ status: 404, detail: 'there is no live session with this id' })
      }
      return { status: 200, body: session }
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/sessions/:id',
    summary: 'Ends a session: its tokens are refused from here on. Repeating it is harmless.',
    access: { admin: 'revoke' },
    input: {
      params: sessionParams,
      query: z.strictObject({ waitFor: schemas.waitFor }),
    },
    answers: receiptAnswers,
    async handle({ params, query }, { signet }) {
      return receiptAnswer(await signet.revoke({ sessionId: params.id }, query), query)
    },
  }),
]

/** Its session could never be refreshed. */
function unknownClient(): Problem {
  const detail = "'clientId' is no client of this server; clients stand in its configuration file"
  return new Problem({ status: 400, detail, errors: [{ detail, pointer: '#/clientId' }] })
}
