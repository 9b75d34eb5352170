/** Taking tokens back: one step in the store, then this process, then the fleet. */
import { withDeadline } from '../deadline.ts'
import { InvalidTokenError } from '../errors.ts'
import { encodeBase64url } from '../jose/bytes.ts'
import { decodeUnverified } from '../jose/jwt.ts'
import { checkOneOf, checkOptions, checkSeconds, checkText } from '../options.ts'
import { ENTRY_MARGIN_MS } from '../revocation/entry.ts'
import { type Position, printPosition } from '../revocation/position.ts'
import { awaitFleet } from '../revocation/receipt.ts'
import type { Authority } from './authority.ts'
import type { SignetEvent } from './events.ts'
import { verifyOwnSignature } from './own-token.ts'
import { REFRESH_TYP, readRefreshToken } from './refresh-token.ts'
import { type RevokeTarget, readRevokeTarget } from './revoke-target.ts'
import { subjectHash, subjectHashOf } from './session-id.ts'
import type { Revocation } from './session-store.ts'

export interface RevokeOptions {
  /** Why, for logs and the people who read them. At most 200 characters. */
  readonly reason?: string
  /** With `{ token }`: only a token of this client is revoked (RFC 7009 section 2.1). */
  readonly clientId?: string
  /**
   * - store (default): resolves when the revocation is durable and this process refuses
   * - fleet: when every live verifier refuses, or after waitTimeoutSeconds with `complete: false`
   */
  readonly waitFor?: 'store' | 'fleet'
  /** Default 2, at most 60. */
  readonly waitTimeoutSeconds?: number
}

export interface Receipt {
  /** The place of the revocation in the log. */
  readonly position: string
  readonly at: Date
  /** Verifiers known to have applied it, this one included. */
  readonly appliedBy: number
  /** Ids of verifiers that had not confirmed it when the wait ended. */
  readonly pending: readonly string[]
  /** Ids of verifiers that did not confirm it and refuse everything by now, since their lease has run out. */
  readonly silent: readonly string[]
  /** Every live verifier refuses. Always false with waitFor 'store', where nobody else was asked. */
  readonly complete: boolean
  readonly waitedMs: number
}

const MAX_REASON_LENGTH = 200

/**
 * Revokes what the target names. Repeating a revocation is harmless.
 *
 * @throws TypeError, RangeError for a target that names nothing or two things
 * @throws InvalidTokenError for `{ token }` with a token this issuer never signed
 * @throws StoreUnavailableError when the store did not answer: the revocation may or may not stand; repeat it
 */
export async function revoke<C>(
  authority: Authority<C>,
  target: RevokeTarget,
  options: RevokeOptions = {},
): Promise<Receipt> {
  checkOptions('revoke', options, ['reason', 'clientId', 'waitFor', 'waitTimeoutSeconds'])
  const waitFor = checkOneOf('waitFor', options.waitFor ?? 'store', ['store', 'fleet'])
  const timeout =
    checkSeconds('waitTimeoutSeconds', options.waitTimeoutSeconds ?? 2, { max: 60 }) * 1000
  const reason = readReason(options.reason)
  const clientId = readClientId(target, options.clientId)
  const carry = () => carryOut(authority, target, reason, clientId)
  const made = await carry()
  // This process refuses already; the beat tells so to receipts, and need not be waited for.
  authority.catchUp().catch(() => {})
  authority.emit({
    type: 'revoked',
    at: new Date(made.at),
    ...made.told,
    ...(reason === undefined ? {} : { reason }),
  })
  const receipt = { position: printPosition(made.position), at: new Date(made.at) }
  if (waitFor === 'store') {
    return { ...receipt, appliedBy: 1, pending: [], silent: [], complete: false, waitedMs: 0 }
  }
  const fleet = await awaitFleet({
    store: authority.store,
    position: made.position,
    monotonic: authority.monotonic,
    timeout,
    storeTimeout: authority.storeTimeout,
    appendAgain: async () => (await carry()).position,
  })
  return {
    ...receipt,
    position: printPosition(fleet.position),
    appliedBy: fleet.applied.length,
    pending: fleet.pending,
    silent: fleet.silent.map(({ id }) => id),
    complete: fleet.complete,
    waitedMs: Math.round(fleet.waited * 10) / 10,
  }
}

interface Made {
  readonly position: Position
  /** Store milliseconds. */
  readonly at: number
  /** What the event says of it. */
  readonly told: Pick<SignetEvent, 'target' | 'sessionId' | 'subject'>
}

