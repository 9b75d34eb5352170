/** What can be revoked, read strictly: a target that names two things, or a misspelt one, must not half-work. */
import { checkText, describe } from '../options.ts'

/** Exactly one of these; `issuer` goes with ids, for tokens of somebody else's. */
export type RevokeTarget =
  /** An access token: that token. A refresh token: its session. Expired is fine. */
  | { readonly token: string }
  /** One token by its `jti`. With `expiresAt` the entry lives as long as the token, else as long as any token can. */
  | { readonly tokenId: string; readonly expiresAt?: Date; readonly issuer?: string }
  | { readonly sessionId: string; readonly issuer?: string }
  /** Everything of a subject up to now: log out everywhere. A login one step later survives. */
  | { readonly subject: string; readonly issuer?: string }
  /** All of a subject's sessions but one: a changed password. The kept one goes on at its next refresh. */
  | { readonly othersThan: { readonly subject: string; readonly sessionId: string } }
  /** A leaked key: nothing it ever signed is accepted again. An active one is replaced first. */
  | { readonly keyId: string }
  /** A whole new key ring: nothing signed before is accepted. */
  | { readonly everything: true }

/** The target in the terms of the store. Times in milliseconds. */
export type ReadTarget =
  | { readonly kind: 'credential'; readonly token: string }
  | {
      readonly kind: 'token'
      readonly tokenId: string
      readonly expiresAt: number | undefined
      readonly issuer: string | undefined
    }
  | { readonly kind: 'session'; readonly sessionId: string; readonly issuer: string | undefined }
  | {
      readonly kind: 'subject'
      readonly subject: string
      readonly keep: string | undefined
      readonly issuer: string | undefined
    }
  | { readonly kind: 'key'; readonly keyId: string }
  | { readonly kind: 'everything' }

/** Each kind of target with the members that may stand beside the one that names it. */
const companions: { readonly [name: string]: readonly string[] } = {
  token: [],
  tokenId: ['expiresAt', 'issuer'],
  sessionId: ['issuer'],
  subject: ['issuer'],
  othersThan: [],
  keyId: [],
  everything: [],
}

/** @throws TypeError saying what a target looks like */
export function readRevokeTarget(target: RevokeTarget): ReadTarget {
  const name = nameOf(target)
  const given = target as { readonly [name: string]: unknown }
  const issuer = given.issuer === undefined ? undefined : checkText('issuer', given.issuer)
  switch (name) {
    case 'token':
      return { kind: 'credential', token: checkText('token', given.token) }
    case 'tokenId':
      return {
        kind: 'token',
        tokenId: checkText(name, given.tokenId),
        expiresAt: readExpiry(given.expiresAt),
        issuer,
      }
    case 'sessionId':
      return { kind: 'session', sessionId: checkText(name, given.sessionId), issuer }
    case 'subject':
      return { kind: 'subject', subject: checkText(name, given.subject), keep: undefined, issuer }
    case 'othersThan':
      return readOthers(given.othersThan)
    case 'keyId':
      return { kind: 'key', keyId: checkText(name, given.keyId) }
    default:
      if (given.everything !== true) throw new TypeError("'everything' must be true")
      return { kind: 'everything' }
  }
}

function nameOf(target: unknown): string {
  if (target === null || typeof target !== 'object') {
    throw new TypeError(`a revoke target is an object, got ${describe(target)}; ${howTo}`)
  }
  const given = Object.entries(target)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name)
  const names = given.filter((name) => Object.hasOwn(companions, name))
  const [name] = names
  if (names.length !== 1 || name === undefined) {
    throw new TypeError(
      `a revoke target names exactly one thing, this one ${names.join(' and ') || 'none'}; ${howTo}`,
    )
  }
  for (const other of given) {
    if (other !== name && !companions[name]?.includes(other)) {
      throw new TypeError(`a revoke target with '${name}' cannot have '${other}'; ${howTo}`)
    }
  }
  return name
}

const howTo = `write one of ${Object.keys(companions).join(', ')}`

function readExpiry(expiresAt: unknown): number | undefined {
  if (expiresAt === undefined) return undefined
  if (!(expiresAt instanceof Date) || Number.isNaN(expiresAt.getTime())) {
    throw new TypeError("'expiresAt' must be a valid Date")
  }
  return expiresAt.getTime()
}

function readOthers(others: unknown): ReadTarget {
  if (others === null || typeof others !== 'object') {
    throw new TypeError("'othersThan' must be { subject, sessionId }")
  }
  const { subject, sessionId, ...rest } = others as { readonly [name: string]: unknown }
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) throw new TypeError(`'othersThan' cannot have '${unknown}'`)
  return {
    kind: 'subject',
    subject: checkText('othersThan.subject', subject),
    keep: checkText('othersThan.sessionId', sessionId),
    issuer: undefined,
  }
}
