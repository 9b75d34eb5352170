/** A refresh token in, the next pair out: one step in the store. */
import { withDeadline } from '../deadline.ts'
import {
  ExpiredRefreshTokenError,
  InvalidRefreshTokenError,
  ReusedRefreshTokenError,
  RevokedRefreshTokenError,
  StoreUnavailableError,
  SupersededRefreshTokenError,
} from '../errors.ts'
import { encodeBase64url } from '../jose/bytes.ts'
import { checkText } from '../options.ts'
import type { Authority } from './authority.ts'
import { encodeCustomClaims } from './custom-claims.ts'
import { contextHash } from './derived-ids.ts'
import type { SessionEventType } from './events.ts'
import { noteOf } from './history.ts'
import { hashSecret, type RefreshClaims, readRefreshToken } from './refresh-token.ts'
import type { Decision, Presentation } from './rotation.ts'
import { type Context, isOver, readContext, sessionOf } from './session.ts'
import type { SessionRow } from './session-row.ts'
import { mintPair, type TokenPair } from './token-pair.ts'

/** What is known of whoever presents a refresh token. */
export interface RefreshContext extends Context {
  /** The client that presents it: must be the session's own, when it has one. */
  readonly clientId?: string
}

/** Repeats of one predecessor that are answered within the grace. */
const MAX_REPLAYS = 100

/**
 * Rotates a session.
 *
 * @throws InvalidRefreshTokenError and its kinds: the client must log in again and learns no more than invalid_grant
 * @throws SupersededRefreshTokenError: another request was faster; the client must read its newest token and try again
 * @throws StoreUnavailableError when the store does not answer in time: the same token may be sent again
 */
export async function refresh<C>(
  authority: Authority<C>,
  refreshToken: string,
  context: RefreshContext = {},
): Promise<TokenPair> {
  const read = readContext(context, ['clientId'])
  const clientId =
    context.clientId === undefined ? undefined : checkText('context.clientId', context.clientId)
  const { keys, issuer } = authority
  const token = readRefreshToken(
    refreshToken,
    issuer,
    (kid) => keys.refreshKey(kid),
    authority.now() / 1000,
  )
  refuseRevoked(authority, token.sid)
  const presentation: Presentation = {
    issuer,
    sid: token.sid,
    gen: token.gen,
    secretHash: hashSecret(token.secret),
    client: clientId,
    cnf: read.dpopThumbprint,
    contextHash: contextHash(token.secret, read.userAgent),
    device: noteOf(read.deviceLabel ?? read.userAgent),
    attempt: encodeBase64url(authority.randomBytes(16)),
    macKid: keys.refreshSigner().kid as string,
    claims: await refreshedClaims(authority, token.sid),
    policy: {
      grace: authority.grace,
      idleLifetime: authority.idleLifetime,
      maxReplays: MAX_REPLAYS,
    },
    entryId: encodeBase64url(authority.randomBytes(16)),
  }
  const decision = await rotate(authority, presentation)
  // The entry that ended the session reaches our own index before anyone hears of it.
  if (decision.outcome === 'reused') await authority.catchUp().catch(() => {})
  return settle(authority, decision, token)
}

/**
 * Asks the store, and asks again with the same attempt while there is time: a step whose answer was lost has perhaps
 * happened, and the attempt makes its repeat the same step.
 */
async function rotate<C>(authority: Authority<C>, presentation: Presentation): Promise<Decision> {
  const giveUpAt = authority.monotonic() + authority.storeTimeout
  for (;;) {
    const left = Math.max(1, giveUpAt - authority.monotonic())
    try {
      return await withDeadline(() => authority.store.rotate(presentation), left)
    } catch (error) {
      const again =
        error instanceof StoreUnavailableError && authority.monotonic() + RETRY_PAUSE_MS < giveUpAt
      if (!again) throw error
      await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS))
    }
  }
}

const RETRY_PAUSE_MS = 50

/** Claims from `onRefresh`, which sees the session as it stands; undefined leaves the stored ones. */
async function refreshedClaims<C>(
  authority: Authority<C>,
  sid: string,
): Promise<string | undefined> {
  const { onRefresh, store, storeTimeout } = authority
  if (onRefresh === undefined) return undefined
  const stored = await withDeadline(() => store.getSession(sid), storeTimeout)
  if (stored === undefined || isOver(stored)) return undefined
  const claims = await onRefresh(sessionOf<C>(stored.row))
  return encodeCustomClaims(claims, authority.schema, authority.allowSensitiveClaims)
}

function settle<C>(authority: Authority<C>, decision: Decision, token: RefreshClaims): TokenPair {
  const { outcome, row, recovered } = decision
  tell(authority, decision, token.sid)
  switch (outcome) {
    case 'rotated':
    case 'repeated':
      return mintPair(authority, row as SessionRow, token.secret, recovered ? 'recovered' : outcome)
    case 'superseded':
      throw new SupersededRefreshTokenError(
        'the session has just been refreshed with this or a later token: read the newest one before trying again',
      )
    case 'reused':
      throw new ReusedRefreshTokenError(
        'an old refresh token came back after the grace, so two parties hold the session; it has been ended',
        token.sid,
      )
    case 'revoked':
      throw new RevokedRefreshTokenError('the session was revoked')
    case 'expired':
      throw new ExpiredRefreshTokenError('the session has passed its idle or absolute lifetime')
    case 'unknown':
      throw new InvalidRefreshTokenError(
        'the refresh token belongs to no session, or to another client',
      )
  }
}

function tell<C>(
  authority: Authority<C>,
  { outcome, row, recovered, now }: Decision,
  sid: string,
): void {
  const about = {
    at: new Date(now),
    sessionId: sid,
    ...(row === undefined ? {} : { subject: row.subject }),
  }
  const told: readonly SessionEventType[] = [
    'rotated',
    'repeated',
    'superseded',
    'reused',
    'expired',
  ]
  const type = told.find((candidate) => candidate === outcome)
  if (type !== undefined) authority.emit({ type, ...about })
  if (recovered) {
    authority.emit({ type: 'recovered', ...about, reason: 'the store was behind the token' })
    authority.suspectStore().catch(() => {})
  }
}

/** Before the store is asked: a session our own index holds is over, even if a restored store has forgotten it. */
function refuseRevoked<C>({ index, issuer }: Authority<C>, sid: string): void {
  const identity = { issuer, sessionId: sid, subject: undefined, tokenId: undefined, epoch: 0 }
  if (index.revokes(identity) !== undefined)
    throw new RevokedRefreshTokenError('the session was revoked')
}
