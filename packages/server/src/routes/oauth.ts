/** What other software knows to speak: the token endpoint and the published keys. */
import { jwksEndpoint } from 'signet-jwt/http'
import { z } from 'zod'
import { route } from '../route.ts'

export const oauthRoutes = [
  route({
    method: 'POST',
    path: '/oauth/token',
    summary: 'Exchanges a refresh token (RFC 6749 section 6).',
    access: 'public',
    input: {},
    answers: {
      200: {
        description: 'the next access token and refresh token',
        body: z.object({
          access_token: z.string(),
          token_type: z.literal('Bearer'),
          expires_in: z.number(),
          refresh_token: z.string(),
          scope: z.string().optional(),
        }),
      },
    },
    handle(_, { oauthToken, request }) {
      return oauthToken(request)
    },
  }),
  route({
    method: 'GET',
    path: '/.well-known/jwks.json',
    summary: 'The public keys of access tokens (RFC 7517).',
    access: 'public',
    input: {},
    answers: {
      200: { description: 'a JWK Set', body: z.object({ keys: z.array(z.looseObject({})) }) },
      304: { description: 'it has not changed' },
    },
    handle(_, { signet, request }) {
      return jwksEndpoint(signet)(request)
    },
  }),
]
