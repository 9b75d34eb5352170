/** What other software looks for by itself: keys, and whether the server lives and is ready. */
import { createHash } from 'node:crypto'
import { open, route } from '../route.ts'

/** How long a JWK Set may be cached, in seconds. A new key is published that much before it signs. */
const JWKS_MAX_AGE_SECONDS = 300

export const wellKnownRoutes = [
  route({
    method: 'GET',
    path: '/.well-known/jwks.json',
    summary: 'The public keys of access tokens (RFC 7517)',
    access: open,
    handle: ({ signet, request }) => {
      const text = JSON.stringify(signet.keys.jwks())
      const etag = `"${createHash('sha256').update(text).digest('base64url')}"`
      const headers = {
        'content-type': 'application/jwk-set+json',
        'cache-control': `public, max-age=${JWKS_MAX_AGE_SECONDS}`,
        'access-control-allow-origin': '*',
        etag,
      }
      if (request.headers.get('if-none-match') === etag)
        return new Response(null, { status: 304, headers })
      return new Response(text, { headers })
    },
  }),
  route({
    method: 'GET',
    path: '/livez',
    summary: 'Whether the process runs',
    access: open,
    handle: () => ({ status: 200, body: { status: 'ok' } }),
  }),
  route({
    method: 'GET',
    path: '/readyz',
    summary: 'Whether it can verify: revocations are known to be complete',
    access: open,
    handle: ({ signet }) => {
      const { ready, position, staleForSeconds } = signet.status()
      const known = Number.isFinite(staleForSeconds) ? { staleForSeconds } : {}
      return {
        status: ready ? 200 : 503,
        body: { status: ready ? 'ok' : 'stale', position, ...known },
      }
    },
  }),
]
