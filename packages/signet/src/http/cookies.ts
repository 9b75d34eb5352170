/** Reading one cookie of a Cookie header (RFC 6265 section 4.2). */
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

/** Whether a text can be the name of a cookie: a token of RFC 9110 section 5.6.2. */
export function isCookieName(name: string): boolean {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(name)
}
