/** Answers of the OAuth endpoints: errors in the words of RFC 6749, and nothing that a cache may keep. */

/** The error codes of RFC 6749 section 5.2 that the endpoints find by themselves. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_scope'
  | 'unsupported_grant_type'

/** Ends the handling of a request with an error of the protocol. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly error: OAuthErrorCode
  readonly status: number
  readonly headers: { readonly [name: string]: string }

  /** @param description printable ASCII without quotation marks and backslashes (RFC 6749 section 5.2) */
  constructor(
    error: OAuthErrorCode,
    description: string,
    status = 400,
    headers: { readonly [name: string]: string } = {},
  ) {
    super(description)
    this.error = error
    this.status = status
    this.headers = headers
  }
}

/** Nothing that is said here may be kept by a cache (RFC 6749 section 5.1); Pragma is for the oldest of them. */
export function oauthAnswer(
  status: number,
  body: object,
  headers: { readonly [name: string]: string } = {},
): Response {
  return Response.json(body, {
    status,
    headers: { ...headers, 'cache-control': 'no-store', pragma: 'no-cache' },
  })
}

export function oauthRefusal({ error, message, status, headers }: OAuthError): Response {
  return oauthAnswer(status, { error, error_description: message }, headers)
}
