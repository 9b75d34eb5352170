/** The public keys of an issuer for everyone who verifies its tokens: a JWK Set (RFC 7517 section 5). */
import { createHash } from 'node:crypto'

/** The part of Signet that is used here. */
export interface JwksSource {
  readonly keys: { jwks(): { keys: object[] }; readonly jwksMaxAgeSeconds: number }
}

/**
 * Answers GET and HEAD with the JWK Set, its ETag, and how long it may be kept. Put it at `/.well-known/jwks.json`.
 *
 * A key signs only when every copy that lacks it has run out. A process that has not heard of the ring in time may lack
 * one by now, and lets nobody keep what it answers: its maximum age is 0 then.
 */
export function jwksEndpoint(signet: JwksSource): (request: Request) => Promise<Response> {
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return new Response(null, { status: 405, headers: { allow: 'GET, HEAD' } })
    }
    const text = JSON.stringify(signet.keys.jwks())
    const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
    const maxAge = Math.floor(signet.keys.jwksMaxAgeSeconds)
    const headers = {
      etag,
      'cache-control': `public, max-age=${maxAge}`,
      // The keys are public: a page that verifies for itself may read them, too.
      'access-control-allow-origin': '*',
    }
    if (isKnown(etag, request.headers.get('if-none-match'))) {
      return new Response(null, { status: 304, headers })
    }
    const type = { 'content-type': 'application/jwk-set+json' }
    return new Response(request.method === 'HEAD' ? null : text, {
      headers: { ...headers, ...type },
    })
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
