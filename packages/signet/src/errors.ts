/**
 * Every error Signet throws, with the code that stays the same across versions.
 *
 * Two kinds of failure are kept apart. What a token, a store or a clock can cause is a `SignetError`; a mistake of the
 * calling code (a misspelt option, a numeric `sub`) is a `TypeError` or `RangeError` that names the option and says what
 * to write. No message here ever holds a token, a key or a secret: messages go to logs, and logs go everywhere.
 */

/** The stable codes and the HTTP status each stands for (RFC 6750 section 3.1, RFC 6749 section 5.2). */
export const errorCodes = {
  ERR_TOKEN_INVALID: 401,
  ERR_TOKEN_MALFORMED: 401,
  ERR_TOKEN_EXPIRED: 401,
  ERR_TOKEN_NOT_YET_VALID: 401,
  ERR_TOKEN_REVOKED: 401,
  ERR_TOKEN_MISSING: 401,
  ERR_SIGNATURE_INVALID: 401,
  ERR_ALGORITHM_INVALID: 401,
  ERR_CLAIM_MISSING: 401,
  ERR_CLAIM_INVALID: 401,
  ERR_KEY_UNKNOWN: 401,
  ERR_KEY_INVALID: 500,
  ERR_SCOPE_INSUFFICIENT: 403,
  ERR_REFRESH_TOKEN_INVALID: 400,
  ERR_REFRESH_TOKEN_EXPIRED: 400,
  ERR_REFRESH_TOKEN_REVOKED: 400,
  ERR_REFRESH_TOKEN_REUSED: 400,
  ERR_REFRESH_TOKEN_SUPERSEDED: 503,
  ERR_STORE_UNAVAILABLE: 503,
  ERR_REVOCATIONS_STALE: 503,
  ERR_KEYS_UNAVAILABLE: 503,
} as const

export type ErrorCode = keyof typeof errorCodes

/** The base class. `code` is stable; `message` is for people and may change. */
export abstract class SignetError extends Error {
  abstract readonly code: ErrorCode

  /** The HTTP status this error stands for. */
  get status(): number {
    return errorCodes[this.code]
  }
}

/** What a claim check found. Values of registered claims only: they are identifiers and times, not credentials. */
export interface ClaimFailure {
  readonly claim?: string
  readonly expected?: unknown
  readonly received?: unknown
}

/** The token is not acceptable; the subclasses say why. Answer 401 and let the client fetch a new token. */
export class InvalidTokenError extends SignetError {
  override readonly name: string = 'InvalidTokenError'
  override readonly code: ErrorCode = 'ERR_TOKEN_INVALID'
  readonly claim: string | undefined
  readonly expected: unknown
  readonly received: unknown

  constructor(message: string, failure: ClaimFailure & ErrorOptions = {}) {
    super(message, failure.cause === undefined ? undefined : { cause: failure.cause })
    this.claim = failure.claim
    this.expected = failure.expected
    this.received = failure.received
  }
}

/** The text is not one JWS in compact serialization with a strict JOSE header and claims set (RFC 7515 section 7.1). */
export class MalformedTokenError extends InvalidTokenError {
  override readonly name = 'MalformedTokenError'
  override readonly code = 'ERR_TOKEN_MALFORMED'
}

/** The signature does not belong to this header, these claims and this key. */
export class InvalidSignatureError extends InvalidTokenError {
  override readonly name = 'InvalidSignatureError'
  override readonly code = 'ERR_SIGNATURE_INVALID'
}

/** The header names an algorithm that the key, or the verifier, does not use. */
export class InvalidAlgorithmError extends InvalidTokenError {
  override readonly name = 'InvalidAlgorithmError'
  override readonly code = 'ERR_ALGORITHM_INVALID'
}

/** No key of the key set has the token's `kid`, or none fits a token without one. */
export class UnknownKeyError extends InvalidTokenError {
  override readonly name = 'UnknownKeyError'
  override readonly code = 'ERR_KEY_UNKNOWN'
}

/** `exp` has been reached: a token is valid strictly before it (RFC 7519 section 4.1.4). */
export class ExpiredTokenError extends InvalidTokenError {
  override readonly name = 'ExpiredTokenError'
  override readonly code = 'ERR_TOKEN_EXPIRED'
  readonly expiredAt: Date

  constructor(message: string, expiredAt: Date) {
    super(message, { claim: 'exp' })
    this.expiredAt = expiredAt
  }
}

/** `nbf` or `iat` lies ahead of the verifier's clock. */
export class NotYetValidTokenError extends InvalidTokenError {
  override readonly name = 'NotYetValidTokenError'
  override readonly code = 'ERR_TOKEN_NOT_YET_VALID'
}

