/** Asks the store why a token or session is no longer good. Needs no key, so tokens are believed as far as they fit. */
import { withDeadline } from '../deadline.ts'
import { decodeBase64url } from '../jose/bytes.ts'
import type { Claims } from '../jose/claims.ts'
import { sameMediaType } from '../jose/header.ts'
import { decodeUnverified } from '../jose/jwt.ts'
import { checkText } from '../options.ts'
import type { LogEntry } from '../revocation/entry.ts'
import { BEAT_LIMIT, type LogStore } from '../revocation/log-store.ts'
import { origin } from '../revocation/position.ts'
import { hashSecret, REFRESH_TYP } from './refresh-token.ts'
import { isOfIssuer } from './session.ts'
import { isSessionId } from './session-id.ts'
import type { SessionStore } from './session-store.ts'
import { type Explanation, explainSession, type SessionFacts } from './why.ts'
import { explainAccessToken, explainRefreshToken } from './why-token.ts'

/** Durations and times in milliseconds. */
export interface ExplainSettings {
  readonly store: SessionStore & LogStore
  /** Kids withdrawn for good. */
  readonly isWithdrawn: (kid: string) => boolean
  /** Sessions of other issuers in the same store are passed over; undefined for any issuer. */
  readonly issuer: string | undefined
  readonly grace: number
  readonly storeTimeout: number
  readonly now: number
}

/**
 * Why a token or session is good no longer, or that it is.
 *
 * @param what a session id, an access token or a refresh token
 * @throws MalformedTokenError when it is none of these; StoreUnavailableError when the store does not answer in time
 */
export async function explain(settings: ExplainSettings, what: string): Promise<Explanation> {
  checkText('what', what)
  if (isSessionId(what)) return explainSession(await sessionFacts(settings, what))
  const { header, claims } = decodeUnverified(what)
  const keyWithdrawn =
    header.kid !== undefined && settings.isWithdrawn(header.kid) ? header.kid : undefined
  if (header.typ !== undefined && sameMediaType(header.typ, REFRESH_TYP)) {
    const { sid, gen, ses } = claims
    const session = await sessionFacts(settings, textOf(sid) ?? '')
    const secret = typeof ses === 'string' ? decodeBase64url(ses) : undefined
    return explainRefreshToken({
      session,
      keyWithdrawn,
      gen: typeof gen === 'number' ? gen : 0,
      secretHash: secret === undefined ? '' : hashSecret(secret),
    })
  }
  return explainAccessToken(await accessFacts(settings, claims, keyWithdrawn))
}

async function sessionFacts(settings: ExplainSettings, sessionId: string): Promise<SessionFacts> {
  const { store, storeTimeout, issuer, grace, now } = settings
  const stored = await withDeadline(() => store.getSession(sessionId), storeTimeout)
  const isOthers = stored !== undefined && issuer !== undefined && !isOfIssuer(stored.row, issuer)
  const [entry] = await entriesAbout(
    settings,
    ({ kind, key, issuer: by }) => kind === 'session' && key === sessionId && (issuer ?? by) === by,
  )
  return { sessionId, stored: isOthers ? undefined : stored, entry, grace, now }
}

async function accessFacts(
  settings: ExplainSettings,
  claims: Claims,
  keyWithdrawn: string | undefined,
) {
  const { iss, jti, sub, sid, exp, epoch } = claims
  const stamp = typeof epoch === 'number' ? epoch : 0
  const sessionId = textOf(sid)
  const entries = await entriesAbout(
    settings,
    (entry) =>
      entry.issuer === iss &&
      ((entry.kind === 'token' && entry.key === jti) ||
        (entry.kind === 'subject' && entry.key === sub && stamp < (entry.epoch ?? 0))),
  )
  return {
    session: sessionId === undefined ? undefined : await sessionFacts(settings, sessionId),
    tokenEntry: entries.find(({ kind }) => kind === 'token'),
    subjectEntry: entries.find(({ kind }) => kind === 'subject'),
    keyWithdrawn,
    tokenId: textOf(jti),
    epoch: stamp,
    expiresAt: typeof exp === 'number' ? exp * 1000 : undefined,
    now: settings.now,
  }
}

/** All of the log that says something about the case, oldest first, read a page at a time. */
async function entriesAbout(
  { store, storeTimeout }: ExplainSettings,
  isAbout: (entry: LogEntry) => boolean,
): Promise<readonly LogEntry[]> {
  const found = new Map<string, LogEntry>()
  let position = origin
  for (;;) {
    const { entries } = await withDeadline(() => store.look(position), storeTimeout)
    for (const entry of entries) if (isAbout(entry)) found.set(entry.id, entry)
    const last = entries.at(-1)
    if (last === undefined || entries.length < BEAT_LIMIT) return [...found.values()]
    position = last.position
  }
}

function textOf(claim: unknown): string | undefined {
  return typeof claim === 'string' ? claim : undefined
}
