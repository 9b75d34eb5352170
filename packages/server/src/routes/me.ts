/** What the holder of an access token may do for themselves. */
import { z } from 'zod'
import { route } from '../route.ts'
import * as schemas from '../schemas.ts'
import { receiptAnswer, receiptAnswers } from './revocations.ts'

export const meRoutes = [
  route({
    method: 'GET',
    path: '/v1/whoami',
    summary: 'Shows the claims of the access token that is sent.',
    access: 'token',
    input: {},
    answers: {
      200: { description: 'the claims', body: z.looseObject({ sub: z.string(), exp: z.number() }) },
    },
    handle(_, { claims }) {
      return { status: 200, body: claims() }
    },
  }),
  route({
    method: 'GET',
    path: '/v1/me/sessions',
    summary: "Lists the caller's own live sessions.",
    access: 'token',
    input: { query: z.strictObject({ after: schemas.text.exactOptional() }) },
    answers: { 200: { description: 'a page of sessions', body: schemas.sessionPage } },
    async handle({ query }, { signet, claims }) {
      const { sub: subject } = claims()
      return { status: 200, body: await signet.sessions.list({ subject, ...query }) }
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/me/sessions',
    summary: "Logs the caller out everywhere: all of the subject's tokens are refused.",
    access: 'token',
    input: { query: z.strictObject({ waitFor: schemas.waitFor }) },
    answers: receiptAnswers,
    async handle({ query }, { signet, claims }) {
      return receiptAnswer(await signet.revoke({ subject: claims().sub }, query), query)
    },
  }),
]
