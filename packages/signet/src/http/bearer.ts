/** Finding the access token of a request (RFC 6750 section 2.1). */
import { InvalidRequestError, MissingTokenError } from '../errors.ts'

/** One or more characters that a token may have, and nothing else: `b64token` of RFC 6750 section 2.1. */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/

/**
 * The token of an Authorization header.
 *
 * @param header the value of Authorization, or undefined or null when the request has none
 * @throws MissingTokenError when there is none, or another scheme; InvalidRequestError when it is malformed
 */
export function bearerToken(header: string | null | undefined): string {
  if (header === undefined || header === null || header === '') {
    throw new MissingTokenError('the request has no access token')
  }
  const [scheme = '', ...rest] = header.trim().split(/ +/, 4)
  if (scheme.toLowerCase() !== 'bearer') {
    throw new MissingTokenError('the request is authenticated by another scheme than Bearer')
  }
  const [token = ''] = rest
  if (rest.length !== 1 || !TOKEN.test(token)) {
    throw new InvalidRequestError('the Authorization header must be Bearer and one token')
  }
  return token
}

/**
 * The value of a cookie.
 *
 * @param header the value of Cookie
 * @throws MissingTokenError when there is no such cookie; InvalidRequestError when there are two
 */
export function cookieToken(header: string | null | undefined, name: string): string {
  const values = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  const [value] = values
  // Two cookies of one name: a subdomain may have planted the second, and nobody can say which one is meant.
  if (values.length > 1)
    throw new InvalidRequestError('the request has the cookie of the access token twice')
  if (value === undefined || value === '')
    throw new MissingTokenError('the request has no access token')
  return value
}
