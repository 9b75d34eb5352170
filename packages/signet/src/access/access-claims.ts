/** The claims of an access token, as verify answers them. */

/** The caller's claims beside those Signet sets. Frozen. */
export type AccessClaims<C> = Readonly<C> & {
  readonly iss: string
  readonly sub: string
  readonly aud: string | readonly string[]
  /** Seconds since the epoch. */
  readonly exp: number
  readonly iat: number
  readonly jti: string
  readonly type: 'access'
  /** The session; absent from a token without one. */
  readonly sid?: string
  /** The subject's stamp: what log-out-everywhere compares. */
  readonly epoch?: number
  readonly scope?: string
  readonly client_id?: string
  readonly cnf?: { readonly jkt: string }
}
