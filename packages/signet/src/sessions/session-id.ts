/** Session ids, from which everything that belongs to a subject can be found without another look-up. */
import { hash } from 'node:crypto'
import { encodeBase64url } from '../jose/bytes.ts'
import type { RandomBytes } from '../system.ts'

/** Twelve bytes of base64url. */
const SUBJECT_HASH_LENGTH = 16
const SESSION_ID = /^[\w-]{38}$/

/**
 * The name of a subject's register: the first 12 bytes of SHA-256(issuer, 0, subject). It stands at the front of every
 * session id of the subject, so a store that shards by it keeps a subject and all its sessions in one place.
 */
export function subjectHash(issuer: string, subject: string): string {
  return hash('sha256', `${issuer}\0${subject}`, 'base64url').slice(0, SUBJECT_HASH_LENGTH)
}

/** A new session id: the subject's hash and 16 random bytes, 38 characters in all. */
export function newSessionId(issuer: string, subject: string, randomBytes: RandomBytes): string {
  return subjectHash(issuer, subject) + encodeBase64url(randomBytes(16))
}

/** The register of the session's subject. */
export function subjectHashOf(sid: string): string {
  return sid.slice(0, SUBJECT_HASH_LENGTH)
}

export function isSessionId(text: string): boolean {
  return SESSION_ID.test(text)
}
