/** What other software knows to speak: the OAuth endpoints, their metadata, and the published keys. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { route } from '../route.ts'

/** How a client says who it is, where it does not use the Authorization header. */
const client = { client_id: z.string().optional(), client_secret: z.string().optional() }
const hint = z.string().optional()

export const oauthRoutes = [
  route({
    method: 'POST',
    path: '/oauth/token',
    summary: 'Exchanges a refresh token (RFC 6749 section 6).',
    access: 'public',
    isLimited: true,
    input: {},
    described: {
      form: z.object({
        grant_type: z.literal('refresh_token'),
        refresh_token: z.string(),
        ...client,
      }),
    },
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
    handle(_, { endpoints, request }) {
      return endpoints.token(request)
    },
  }),
  route({
    method: 'POST',
    path: '/oauth/revoke',
    summary: 'A client gives back a token of its own (RFC 7009).',
    access: 'public',
    isLimited: true,
    input: {},
    described: { form: z.object({ token: z.string(), token_type_hint: hint, ...client }) },
    answers: { 200: { description: 'it is not valid any more, if it ever was' } },
    handle(_, { endpoints, request }) {
      return endpoints.revocation(request)
    },
  }),
  route({
    method: 'POST',
    path: '/oauth/introspect',
    summary:
      'What a token is worth now (RFC 7662), for confidential clients and admin keys (introspect).',
    access: 'public',
    isLimited: true,
    input: {},
    described: { form: z.object({ token: z.string(), token_type_hint: hint, ...client }) },
    answers: {
      200: {
        description: 'what it is, or that it is not active and nothing else',
        body: z.looseObject({ active: z.boolean() }),
      },
    },
    handle(_, { endpoints, request }) {
      return endpoints.introspection(request)
    },
  }),
  route({
    method: 'GET',
    path: '/.well-known/oauth-authorization-server',
    summary: 'Where the endpoints are and what they take (RFC 8414).',
    access: 'public',
    input: {},
    answers: { 200: { description: 'the metadata', body: z.looseObject({ issuer: z.string() }) } },
    handle(_, { issuer }) {
      const headers = { 'cache-control': 'public, max-age=300' }
      return { status: 200, body: metadataOf(issuer), headers }
    },
  }),
  route({
    method: 'GET',
    path: '/.well-known/jwks.json',
    summary: 'The public keys of access tokens (RFC 7517).',
    access: 'public',
    input: {},
    answers: {
      200: {
        description: 'a JWK Set',
        type: 'application/jwk-set+json',
        body: z.object({ keys: z.array(z.looseObject({})) }),
      },
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

/**
 * Defaults are written out: that of grant_types_supported names grants this server does not have. There is no
 * authorization endpoint, so the required list of response types is empty, which strict readers miss when it is left out.
 */
function metadataOf(issuer: string): object {
  const base = issuer.replace(/\/$/, '')
  const methods = ['client_secret_basic', 'client_secret_post']
  return {
    issuer,
    token_endpoint: `${base}/oauth/token`,
    token_endpoint_auth_methods_supported: [...methods, 'none'],
    revocation_endpoint: `${base}/oauth/revoke`,
    revocation_endpoint_auth_methods_supported: [...methods, 'none'],
    introspection_endpoint: `${base}/oauth/introspect`,
    introspection_endpoint_auth_methods_supported: methods,
    jwks_uri: `${base}/.well-known/jwks.json`,
    grant_types_supported: ['refresh_token'],
    response_types_supported: [],
  }
}

/** RFC 9110 section 13.1.2, with weak comparison. */
function isKnown(etag: string, ifNoneMatch: string | null): boolean {
  if (ifNoneMatch === null) return false
  return ifNoneMatch
    .split(',')
    .map((each) => each.trim().replace(/^W\//, ''))
    .some((each) => each === '*' || each === etag)
}
