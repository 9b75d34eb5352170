/** Access tokens without a session. */
import type { Claims } from 'signet-jwt'
import { z } from 'zod'
import { route } from '../route.ts'
import * as schemas from '../schemas.ts'

export const tokenRoutes = [
  route({
    method: 'POST',
    path: '/v1/tokens',
    summary: 'Signs one access token without a session, for services, jobs and links.',
    access: { admin: 'issue' },
    input: {
      body: z.strictObject({
        subject: schemas.text,
        claims: schemas.claims.exactOptional(),
        audience: schemas.audience.exactOptional(),
        lifetimeSeconds: z.int().min(1, 'must be at least 1').exactOptional(),
      }),
    },
    answers: { 201: { description: 'the token and its id', body: schemas.accessToken } },
    async handle({ body }, { signet }) {
      const { claims, ...rest } = body
      const issued = await signet.issueAccessToken({
        ...rest,
        claims: (claims ?? {}) as Claims,
      })
      return { status: 201, body: issued }
    },
  }),
]