async function carryOut<C>(
  authority: Authority<C>,
  target: RevokeTarget,
  reason: string | undefined,
  clientId: string | undefined,
): Promise<Made> {
  const read = readRevokeTarget(target)
  if (read.kind === 'everything') {
    await authority.keys.replaceAll()
    return atHead(authority, { target: 'everything' })
  }
  if (read.kind === 'key') {
    await authority.keys.withdraw(read.keyId)
    return atHead(authority, { target: 'key' })
  }
  const { named, told } =
    read.kind === 'credential'
      ? await readCredential(authority, read.token, clientId)
      : { named: read, told: tellOf(read) }
  if (named === undefined) return atHead(authority, told)
  const entryId = encodeBase64url(authority.randomBytes(16))
  const step = toStep(named, named.issuer ?? authority.issuer, reason, entryId)
  const revoked = await withDeadline(() => authority.store.revoke(step), authority.storeTimeout)
  if (!revoked.kept) throw notTheSubjects()
  // Applied before anyone hears of it: `await revoke(); verify()` refuses, whatever the follower is doing.
  authority.applyEntry({ ...revoked.entry, position: revoked.position })
  return { position: revoked.position, at: revoked.entry.at, told }
}

type Named = Exclude<
  ReturnType<typeof readRevokeTarget>,
  { kind: 'everything' | 'key' | 'credential' }
>

function toStep(
  named: Named,
  issuer: string,
  reason: string | undefined,
  entryId: string,
): Revocation {
  const base = { issuer, reason, entryId }
  switch (named.kind) {
    case 'token':
      return { ...base, kind: 'token', tokenId: named.tokenId, expiresAt: named.expiresAt }
    case 'session':
      return { ...base, kind: 'session', sid: named.sessionId }
    case 'subject': {
      const hs = subjectHash(issuer, named.subject)
      if (named.keep !== undefined && subjectHashOf(named.keep) !== hs) throw notTheSubjects()
      return { ...base, kind: 'subject', subject: named.subject, hs, keepSid: named.keep }
    }
  }
}

function notTheSubjects(): TypeError {
  return new TypeError("'othersThan.sessionId' must be a live session of 'othersThan.subject'")
}

/** What a token given as text stands for: an access token for itself, a refresh token for its session. */
async function readCredential<C>(
  authority: Authority<C>,
  token: string,
  clientId: string | undefined,
): Promise<{ readonly named: Named | undefined; readonly told: Made['told'] }> {
  const { issuer, keys, now } = authority
  if (typOf(token) === REFRESH_TYP) {
    // At time zero nothing has expired: ending a session that is over is harmless, refusing to would not be.
    const { sid } = readRefreshToken(token, issuer, (kid) => keys.refreshKey(kid), 0)
    const named = { kind: 'session', sessionId: sid, issuer: undefined } as const
    const told = tellOf(named)
    if (clientId !== undefined) {
      const stored = await withDeadline(
        () => authority.store.getSession(sid),
        authority.storeTimeout,
      )
      if (stored === undefined) return { named: undefined, told }
      checkClient(stored.row.client, clientId)
    }
    return { named, told }
  }
  const { jti, exp, sub, sid, client } = verifyOwnSignature(token, issuer, keys.accessKeys)
  if (clientId !== undefined) checkClient(client, clientId)
  const told = {
    target: 'token' as const,
    ...(sid === undefined ? {} : { sessionId: sid }),
    ...(sub === undefined ? {} : { subject: sub }),
  }
  const expiresAt = exp * 1000
  // Past this no verifier accepts it any more, so an entry would say nothing.
  if (expiresAt + ENTRY_MARGIN_MS < now()) return { named: undefined, told }
  return { named: { kind: 'token', tokenId: jti, expiresAt, issuer: undefined }, told }
}

function tellOf(named: Named): Made['told'] {
  switch (named.kind) {
    case 'token':
      return { target: 'token' }
    case 'session':
      return { target: 'session', sessionId: named.sessionId }
    case 'subject':
      return { target: 'subject', subject: named.subject }
  }
}

/** @throws InvalidTokenError, claim `client_id` */
function checkClient(client: string | undefined, clientId: string): void {
  if (client === clientId) return
  throw new InvalidTokenError('the token was issued to another client', { claim: 'client_id' })
}

function typOf(token: string): string | undefined {
  return decodeUnverified(token).header.typ
}

async function atHead<C>(authority: Authority<C>, told: Made['told']): Promise<Made> {
  const position = await withDeadline(() => authority.store.head(), authority.storeTimeout)
  return { position, at: authority.now(), told }
}

function readClientId(target: RevokeTarget, clientId: string | undefined): string | undefined {
  if (clientId === undefined) return undefined
  if (!('token' in target))
    throw new TypeError("'clientId' goes with { token }, whose client it is")
  return checkText('clientId', clientId)
}

function readReason(reason: string | undefined): string | undefined {
  if (reason === undefined) return undefined
  if (checkText('reason', reason).length > MAX_REASON_LENGTH) {
    throw new RangeError(`'reason' has ${reason.length} characters; at most ${MAX_REASON_LENGTH}`)
  }
  return reason
}
