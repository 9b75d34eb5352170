/** What a failure looks like over HTTP: the one table from which every adapter and endpoint answers. */
import {
  type ErrorCode,
  errorCodes,
  InvalidTokenError,
  SignetError,
  TemporaryError,
} from '../errors.ts'

export interface Refusal {
  readonly status: 400 | 401 | 403 | 503
  /** The value of WWW-Authenticate (RFC 6750 section 3). */
  readonly challenge?: string
  /** The value of Retry-After, in whole seconds. */
  readonly retryAfterSeconds?: number
  readonly body: { readonly error: string; readonly error_description: string }
}

interface Row {
  readonly error: string
  /**
   * A sentence of ours, never the error's message, which may quote a claim. Printable ASCII without quotation marks and
   * backslashes, as RFC 6749 section 5.2 and RFC 6750 section 3 ask.
   */
  readonly description: string
}

/** All refresh tokens that buy nothing look the same: whoever holds a stolen one is not told how it was found out. */
const invalidGrant: Row = {
  error: 'invalid_grant',
  description: 'the refresh token is not valid; log in again',
}

const invalidToken = (description: string): Row => ({ error: 'invalid_token', description })

const unavailable = (description: string): Row => ({
  error: 'temporarily_unavailable',
  description,
})

/** One row per code. A code without a row is a fault of the service and no answer to a client. */
const rows: { readonly [code in ErrorCode]: Row | undefined } = {
  ERR_TOKEN_INVALID: invalidToken('the token is not valid here'),
  ERR_TOKEN_MALFORMED: invalidToken('the credentials are not one well-formed token'),
  ERR_TOKEN_EXPIRED: invalidToken('the token has expired'),
  ERR_TOKEN_NOT_YET_VALID: invalidToken('the token is not valid yet'),
  ERR_TOKEN_REVOKED: invalidToken('the token has been revoked'),
  ERR_TOKEN_MISSING: { error: 'missing_token', description: 'an access token is needed here' },
  ERR_SIGNATURE_INVALID: invalidToken('the signature of the token is wrong'),
  ERR_ALGORITHM_INVALID: invalidToken('the algorithm of the token is not accepted'),
  ERR_CLAIM_MISSING: invalidToken('the token lacks a claim that is needed here'),
  ERR_CLAIM_INVALID: invalidToken('a claim of the token has another value than is needed here'),
  ERR_KEY_UNKNOWN: invalidToken('the token is signed with a key that is not known here'),
  ERR_KEY_INVALID: undefined,
  ERR_SCOPE_INSUFFICIENT: {
    error: 'insufficient_scope',
    description: 'the token is good and does not grant what is asked for',
  },
  ERR_REFRESH_TOKEN_INVALID: invalidGrant,
  ERR_REFRESH_TOKEN_EXPIRED: invalidGrant,
  ERR_REFRESH_TOKEN_REVOKED: invalidGrant,
  ERR_REFRESH_TOKEN_REUSED: invalidGrant,
  ERR_REFRESH_TOKEN_SUPERSEDED: unavailable(
    'the session has just been refreshed; read the newest refresh token before trying again',
  ),
  ERR_STORE_UNAVAILABLE: unavailable('the service cannot answer now; try again'),
  ERR_KEYS_UNAVAILABLE: unavailable('the keys of the issuer cannot be fetched now; try again'),
  ERR_REVOCATIONS_STALE: unavailable('the token cannot be checked now; keep it and try again'),
}

/**
 * The answer to a failure that a token, a header or a store has caused.
 *
 * @throws the error itself when it is none of these: a fault of the service is for its own error handling
 */
export function refusal(error: unknown): Refusal {
  const row = error instanceof SignetError ? rows[error.code] : undefined
  if (row === undefined) throw error
  const { code } = error as SignetError
  const body = { error: row.error, error_description: describeFailure(error, row) }
  const status = errorCodes[code] as Refusal['status']
  if (error instanceof TemporaryError) {
    return { status, retryAfterSeconds: Math.max(1, Math.ceil(error.retryAfterSeconds)), body }
  }
  if (status !== 401 && status !== 403) return { status, body }
  return { status, challenge: code === 'ERR_TOKEN_MISSING' ? plainChallenge : print(body), body }
}

/** The headers of a refusal. No cache may keep what was said to one caller. */
export function refusalHeaders(refused: Refusal): { readonly [name: string]: string } {
  const { challenge, retryAfterSeconds } = refused
  return {
    'cache-control': 'no-store',
    ...(challenge === undefined ? {} : { 'www-authenticate': challenge }),
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  }
}

/**
 * No error code for whoever has sent no token (RFC 6750 section 3.1); the scheme must still be followed by a parameter
 * (section 3), so the realm stands here.
 */
const plainChallenge = 'Bearer realm="api"'

function print({ error, error_description }: Refusal['body']): string {
  return `Bearer error="${error}", error_description="${error_description}"`
}

/** A token of another kind is the commonest mistake, so it is named; `typ` and `type` tell the kinds apart. */
function describeFailure(error: unknown, row: Row): string {
  if (!(error instanceof InvalidTokenError)) return row.description
  const isOtherKind = error.claim === 'typ' || error.claim === 'type'
  return isOtherKind ? 'this is not an access token' : row.description
}
