/** The one table from an error to an HTTP answer, which every adapter and endpoint uses. */
import {
  InsufficientScopeError,
  InvalidRefreshTokenError,
  InvalidRequestError,
  InvalidTokenError,
  MissingTokenError,
  TemporaryError,
} from '../errors.ts'

/** What to answer. `body` is JSON: `error` as RFC 6749 section 5.2 and RFC 6750 section 3.1 name it. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 503
  /** The value of WWW-Authenticate. */
  readonly challenge?: string
  /** The value of Retry-After. */
  readonly retryAfterSeconds?: number
  readonly body: { readonly error: string; readonly error_description?: string }
}

/**
 * The answer to an error, or undefined for one that is not about a token or a store: that is a bug, and not for clients.
 *
 * - no token: 401 and a challenge without error code · a bad token: 401 invalid_token · lacking scope or role: 403
 * - a bad refresh token: 400 invalid_grant, whatever is wrong with it · anything that passes by itself: 503 and Retry-After
 */
export function refusal(error: unknown): Refusal | undefined {
  if (error instanceof TemporaryError) {
    const { retryAfterSeconds } = error
    return { status: 503, retryAfterSeconds, body: { error: 'temporarily_unavailable' } }
  }
  if (error instanceof MissingTokenError) {
    return { status: 401, challenge: 'Bearer', body: { error: 'unauthorized' } }
  }
  if (error instanceof InvalidTokenError) return challenged(401, 'invalid_token', describe(error))
  if (error instanceof InsufficientScopeError) {
    return challenged(403, 'insufficient_scope', 'the token does not grant what this needs')
  }
  if (error instanceof InvalidRequestError) return challenged(400, 'invalid_request', error.message)
  if (error instanceof InvalidRefreshTokenError)
    return { status: 400, body: { error: 'invalid_grant' } }
  return undefined
}

function challenged(status: 400 | 401 | 403, error: string, description: string): Refusal {
  return {
    status,
    challenge: `Bearer error="${error}", error_description="${description}"`,
    body: { error, error_description: description },
  }
}

/** By kind, not by message: messages quote claims, which clients sent and logs should have. */
const descriptions: { readonly [name: string]: string } = {
  ExpiredTokenError: 'the token has expired',
  NotYetValidTokenError: 'the token is not valid yet',
  RevokedTokenError: 'the token was revoked',
  MalformedTokenError: 'the token is malformed',
  InvalidSignatureError: 'the signature is wrong',
}

function describe(error: InvalidTokenError): string {
  return descriptions[error.name] ?? 'the token is not valid here'
}
