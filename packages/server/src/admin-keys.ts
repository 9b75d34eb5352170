/** The keys that applications hold to use this server: what each may do, kept as hashes only. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { generateSecret } from 'signet-jwt'
import { MissingTokenError } from 'signet-jwt/errors'
import { bearerToken } from 'signet-jwt/http'
import { Problem } from './problem.ts'

/** - introspect: ask what a token is · follow: read the revocation log · admin: everything */
export const adminScopes = ['issue', 'read', 'revoke', 'introspect', 'follow', 'admin'] as const

/** What an admin key may be used for. */
export type AdminScope = (typeof adminScopes)[number]

/** A key as it is kept. */
export interface AdminKey {
  /** Names the key in lists and logs; it is not secret. */
  readonly id: string
  /** What people call it. */
  readonly name: string
  readonly scopes: readonly AdminScope[]
  /** SHA-256 of the key, in base64url. */
  readonly hash: string
  readonly createdAt: string
  readonly revokedAt?: string
}

/** Where the keys that are good now come from; asked at every use, so that a revoked key is refused at once. */
export type AdminKeySource = () => readonly AdminKey[]

/** Tells an admin key from a token at a glance, for people and for scanners that look for leaked secrets. */
export const ADMIN_KEY_PREFIX = 'signet_admin_'

export function newAdminKey(): string {
  return ADMIN_KEY_PREFIX + generateSecret(32, 'hex')
}

/** The record of a key. The key itself is shown once and never kept. */
export function describeAdminKey(
  key: string,
  name: string,
  scopes: readonly AdminScope[],
  now: Date,
): AdminKey {
  const hash = digest(key)
  const id = `ak_${hash.subarray(0, 6).toString('hex')}`
  return { id, name, scopes, hash: hash.toString('base64url'), createdAt: now.toISOString() }
}

/** The key that a new data directory comes with: it may everything. */
export function firstAdminKey(key: string): AdminKey {
  return { ...describeAdminKey(key, 'first key', ['admin'], new Date(0)), id: 'first' }
}

/** @throws Problem 401 for no key or a wrong one, 403 for one that may not do this */
export function checkAdminKey(
  authorization: string | undefined,
  keys: readonly AdminKey[],
  scope: AdminScope,
): AdminKey {
  const key = find(readKey(authorization), keys)
  if (key.scopes.includes(scope) || key.scopes.includes('admin')) return key
  throw new Problem({
    status: 403,
    detail: `the admin key ${key.id} has the scopes ${key.scopes.join(', ')} and not '${scope}'`,
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  })
}

function find(presented: string, keys: readonly AdminKey[]): AdminKey {
  const hash = digest(presented)
  // Every key is compared, each in constant time: how long it takes tells nothing about any of them.
  const found = keys.filter(
    (key) =>
      timingSafeEqual(Buffer.from(key.hash, 'base64url'), hash) && key.revokedAt === undefined,
  )
  if (found[0] !== undefined) return found[0]
  throw refuse(
    presented.startsWith('eyJ')
      ? 'a token was sent where the admin key belongs'
      : 'the admin key is wrong',
    'Bearer error="invalid_token", error_description="the admin key is wrong"',
  )
}

function readKey(authorization: string | undefined): string {
  try {
    return bearerToken(authorization)
  } catch (error) {
    if (!(error instanceof MissingTokenError)) throw error
    throw refuse(
      'the admin key is needed here: send Authorization: Bearer <admin key>',
      'Bearer realm="admin"',
    )
  }
}

function refuse(detail: string, challenge: string): Problem {
  return new Problem({ status: 401, detail, headers: { 'www-authenticate': challenge } })
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
