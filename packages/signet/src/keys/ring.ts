/**
 * The key ring as data, and every change to it as a pure function. One versioned document holds the access keys, the
 * refresh-MAC secrets and the kids withdrawn for good; whoever changes it writes the instants once, for everybody.
 */
import type { Algorithm } from '../jose/algorithms.ts'

/** access: signs access tokens · refresh: makes the MAC of refresh tokens, and never leaves the issuer */
export type KeyPurpose = 'access' | 'refresh'

/** next: published, not signing · active: signing · retiring: its tokens are still good · gone */
export type KeyState = 'next' | 'active' | 'retiring' | 'gone'

/** A key's part of the ring. Times are store milliseconds. */
export interface RingKey {
  readonly kid: string
  readonly algorithm: Algorithm
  readonly purpose: KeyPurpose
  /** Signs from here on, until a newer key of the purpose does. */
  readonly signFrom: number
  /** From here on its tokens are refused; undefined until a successor has been named. */
  readonly goneAt: number | undefined
  /** The private key or secret; see key-material.ts. */
  readonly material: string
}

export interface Ring {
  readonly version: number
  /** Oldest first within a purpose. */
  readonly keys: readonly RingKey[]
  /** Never again accepted, never again given to a key. */
  readonly withdrawn: readonly string[]
}

/** A key for the ring, made by the caller: this file has no randomness. */
export type NewKey = Pick<RingKey, 'kid' | 'algorithm' | 'purpose' | 'material'>

export function createRing(version: number, keys: readonly NewKey[], now: number): Ring {
  return { version, withdrawn: [], keys: keys.map((key) => born(key, now)) }
}

/** How a rotation is spread over time, in milliseconds. */
export interface RotationPlan {
  /** From publishing the new keys to signing with them: verifiers and caches of the JWKS learn of them meanwhile. */
  readonly publishAhead: number
  /** How long tokens signed at the last moment by an old key still live, per purpose. */
  readonly retireAfter: { readonly [purpose in KeyPurpose]: number }
}

/** Publishes successors. Each replaces the keys of its purpose, which stay good for the tokens they have signed. */
export function rotateRing(
  ring: Ring,
  successors: readonly NewKey[],
  now: number,
  plan: RotationPlan,
): Ring {
  const signFrom = now + plan.publishAhead
  const replaced = new Set(successors.map(({ purpose }) => purpose))
  const old = ring.keys.map((key) =>
    replaced.has(key.purpose) && key.goneAt === undefined
      ? { ...key, goneAt: signFrom + plan.retireAfter[key.purpose] }
      : key,
  )
  return next(ring, [...old, ...successors.map((key) => born(key, signFrom))], ring.withdrawn, now)
}

/** Takes keys away at once and for good. A successor for a withdrawn active key signs at once. */
export function withdrawKeys(
  ring: Ring,
  kids: readonly string[],
  successors: readonly NewKey[],
  now: number,
): Ring {
  const kept = ring.keys.filter(({ kid }) => !kids.includes(kid))
  const withdrawn = [...new Set([...ring.withdrawn, ...kids])]
  return next(ring, [...kept, ...successors.map((key) => born(key, now))], withdrawn, now)
}

/**
 * What a store that has lost writes should hold: the keys of both rings that are not gone, and every withdrawal either
 * knows of, under a version above both. undefined when the store's ring lacks nothing of ours.
 */
export function uniteRings(ours: Ring, stored: Ring | undefined, now: number): Ring | undefined {
  const withdrawn = [...new Set([...(stored?.withdrawn ?? []), ...ours.withdrawn])]
  const isMissing = ({ kid, goneAt }: RingKey) =>
    !withdrawn.includes(kid) &&
    (goneAt === undefined || now < goneAt) &&
    stored?.keys.every((key) => key.kid !== kid) !== false
  if (
    stored !== undefined &&
    stored.version >= ours.version &&
    stored.withdrawn.length === withdrawn.length &&
    !ours.keys.some(isMissing)
  ) {
    return undefined
  }
  // Where both have a key, the instants of the newer ring stand.
  const newestFirst = [ours, stored ?? ours].toSorted((a, b) => b.version - a.version)
  const keys = new Map(
    newestFirst.toReversed().flatMap((ring) => ring.keys.map((key) => [key.kid, key])),
  )
  return next(
    { ...ours, version: Math.max(ours.version, stored?.version ?? 0) },
    [...keys.values()]
      .filter(({ kid }) => !withdrawn.includes(kid))
      .toSorted((a, b) => a.signFrom - b.signFrom),
    withdrawn,
    now,
  )
}

/** The key that signs now: the newest of its purpose whose time has come. */
export function signerOf(ring: Ring, purpose: KeyPurpose, now: number): RingKey | undefined {
  const ready = ring.keys.filter(
    (key) => key.purpose === purpose && stateOf(ring, key, now) === 'active',
  )
  return ready[0]
}

/** The keys whose tokens are good now, newest first. */
export function verifiersOf(ring: Ring, purpose: KeyPurpose, now: number): readonly RingKey[] {
  return ring.keys
    .filter((key) => key.purpose === purpose && stateOf(ring, key, now) !== 'gone')
    .toReversed()
}

/** How long before and after `now` the same keys verify, unless somebody changes the ring: milliseconds. */
export function steadySpan(
  ring: Ring,
  now: number,
): { readonly from: number; readonly until: number } {
  const ends = ring.keys.flatMap(({ goneAt }) => goneAt ?? [])
  return {
    from: Math.max(Number.NEGATIVE_INFINITY, ...ends.filter((end) => end <= now)),
    until: Math.min(Number.POSITIVE_INFINITY, ...ends.filter((end) => end > now)),
  }
}

export function stateOf(ring: Ring, key: RingKey, now: number): KeyState {
  if (ring.withdrawn.includes(key.kid)) return 'gone'
  if (key.goneAt !== undefined && now >= key.goneAt) return 'gone'
  if (now < key.signFrom) return 'next'
  const overtaken = ring.keys.some(
    (other) =>
      other.purpose === key.purpose && other.signFrom > key.signFrom && now >= other.signFrom,
  )
  return overtaken ? 'retiring' : 'active'
}

function born(key: NewKey, signFrom: number): RingKey {
  return { ...key, signFrom, goneAt: undefined }
}

/** The next version; keys that are gone are left out, since nothing they signed is alive. */
function next(
  ring: Ring,
  keys: readonly RingKey[],
  withdrawn: readonly string[],
  now: number,
): Ring {
  const alive = keys.filter((key) => key.goneAt === undefined || now < key.goneAt)
  return { version: ring.version + 1, keys: alive, withdrawn }
}
