/**
 * What the attack kit needs of a system that rotates refresh tokens: three verbs, and a few more where the system has
 * them. It knows nothing of Signet, so that anything can be attacked: a library, a server, an idea in forty lines.
 */

/** What a system may learn of a caller; one that has no use for it ignores it. */
export interface CallerContext {
  readonly userAgent?: string
}

export interface TokenPairOf {
  readonly accessToken: string
  readonly refreshToken: string
}

/**
 * - granted: tokens. Whether they are new or a repeat is for the kit to see; nobody's word is taken for it
 * - again: a promise that nothing has changed and nobody is logged out: 503, the newest token may be tried again
 * - refused: the client must log in again: 400 invalid_grant, 401
 * - fault: anything else: a 500, a timeout, an answer that is none
 */
export type RefreshOutcome =
  | { readonly kind: 'granted'; readonly pair: TokenPairOf }
  | { readonly kind: 'again' }
  | { readonly kind: 'refused'; readonly reason?: string }
  | { readonly kind: 'fault'; readonly reason?: string }

export interface RotationSystem {
  readonly name: string
  /** Seconds after a rotation in which the replaced token is answered again. 0 for a system without a grace. */
  readonly graceSeconds: number
  /** Begins a session for someone who has just logged in. */
  issue(subject: string, context?: CallerContext): Promise<TokenPairOf>
  /** Presents a refresh token, to any of the system's processes. Never rejects: what goes wrong is an outcome. */
  refresh(refreshToken: string, context?: CallerContext): Promise<RefreshOutcome>
  /** Whether a service that uses the system would let this access token in now. */
  authenticate(accessToken: string): Promise<boolean>
  /** Moves the system's clocks forward. Without it the kit really waits, and leaves out what would take minutes. */
  windSeconds?(seconds: number): void | Promise<void>
  /** How long the end of a session may take to reach whoever authenticates, in real seconds. Default 0. */
  readonly propagationSeconds?: number
  /** How the system can be made to die in the middle of a refresh. Without it nothing is said about crashes. */
  readonly crashes?: Crashes
}

export interface Crashes {
  /** Names of the points, in the order in which a refresh passes them. */
  readonly points: readonly string[]
  /** Presents a token and dies at the point; no answer reaches anybody. Resolves once the system serves again. */
  crash(point: string, refreshToken: string, context?: CallerContext): Promise<void>
}
