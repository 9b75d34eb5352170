/** The answer to issue and refresh: both tokens of the row's current generation. */
import { RevokedRefreshTokenError } from '../errors.ts'
import { mintAccessToken } from './access-token.ts'
import type { Authority } from './authority.ts'
import { accessTokenId } from './derived-ids.ts'
import { mintRefreshToken } from './refresh-token.ts'
import type { SessionRow } from './session-row.ts'

export interface TokenPair {
  readonly accessToken: string
  readonly refreshToken: string
  /** Seconds until the access token expires, counted from the store step that allowed it. */
  readonly expiresInSeconds: number
  readonly accessExpiresAt: Date
  /** When the session ends unless it is refreshed before. */
  readonly refreshExpiresAt: Date
  readonly sessionId: string
  /** Space-separated scope of the session, when it has one. */
  readonly scope?: string
  readonly outcome: 'issued' | 'rotated' | 'repeated' | 'recovered'
}

/**
 * Signs the pair of a row, unless something it depends on was revoked while the store was asked.
 *
 * @throws RevokedRefreshTokenError when our own index holds the session or its subject by now
 * @throws StoreUnavailableError when this process has no key it may sign with
 */
export function mintPair<C>(
  authority: Authority<C>,
  row: SessionRow,
  secret: Uint8Array,
  outcome: TokenPair['outcome'],
): TokenPair {
  refuseRevoked(authority, row)
  const expiresAt = Math.min(row.rotatedAt + authority.accessLifetime, row.absoluteAt)
  const accessToken = mintAccessToken(
    {
      issuer: authority.issuer,
      subject: row.subject,
      audience: JSON.parse(row.audience),
      tokenId: accessTokenId(secret, row.gen),
      sessionId: row.sid,
      epoch: row.epoch,
      scope: row.scope,
      clientId: row.client,
      cnf: row.cnf,
      claims: row.claims,
      issuedAt: row.rotatedAt,
      expiresAt,
    },
    authority.keys.accessSigner(),
  )
  return {
    accessToken,
    refreshToken: mintRefreshToken(row, authority.issuer, secret, refreshKeyOf(authority, row)),
    expiresInSeconds: Math.floor(expiresAt / 1000) - Math.floor(row.rotatedAt / 1000),
    accessExpiresAt: new Date(Math.floor(expiresAt / 1000) * 1000),
    refreshExpiresAt: new Date(row.idleAt),
    sessionId: row.sid,
    ...(row.scope === undefined ? {} : { scope: row.scope }),
    outcome,
  }
}

/** The MAC secret of the row's generation, so that a repeat is the same text even after the ring has rotated. */
function refreshKeyOf<C>({ keys }: Authority<C>, row: SessionRow) {
  const key = keys.refreshKey(row.macKid)
  if (key === undefined)
    throw new RevokedRefreshTokenError("the key of the session's refresh token was withdrawn")
  return key
}

function refuseRevoked<C>({ index, issuer }: Authority<C>, row: SessionRow): void {
  const revokedBy = index.revokes({
    issuer,
    subject: row.subject,
    sessionId: row.sid,
    tokenId: undefined,
    epoch: row.epoch,
  })
  if (revokedBy !== undefined) throw new RevokedRefreshTokenError(`the ${revokedBy} was revoked`)
}
