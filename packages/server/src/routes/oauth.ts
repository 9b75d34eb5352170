/** What other software knows to speak: the token endpoint and the published keys. */
import { createHash } from 'node:crypto'
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
      const text = JSON.stringify(signet.keys.jwks())
      const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
      // A new key is published for longer than this before it signs, so a cache never lacks it.
      const headers = { 'cache-control': 'public, max-age=300', etag }
      if (isKnown(etag, request.headers.get('if-none-match'))) {
        return new Response(null, { status: 304, headers })
      }
      const type = { 'content-type': 'application/jwk-set+json' }
      return new Response(text, { headers: { ...headers, ...type } })
    },
  }),
]

/** RFC 9110 section 13.1.2, with weak comparison. */
function isKnown(etag: string, ifNoneMatch: string | null): boolean {
  if (ifNoneMatch === null) return false
  return ifNoneMatch
    .split(',')
    .map((each) => each.trim().replace(/^W\//, ''))
    .some((each) => each === '*' || each === etag)
}
