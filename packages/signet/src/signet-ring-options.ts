/** The options of createSignet for keys of the ring. */
import type { Algorithm } from './jose/algorithms.ts'
import { MAX_KEYS } from './keys/key-set.ts'
import { keysAtOnce } from './keys/ring.ts'
import type { MasterKey } from './keys/sealing-keys.ts'
import { checkSeconds } from './options.ts'

export interface RingOptions {
  /** Of access tokens. A change is a migration: the next key is of this algorithm, the present one goes on until then. */
  readonly algorithm: Algorithm
  /** Seals the ring in the store. */
  readonly masterKey: MasterKey | undefined
  /** Master keys that a ring in the store may still be sealed with. */
  readonly previousMasterKeys?: readonly MasterKey[]
  /** On the way from a `secret` to a ring: its tokens are accepted, and it signs until the ring's first key may. */
  readonly previousSecrets?: readonly string[]
  /**
   * A new key signs every so many seconds. Default: only keys.rotate() rotates. From 1 s to ten years, but so that no
   * more than 100 keys are published at once.
   */
  readonly rotateEverySeconds?: number
  /**
   * How long caches may keep the JWKS: a key is published for that long, and the lease, before it signs. Default 300, at
   * most one day.
   */
  readonly jwksMaxAgeSeconds?: number
}

export const ringOptionNames: readonly string[] = [
  'algorithm',
  'masterKey',
  'previousMasterKeys',
  'previousSecrets',
  'rotateEverySeconds',
  'jwksMaxAgeSeconds',
]

/** Durations in milliseconds. */
export interface RotationSettings {
  /** Undefined for rotation by hand. */
  readonly rotateEvery: number | undefined
  readonly jwksMaxAge: number
}

const DAY_SECONDS = 86_400

/** @throws TypeError, RangeError naming the option */
export function readRotation(
  keys: Partial<RingOptions> | undefined,
  { maxStaleness, maxLifetime }: { readonly maxStaleness: number; readonly maxLifetime: number },
): RotationSettings {
  const { rotateEverySeconds: every, jwksMaxAgeSeconds: maxAge = 300 } = keys ?? {}
  const jwksMaxAge = checkSeconds('keys.jwksMaxAgeSeconds', maxAge, { max: DAY_SECONDS }) * 1000
  if (every === undefined) return { rotateEvery: undefined, jwksMaxAge }
  const limits = { min: 1, max: 3650 * DAY_SECONDS }
  const rotateEvery = checkSeconds('keys.rotateEverySeconds', every, limits) * 1000
  const lifetime = { access: maxLifetime, refresh: 0 }
  const span = keysAtOnce({ jwksMaxAge, staleness: maxStaleness, lifetime }, rotateEvery)
  if (span > MAX_KEYS) {
    const least = Math.ceil((every * (span - 1)) / (MAX_KEYS - 1))
    throw new RangeError(
      `'keys.rotateEverySeconds' is ${every}, so that ${Math.ceil(span)} keys would be published at once, and verifiers take ${MAX_KEYS}; write at least ${least}, or shorten lifetimes`,
    )
  }
  return { rotateEvery, jwksMaxAge }
}
