/** The access token of an Authorization header (RFC 6750 section 2.1). */
import { MalformedTokenError, MissingTokenError } from '../errors.ts'

/**
 * Exactly one token after the scheme Bearer, which is matched without regard to case (RFC 9110 section 11.1).
 *
 * What may stand between its first and last character is for the verifier, which knows base64url to the letter; here
 * only what would make two credentials of one header is refused.
 *
 * @param authorization the header's value, or all of them when it was sent several times; undefined for none
 * @throws MissingTokenError when there is none, or one of another scheme; MalformedTokenError when it is not exactly one
 */
export function bearerToken(authorization: string | readonly string[] | undefined): string {
  if (authorization === undefined || authorization.length === 0) throw missing()
  if (typeof authorization !== 'string') {
    const [only, ...others] = authorization
    if (others.length > 0) throw new MalformedTokenError('there are several Authorization headers')
    return bearerToken(only)
  }
  const token = afterScheme(authorization)
  if (token === '') throw new MalformedTokenError('the Authorization header ends after its scheme')
  if (token.includes(' ') || token.includes(',')) {
    throw new MalformedTokenError('the Authorization header holds more than one token')
  }
  return token
}

const usualScheme = 'Bearer '

function afterScheme(authorization: string): string {
  // Nearly every request is written like this; the pattern is for the others.
  if (authorization.startsWith(usualScheme) && authorization[usualScheme.length] !== ' ') {
    return authorization.slice(usualScheme.length)
  }
  const scheme = /^bearer(?: +|$)/i.exec(authorization)
  if (scheme === null) throw missing()
  return authorization.slice(scheme[0].length)
}

function missing(): MissingTokenError {
  return new MissingTokenError('the request carries no access token')
}
