/** For those who run the server: what it counts, and what it can do. */
import { z } from 'zod'
import { route } from '../route.ts'

export const operationsRoutes = [
  route({
    method: 'GET',
    path: '/metrics',
    summary: 'What the server counts, for Prometheus.',
    access: { admin: 'read' },
    input: {},
    answers: { 200: { description: 'the metrics', type: 'text/plain', body: z.string() } },
    async handle(_, { metrics }) {
      const headers = { 'content-type': metrics.contentType, 'cache-control': 'no-store' }
      return new Response(await metrics.print(), { headers })
    },
  }),
  route({
    method: 'GET',
    path: '/openapi.json',
    summary: 'This interface in the terms of OpenAPI 3.1.',
    access: 'public',
    input: {},
    answers: { 200: { description: 'the document', body: z.looseObject({ openapi: z.string() }) } },
    handle(_, { document }) {
      return { status: 200, body: document() }
    },
  }),
]
