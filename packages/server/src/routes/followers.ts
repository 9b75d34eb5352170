/** Verifiers without access to the store: what they read of revocations, and how receipts know of them. */
import { z } from 'zod'
import { route } from '../route.ts'
import * as schemas from '../schemas.ts'

export const followerRoutes = [
  route({
    method: 'GET',
    path: '/v1/revocations',
    summary: 'The revocation log: a page of it, or with accept: text/event-stream as it grows.',
    access: { admin: 'follow' },
    input: {},
    described: {
      query: z.object({ after: z.string().optional(), ring: z.string().optional() }),
    },
    answers: { 200: { description: 'entries after the position in `after`', body: schemas.tail } },
    handle(_, { feed, request }) {
      return feed.revocations(request)
    },
  }),
  route({
    method: 'PUT',
    path: '/v1/followers/:id',
    summary: 'Reports how far a follower is; receipts wait for those who have reported.',
    access: { admin: 'follow' },
    input: { params: z.object({ id: schemas.text }) },
    described: { body: schemas.followerReport },
    answers: { 200: { description: 'what the follower has not applied', body: schemas.tail } },
    handle({ params }, { feed, request }) {
      return feed.follower(request, params.id)
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/followers/:id',
    summary: 'A follower leaves the fleet.',
    access: { admin: 'follow' },
    input: { params: z.object({ id: schemas.text }) },
    answers: { 204: { description: 'receipts no longer wait for it' } },
    handle({ params }, { feed, request }) {
      return feed.follower(request, params.id)
    },
  }),
]
