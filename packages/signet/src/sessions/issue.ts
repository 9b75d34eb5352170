/** Tokens for someone the caller has just authenticated. */
import { withDeadline } from '../deadline.ts'
import { encodeBase64url } from '../jose/bytes.ts'
import { checkAudience, checkOptions, checkSeconds, checkText } from '../options.ts'
import { mintAccessToken } from './access-token.ts'
import type { Authority } from './authority.ts'
import { type Context, readContext } from './context.ts'
import { encodeCustomClaims } from './custom-claims.ts'
import { contextHash } from './derived-ids.ts'
import { hashSecret } from './refresh-token.ts'
import { newSessionId, subjectHash } from './session-id.ts'
import { mintPair, type TokenPair } from './token-pair.ts'

/** `claims` may be left out exactly when the schema asks for none. */
export type ClaimsOption<C> =
  Record<never, never> extends C ? { readonly claims?: C } : { readonly claims: C }

export type IssueOptions<C> = {
  /** Who has logged in: claim `sub`. Always a string. */
  readonly subject: string
  /** Claim `aud`. Default: the issuer's. */
  readonly audience?: string | readonly string[]
  /** Claim `scope`: space-separated (RFC 6749 section 3.3). */
  readonly scope?: string
  /** Claim `client_id`; the session then refreshes for this client only. */
  readonly clientId?: string
  readonly context?: Context
} & ClaimsOption<C>

export type IssueAccessTokenOptions<C> = {
  readonly subject: string
  readonly audience?: string | readonly string[]
  /** Default: the issuer's accessLifetimeSeconds. At most its maxLifetimeSeconds. */
  readonly lifetimeSeconds?: number
} & ClaimsOption<C>

export interface IssuedAccessToken {
  readonly accessToken: string
  readonly expiresInSeconds: number
  readonly accessExpiresAt: Date
  readonly tokenId: string
}

const SECRET_BYTES = 32

/**
 * Begins a session: one step in the store, then both tokens.
 *
 * @throws TypeError, RangeError naming the option; StoreUnavailableError when the store does not answer in time
 */
export async function issue<C>(
  authority: Authority<C>,
  options: IssueOptions<C>,
): Promise<TokenPair> {
  checkOptions('issue', options, ['subject', 'claims', 'audience', 'scope', 'clientId', 'context'])
  const subject = checkSubject(options.subject)
  const audience = checkAudience(options.audience ?? authority.audience)
  const context = readContext(options.context ?? {}, authority.recordIp)
  const claims = await encodeCustomClaims(
    options.claims,
    authority.schema,
    authority.allowSensitiveClaims,
  )
  const secret = authority.randomBytes(SECRET_BYTES)
  const { dpopThumbprint: cnf, ...shown } = context
  const birth = {
    issuer: authority.issuer,
    sid: newSessionId(authority.issuer, subject, authority.randomBytes),
    subject,
    claims,
    audience: JSON.stringify(audience),
    scope: options.scope === undefined ? undefined : checkText('scope', options.scope),
    client: options.clientId === undefined ? undefined : checkText('clientId', options.clientId),
    cnf,
    context: JSON.stringify(shown),
    secretHash: hashSecret(secret),
    contextHash: contextHash(secret, context.userAgent),
    macKid: authority.keys.refreshSigner().kid as string,
    attempt: encodeBase64url(authority.randomBytes(16)),
    idleLifetime: authority.idleLifetime,
    absoluteLifetime: authority.absoluteLifetime,
    maxPerSubject: authority.maxPerSubject,
  }
  const row = await withDeadline(() => authority.store.createSession(birth), authority.storeTimeout)
  const pair = mintPair(authority, row, secret, 'issued')
  authority.emit({ type: 'issued', at: new Date(row.bornAt), sessionId: row.sid, subject })
  return pair
}

/**
 * One access token without a session, for service to service calls, jobs and links. It takes the subject's stamp, so
 * log-out-everywhere reaches it, too.
 */
export async function issueAccessToken<C>(
  authority: Authority<C>,
  options: IssueAccessTokenOptions<C>,
): Promise<IssuedAccessToken> {
  checkOptions('issueAccessToken', options, ['subject', 'claims', 'audience', 'lifetimeSeconds'])
  const subject = checkSubject(options.subject)
  const audience = checkAudience(options.audience ?? authority.audience)
  const lifetime = readLifetime(options.lifetimeSeconds, authority)
  const claims = await encodeCustomClaims(
    options.claims,
    authority.schema,
    authority.allowSensitiveClaims,
  )
  const hs = subjectHash(authority.issuer, subject)
  const { epoch, now } = await withDeadline(
    () => authority.store.stampSubject(hs),
    authority.storeTimeout,
  )
  const tokenId = newTokenId(authority)
  const facts = {
    issuer: authority.issuer,
    subject,
    audience,
    tokenId,
    sessionId: undefined,
    epoch,
    scope: undefined,
    clientId: undefined,
    cnf: undefined,
    claims,
    issuedAt: now,
    expiresAt: now + lifetime,
  }
  const expiresAt = Math.floor(facts.expiresAt / 1000)
  authority.emit({ type: 'issued', at: new Date(now), subject })
  return {
    accessToken: mintAccessToken(facts, authority.keys.accessSigner()),
    expiresInSeconds: expiresAt - Math.floor(now / 1000),
    accessExpiresAt: new Date(expiresAt * 1000),
    tokenId,
  }
}

function checkSubject(subject: unknown): string {
  if (typeof subject === 'number') {
    throw new TypeError(
      `'subject' must be a string, got the number ${subject}: write String(${subject})`,
    )
  }
  return checkText('subject', subject)
}

function readLifetime<C>(seconds: number | undefined, authority: Authority<C>): number {
  if (seconds === undefined) return authority.accessLifetime
  const max = authority.maxLifetime / 1000
  if (seconds > max) {
    throw new RangeError(
      `'lifetimeSeconds' is ${seconds}, above maxLifetimeSeconds (${max}): revocations are kept no longer than that; raise it in createSignet`,
    )
  }
  return checkSeconds('lifetimeSeconds', seconds, { min: 1 }) * 1000
}

/** A random token id with 128 bits; those of sessions follow from the session secret instead. */
function newTokenId<C>(authority: Authority<C>): string {
  return encodeBase64url(authority.randomBytes(16))
}