/** A claim that the verifier asks for is absent. A configured check never passes for want of its claim. */
export class MissingClaimError extends InvalidTokenError {
  override readonly name = 'MissingClaimError'
  override readonly code = 'ERR_CLAIM_MISSING'
}

/** A claim is there and has another type or value than it must have. */
export class InvalidClaimError extends InvalidTokenError {
  override readonly name = 'InvalidClaimError'
  override readonly code = 'ERR_CLAIM_INVALID'
}

export type RevokedBy = 'token' | 'session' | 'subject' | 'key'

/** The token was taken back before its expiry; `revokedBy` says by which kind of revocation. */
export class RevokedTokenError extends InvalidTokenError {
  override readonly name = 'RevokedTokenError'
  override readonly code = 'ERR_TOKEN_REVOKED'
  readonly revokedBy: RevokedBy

  constructor(message: string, revokedBy: RevokedBy) {
    super(message)
    this.revokedBy = revokedBy
  }
}

/** The request carries no access token at all. Its challenge has no error code (RFC 6750 section 3.1). */
export class MissingTokenError extends SignetError {
  override readonly name = 'MissingTokenError'
  override readonly code = 'ERR_TOKEN_MISSING'
}

/** The token is good and does not grant what the route asks for, be it a scope or a role. */
export class InsufficientScopeError extends SignetError {
  override readonly name = 'InsufficientScopeError'
  override readonly code = 'ERR_SCOPE_INSUFFICIENT'
  readonly required: readonly string[]

  constructor(message: string, required: readonly string[]) {
    super(message)
    this.required = required
  }
}

/**
 * The refresh token buys nothing. Whatever the subclass, a client learns only `invalid_grant` (RFC 6749 section 5.2):
 * telling a thief apart from a forgetful client is for our logs.
 */
export class InvalidRefreshTokenError extends SignetError {
  override readonly name: string = 'InvalidRefreshTokenError'
  override readonly code: ErrorCode = 'ERR_REFRESH_TOKEN_INVALID'
}

/** The session has passed its idle or absolute lifetime. */
export class ExpiredRefreshTokenError extends InvalidRefreshTokenError {
  override readonly name = 'ExpiredRefreshTokenError'
  override readonly code = 'ERR_REFRESH_TOKEN_EXPIRED'
}

/** The session, its subject or its key was revoked. */
export class RevokedRefreshTokenError extends InvalidRefreshTokenError {
  override readonly name = 'RevokedRefreshTokenError'
  override readonly code = 'ERR_REFRESH_TOKEN_REVOKED'
}

/** An old generation came back after the grace: two parties hold this session, so it has been ended (RFC 9700 section 4.14.2). */
export class ReusedRefreshTokenError extends InvalidRefreshTokenError {
  override readonly name = 'ReusedRefreshTokenError'
  override readonly code = 'ERR_REFRESH_TOKEN_REUSED'
  readonly sessionId: string

  constructor(message: string, sessionId: string) {
    super(message)
    this.sessionId = sessionId
  }
}

/** Failures that pass by themselves: answer 503 with Retry-After, never a 401 that makes a client throw its tokens away. */
export abstract class TemporaryError extends SignetError {
  readonly retryAfterSeconds: number

  constructor(
    message: string,
    options: ErrorOptions & { readonly retryAfterSeconds?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.retryAfterSeconds = options.retryAfterSeconds ?? 1
  }
}

/** Another holder of the session has just refreshed it: read the newest token before trying again, never resend this one. */
export class SupersededRefreshTokenError extends TemporaryError {
  override readonly name = 'SupersededRefreshTokenError'
  override readonly code = 'ERR_REFRESH_TOKEN_SUPERSEDED'
}

/** The store did not answer within its deadline, or answered that it cannot serve. */
export class StoreUnavailableError extends TemporaryError {
  override readonly name = 'StoreUnavailableError'
  override readonly code = 'ERR_STORE_UNAVAILABLE'
}

/** This verifier has not heard of revocations for longer than `maxStalenessSeconds`, so it refuses rather than guess. */
export class StaleRevocationsError extends TemporaryError {
  override readonly name = 'StaleRevocationsError'
  override readonly code = 'ERR_REVOCATIONS_STALE'
  readonly staleForSeconds: number

  constructor(message: string, staleForSeconds: number) {
    super(message)
    this.staleForSeconds = staleForSeconds
  }
}

/** A remote key set could not be fetched, and what is known of it is too old to be trusted. */
export class KeysUnavailableError extends TemporaryError {
  override readonly name = 'KeysUnavailableError'
  override readonly code = 'ERR_KEYS_UNAVAILABLE'
}

/** A key or secret cannot be used: too weak, of the wrong kind, not to be opened. The message says how to make a good one. */
export class InvalidKeyError extends SignetError {
  override readonly name = 'InvalidKeyError'
  override readonly code = 'ERR_KEY_INVALID'
}
