/** The row of a session, as every store keeps it. */

/** One session: a register that holds the current generation. Times are store milliseconds. */
export interface SessionRow {
  /** `hs` of the subject, then 16 random bytes; see session-id.ts. */
  readonly sid: string
  readonly subject: string
  /** The custom claims as JSON text, at most MAX_CLAIMS_BYTES. */
  readonly claims: string
  /** JSON text of the audience: a string or a list. */
  readonly audience: string
  readonly scope: string | undefined
  /** The OAuth client the session belongs to. */
  readonly client: string | undefined
  /** Thumbprint of the key the session is bound to (RFC 9449). */
  readonly cnf: string | undefined
  /** What people are shown of the session, as JSON text. */
  readonly context: string
  /** The subject's stamp at birth: log-out-everywhere raises the subject's, and older sessions are over. */
  readonly epoch: number
  /** The current generation; refresh tokens of earlier ones have been rotated away. */
  readonly gen: number
  readonly rotatedAt: number
  /** How often the predecessor was answered again since the last rotation. */
  readonly replays: number
  /** The attempt that made the last rotation: the same attempt gets the same answer, always. */
  readonly attempt: string
  /** A MAC of the user agent that made the last rotation. */
  readonly contextHash: string | undefined
  /** SHA-256 of the session secret, which only refresh tokens carry. */
  readonly secretHash: string
  /** The refresh-MAC secret of the current generation's token. */
  readonly macKid: string
  readonly bornAt: number
  readonly idleAt: number
  readonly absoluteAt: number
  readonly revokedAt: number | undefined
  /** The last events, for people who ask why; see history.ts. */
  readonly history: string
}
