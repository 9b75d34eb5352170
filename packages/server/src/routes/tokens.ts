/** Access tokens without a session, and the refresh of those with one. */
import type { IssueAccessTokenOptions } from 'signet-jwt'
import { tokenEndpoint } from 'signet-jwt/http'
import { z } from 'zod'
import { asked } from '../problem.ts'
import { adminKey, type CustomClaims, open, route } from '../route.ts'
import { audience, claims, present } from './sessions.ts'

export const tokenRoutes = [
  route({
    method: 'POST',
    path: '/v1/tokens',
    summary: 'Issue one access token without a session: service to service, jobs, links',
    access: adminKey('issue'),
    body: z.strictObject({
      subject: z.string().min(1).max(1024),
      claims: claims.optional(),
      audience: audience.optional(),
      lifetimeSeconds: z.number().int().min(1).optional(),
    }),
    handle: async ({ signet, body }) => {
      const options = present(body) as IssueAccessTokenOptions<CustomClaims>
      return { status: 201, body: await asked(signet.issueAccessToken(options)) }
    },
  }),
  route({
    method: 'POST',
    path: '/oauth/token',
    summary: 'Refresh a session (RFC 6749 section 6)',
    access: open,
    handle: ({ signet, config, request }) =>
      tokenEndpoint(signet, { defaultClientId: config['default-client'] })(request),
  }),
]
