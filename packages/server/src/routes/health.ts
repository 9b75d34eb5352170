/** For whatever watches over the process. */
import { z } from 'zod'
import { Problem } from '../problem.ts'
import { route } from '../route.ts'

const health = z.object({ status: z.literal('ok') })

export const healthRoutes = [
  route({
    method: 'GET',
    path: '/livez',
    summary: 'Whether the process runs.',
    access: 'public',
    input: {},
    answers: { 200: { description: 'it does', body: health } },
    handle() {
      return { status: 200, body: { status: 'ok' } }
    },
  }),
  route({
    method: 'GET',
    path: '/readyz',
    summary: 'Whether tokens can be verified now.',
    access: 'public',
    input: {},
    answers: { 200: { description: 'they can', body: health } },
    handle(_, { signet }) {
      if (signet.status().ready) return { status: 200, body: { status: 'ok' } }
      throw new Problem({
        status: 503,
        detail: 'revocations have not been heard of in time, so tokens are refused',
        headers: { 'retry-after': '1' },
      })
    },
  }),
]
