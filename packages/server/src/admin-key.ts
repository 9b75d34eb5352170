/** The key that the application holds to use this server. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { generateSecret } from 'signet-jwt'
import { MissingTokenError } from 'signet-jwt/errors'
import { bearerToken } from 'signet-jwt/http'
import { Problem } from './problem.ts'

/** What an admin key may be used for; the first key may everything. */
export type AdminScope = 'issue' | 'read' | 'revoke' | 'follow'

/** Tells an admin key from a token at a glance, for people and for scanners that look for leaked secrets. */
export const ADMIN_KEY_PREFIX = 'signet_admin_'

export function newAdminKey(): string {
  return ADMIN_KEY_PREFIX + generateSecret(32, 'hex')
}

/** @throws Problem 401, or the error of a header that holds no single credential */
export function checkAdminKey(authorization: string | undefined, adminKey: string): void {
  const presented = readKey(authorization)
  // Hashes have one length, so the comparison takes the same time whatever was sent.
  if (timingSafeEqual(digest(presented), digest(adminKey))) return
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
