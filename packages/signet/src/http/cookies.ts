/** Reading one cookie of a Cookie header (RFC 6265 section 4.2). */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { MalformedTokenError } from '../errors.ts'

/**
 * The value of a cookie, or undefined when there is none of that name.
 *
 * @throws MalformedTokenError when there are two: a neighbouring host or path has set one, and nobody can tell which is ours
 */
export function cookieValue(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined
  const start = `${name}=`
  const values = header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(start))
  if (values.length > 1) throw new MalformedTokenError('the cookie of the token was sent twice')
  return values[0]?.slice(start.length)
}

/**
 * The value of a signed cookie as Express, Fastify and Hono write it: percent-encoded, `s:` before it with Express, and
 * behind its last dot the HMAC-SHA-256 of the value in base64, with padding or without.
 *
 * @throws MalformedTokenError when none of the secrets has signed it
 */
export function unsignCookie(cookie: string, secrets: readonly string[]): string {
  const [, value = '', signature = ''] = /^(?:s:)?(.*)\.([^.]*)$/s.exec(decode(cookie)) ?? []
  const given = Buffer.from(signature.replace(/=$/, ''))
  const isSigned = secrets.some((secret) => {
    const mac = createHmac('sha256', secret).update(value).digest('base64').replace(/=$/, '')
    return mac.length === given.length && timingSafeEqual(Buffer.from(mac), given)
  })
  if (isSigned) return value
  throw new MalformedTokenError('the cookie of the token is not signed with a secret known here')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Whether a text can be the name of a cookie: a token of RFC 9110 section 5.6.2. */
export function isCookieName(name: string): boolean {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(name)
}
