/** What a verification found, and all that could make it find something else later. */
import { IAT_ALLOWANCE_SECONDS } from '../jose/claims.ts'
import type { Key, KeySet } from '../jose/key.ts'
import type { AccessClaims } from './access-claims.ts'

export interface Verdict<C> {
  /** The answer, frozen: every caller is given the same object. */
  readonly claims: AccessClaims<C>
  /** The claims as they were signed, before a schema made something of them. */
  readonly source: AccessClaims<unknown> & { readonly nbf?: number }
  readonly key: Key
  /** The verifier with its rules: issuer, audience, algorithms, types. Another audience is another one. */
  readonly rules: unknown
  readonly keysVersion: number | undefined
  /** The longest token of the issuer, in milliseconds. */
  readonly maxLife: number | undefined
  /** The state of the revocation index under which it was last confirmed. */
  indexVersion: number
}

interface Present {
  readonly keys: KeySet
  readonly isWithdrawn: (kid: string) => boolean
  readonly maxLife: () => number | undefined
}

/**
 * Whether everything but revocation and the lease is as it was: the keys, the issuer's longest token, and that the token
 * is within its time, which is judged as checkClaims does.
 *
 * @param now milliseconds since the epoch
 */
export function isCurrent<C>(verdict: Verdict<C>, present: Present, now: number): boolean {
  const { source, key } = verdict
  const { exp, nbf, iat } = source
  const seconds = now / 1000
  return (
    seconds < exp &&
    (nbf === undefined || seconds >= nbf) &&
    seconds + IAT_ALLOWANCE_SECONDS >= iat &&
    verdict.maxLife === present.maxLife() &&
    hasStill(present.keys, key, verdict.keysVersion, now) &&
    (key.kid === undefined || !present.isWithdrawn(key.kid))
  )
}

/** A set without versions is asked for the key itself. */
function hasStill(keys: KeySet, key: Key, version: number | undefined, now: number): boolean {
  if (keys.versionAt !== undefined) return keys.versionAt(now) === version
  return key.kid === undefined ? keys.keys.includes(key) : keys.get(key.kid) === key
}
