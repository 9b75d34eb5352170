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
import { type Context, deviceOf, readContext } from './context.ts'
import { encodeCustomClaims } from './custom-claims.ts'
import { contextHash } from './derived-ids.ts'
import { hashSecret, type RefreshClaims, readRefreshToken } from './refresh-token.ts'
import type { Decision, Presentation } from './rotation.ts'
import { isKnownRevoked, isOver, sessionOf } from './session.ts'
import type { SessionRow } from './session-row.ts'
import { eventsOf } from './tell.ts'
import { mintPair, type TokenPair } from './token-pair.ts'

/** What is known of whoever presents a refresh token. */
export interface RefreshContext extends Context {
  /** The client that presents it: must be the session's own, when it has one. */
  readonly clientId?: string
}

/** What the history says of a device that tells nothing of itself: an empty note would mean the device before it. */
const UNNAMED_DEVICE = 'an unnamed device'
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
  const read = readContext(context, authority.recordIp, ['clientId'])
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
  await keys.ready()
  const presentation: Presentation = {
    issuer,
    sid: token.sid,
    gen: token.gen,
    secretHash: hashSecret(token.secret),
    client: clientId,
    cnf: read.dpopThumbprint,
    contextHash: contextHash(token.secret, read.userAgent),
    device: deviceOf(read) || UNNAMED_DEVICE,
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
  for (const event of eventsOf(decision, presentation)) authority.emit(event)
  if (decision.recovered) authority.suspectStore().catch(() => {})
  try {
    return settle(authority, decision, token)
  } catch (error) {
    // The session has gone on, and this process may not sign: the client gets no answer and must be able to repeat itself.
    throw keepUndelivered(authority, presentation, error)
  }
}

/**
 * Asks the store, and asks again with the same attempt while there is time: a step whose answer was lost has perhaps
 * happened, and the attempt makes its repeat the same step.
 */
async function rotate<C>(authority: Authority<C>, presentation: Presentation): Promise<Decision> {
  const giveUpAt = authority.monotonic() + authority.storeTimeout
  await authority.undelivered.settle(presentation.sid)
  for (;;) {
    const left = Math.max(1, giveUpAt - authority.monotonic())
    try {
      return await withDeadline(() => authority.store.rotate(presentation), left)
    } catch (error) {
      const again =
        error instanceof StoreUnavailableError && authority.monotonic() + RETRY_PAUSE_MS < giveUpAt
      if (!again) throw keepUndelivered(authority, presentation, error)
      await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS))
    }
  }
}

const RETRY_PAUSE_MS = 50

/** Remembers a rotation of which the client may hear nothing. Answers the error as it is. */
function keepUndelivered<C>(
  authority: Authority<C>,
  presentation: Presentation,
  error: unknown,
): unknown {
  if (error instanceof StoreUnavailableError) authority.undelivered.add(presentation)
  return error
}

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

/** Before the store is asked: a session our own index holds is over, even if a restored store has forgotten it. */
function refuseRevoked<C>(authority: Authority<C>, sid: string): void {
  if (!isKnownRevoked(authority, sid)) return
  const { emit, now } = authority
  const reason = 'the session was revoked'
  emit({ type: 'refused', at: new Date(now()), sessionId: sid, reason })
  throw new RevokedRefreshTokenError(reason)
}
