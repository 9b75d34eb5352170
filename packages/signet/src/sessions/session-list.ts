/** Looking at sessions: what an account page or an operator shows. */
import { withDeadline } from '../deadline.ts'
import { checkOptions, checkText, describe } from '../options.ts'
import type { Authority } from './authority.ts'
import { isOfIssuer, isOver, type Session, sessionOf } from './session.ts'
import { isSessionId, subjectHash } from './session-id.ts'

export interface ListOptions {
  readonly subject: string
  /** The `next` of the page before. */
  readonly after?: string
  /** Sessions in a page. Default 50, at most 500. */
  readonly limit?: number
}

export interface SessionList<C> {
  readonly sessions: readonly Session<C>[]
  /** The `after` of the next page; undefined on the last. */
  readonly next: string | undefined
}

export async function listSessions<C>(
  authority: Authority<C>,
  options: ListOptions,
): Promise<SessionList<C>> {
  checkOptions('sessions.list', options, ['subject', 'after', 'limit'])
  const { issuer, store, storeTimeout } = authority
  const hs = subjectHash(issuer, checkText('subject', options.subject))
  const after = options.after === undefined ? undefined : checkText('after', options.after)
  const limit = options.limit ?? 50
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > 500) {
    throw new RangeError(`'limit' must be a whole number from 1 to 500, got ${describe(limit)}`)
  }
  const page = await withDeadline(() => store.listSessions({ hs, after, limit }), storeTimeout)
  return { sessions: page.rows.map((row) => sessionOf<C>(row)), next: page.next }
}

export async function getSession<C>(
  authority: Authority<C>,
  sessionId: string,
): Promise<Session<C> | undefined> {
  if (!isSessionId(checkText('sessionId', sessionId))) return undefined
  const { issuer, store, storeTimeout } = authority
  const stored = await withDeadline(() => store.getSession(sessionId), storeTimeout)
  return stored === undefined || isOver(stored) || !isOfIssuer(stored.row, issuer)
    ? undefined
    : sessionOf<C>(stored.row)
}
