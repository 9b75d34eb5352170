/**
 * The key ring as data, and every change to it as a pure function. One versioned document holds the access keys, the
 * refresh-MAC secrets and the kids withdrawn for good. Whoever changes it writes the instants, once and for everybody:
 * no process works out by itself when a key begins or ends.
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
  /** Signs from here on. */
  readonly signFrom: number
  /** Until here, where its successor begins; undefined while it has none. */
  readonly signUntil: number | undefined
  /** The private key or secret; see key-material.ts. */
  readonly material: string
}

/**
 * How long what the issuer's processes have handed out may go on, in milliseconds. Each number is the largest that any
 * of them was ever configured with, so that a process with small ones does not cut short what another has promised.
 */
export interface RingBounds {
  /** A copy of the JWKS in a cache. */
  readonly jwksMaxAge: number
  /** A process that goes on without having heard of the ring; then it signs nothing and publishes nothing. */
  readonly staleness: number
  /** What a key of the purpose signs: the longest access token, the idle lifetime of a session. */
  readonly lifetime: { readonly [purpose in KeyPurpose]: number }
}

export interface Ring {
  readonly version: number
  readonly bounds: RingBounds
  /** Oldest first within a purpose. */
  readonly keys: readonly RingKey[]
  /** Never again accepted, never again given to a key. */
  readonly withdrawn: readonly string[]
}

/** A key for the ring, made by the caller: this file has no randomness. */
export type NewKey = Pick<RingKey, 'kid' | 'algorithm' | 'purpose' | 'material'>

/** Covers clocks of hosts that differ, and what is under way when a key retires (PROTOCOL: 60 s). */
const RETIRE_MARGIN_MS = 60_000

export function emptyRing(bounds: RingBounds): Ring {
  return { version: 0, bounds, keys: [], withdrawn: [] }
}

/**
 * Publishes successors, to sign once nobody can be without them: a process may serve a JWKS that lacks them for as long
 * as it may be stale, and a cache may keep that answer for its max-age.
 */
export function rotateRing(ring: Ring, successors: readonly NewKey[], now: number): Ring {
  const published = successors.map((key) => {
    const last = newestOf(ring, key.purpose)?.signFrom ?? 0
    return born(key, Math.max(last, now + publishAhead(ring.bounds)))
  })
  return changed(ring, { keys: [...ring.keys, ...published] }, now)
}

/** From publishing a key to signing with it, in milliseconds. */
export function publishAhead({ staleness, jwksMaxAge }: RingBounds): number {
  return staleness + jwksMaxAge
}

/**
 * Takes keys away at once and for good. A purpose that loses its signer gets another in the same change: the key that
 * was published to be next, else a new one.
 */
export function withdrawKeys(
  ring: Ring,
  kids: readonly string[],
  newKey: (purpose: KeyPurpose) => NewKey,
  now: number,
): Ring {
  let keys = ring.keys.filter(({ kid }) => !kids.includes(kid))
  for (const purpose of ['access', 'refresh'] as const) {
    const signer = signerOf(ring, purpose, now)
    if (signer !== undefined && kids.includes(signer.kid))
      keys = withSigner(keys, purpose, newKey, now)
  }
  return changed(ring, { keys, withdrawn: [...new Set([...ring.withdrawn, ...kids])] }, now)
}

/** What a process expects of the ring that it opens. */
export interface RingWishes {
  readonly bounds: RingBounds
  /** Of new access keys; undefined when access tokens are signed with a secret from outside. */
  readonly algorithm: Algorithm | undefined
  /** A secret from outside signs until the ring's first access key begins, so that one is published ahead as well. */
  readonly isBridged: boolean
}

/**
 * The ring as a process needs it: with bounds as large as its own, a refresh-MAC secret, and access keys that are, or
 * will be, of its algorithm. The same object when it is so already.
 */
export function fitRing(
  ring: Ring,
  { bounds, algorithm, isBridged }: RingWishes,
  newKey: (purpose: KeyPurpose) => NewKey,
  now: number,
): Ring {
  const raised = raiseBounds(ring, bounds, now)
  const withRefresh = ensureSigner(raised, 'refresh', newKey, now)
  if (algorithm === undefined) return withRefresh
  const signing = isBridged ? withRefresh : ensureSigner(withRefresh, 'access', newKey, now)
  return newestOf(signing, 'access')?.algorithm === algorithm
    ? signing
    : rotateRing(signing, [newKey('access')], now)
}

function ensureSigner(
  ring: Ring,
  purpose: KeyPurpose,
  newKey: (purpose: KeyPurpose) => NewKey,
  now: number,
): Ring {
  if (signerOf(ring, purpose, now) !== undefined) return ring
  return changed(ring, { keys: withSigner(ring.keys, purpose, newKey, now) }, now)
}

function withSigner(
  keys: readonly RingKey[],
  purpose: KeyPurpose,
  newKey: (purpose: KeyPurpose) => NewKey,
  now: number,
): RingKey[] {
  const waiting = keys.find((key) => key.purpose === purpose && now < key.signFrom)
  if (waiting === undefined) return [...keys, born(newKey(purpose), now)]
  return keys.map((key) => (key === waiting ? { ...key, signFrom: now } : key))
}

function raiseBounds(ring: Ring, bounds: RingBounds, now: number): Ring {
  const raised = largest(ring.bounds, bounds)
  // What is gone under the old bounds goes first: nothing of it may come back under the new ones.
  return sameBounds(raised, ring.bounds) ? ring : { ...changed(ring, {}, now), bounds: raised }
}

function largest(a: RingBounds, b: RingBounds): RingBounds {
  return {
    jwksMaxAge: Math.max(a.jwksMaxAge, b.jwksMaxAge),
    staleness: Math.max(a.staleness, b.staleness),
    lifetime: {
      access: Math.max(a.lifetime.access, b.lifetime.access),
      refresh: Math.max(a.lifetime.refresh, b.lifetime.refresh),
    },
  }
}

function sameBounds(a: RingBounds, b: RingBounds): boolean {
  return (
    a.jwksMaxAge === b.jwksMaxAge &&
    a.staleness === b.staleness &&
    a.lifetime.access === b.lifetime.access &&
    a.lifetime.refresh === b.lifetime.refresh
  )
}

/**
 * What a store that has lost writes should hold: the keys of both rings that are not gone, and every withdrawal either
 * knows of, under a version above both. undefined when the store's ring lacks nothing of ours.
 */
export function uniteRings(ours: Ring, stored: Ring | undefined, now: number): Ring | undefined {
  const withdrawn = [...new Set([...(stored?.withdrawn ?? []), ...ours.withdrawn])]
  const isMissing = (key: RingKey) =>
    !withdrawn.includes(key.kid) &&
    now < goneAt(ours, key) &&
    stored?.keys.every(({ kid }) => kid !== key.kid) !== false
  if (
    stored !== undefined &&
    stored.version >= ours.version &&
    stored.withdrawn.length === withdrawn.length &&
    !ours.keys.some(isMissing)
  ) {
    return undefined
  }
  // Where both have a key, the instants of the newer ring stand.
  const oldestFirst = [ours, stored ?? ours].toSorted((a, b) => a.version - b.version)
  const keys = new Map(oldestFirst.flatMap((ring) => ring.keys.map((key) => [key.kid, key])))
  const united = {
    ...ours,
    bounds: largest(ours.bounds, (stored ?? ours).bounds),
    version: Math.max(ours.version, stored?.version ?? 0),
  }
  const kept = [...keys.values()].filter(({ kid }) => !withdrawn.includes(kid))
  return changed(united, { keys: kept.toSorted((a, b) => a.signFrom - b.signFrom), withdrawn }, now)
}

/**
 * The key that signs now: the newest whose time has come and that is `announced`, which says whether the fleet is known
 * to have it. Until it is, its predecessor signs on, for `staleness` at most: by then every verifier has heard of the new
 * key or refuses everything. Undefined when there is no key, or none that may sign yet.
 */
export function signerOf(
  ring: Ring,
  purpose: KeyPurpose,
  now: number,
  announced: (kid: string) => boolean = () => true,
): RingKey | undefined {
  const { staleness } = ring.bounds
  return ring.keys.findLast(
    ({ kid, signFrom, signUntil, ...key }) =>
      key.purpose === purpose &&
      signFrom <= now &&
      (signUntil === undefined || now < signUntil + staleness) &&
      (signFrom + staleness <= now || announced(kid)),
  )
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
  const ends = ring.keys.map((key) => goneAt(ring, key))
  return {
    from: Math.max(Number.NEGATIVE_INFINITY, ...ends.filter((end) => end <= now)),
    until: Math.min(Number.POSITIVE_INFINITY, ...ends.filter((end) => end > now)),
  }
}

export function stateOf(ring: Ring, key: RingKey, now: number): KeyState {
  if (now >= goneAt(ring, key)) return 'gone'
  if (now < key.signFrom) return 'next'
  return key.signUntil === undefined || now < key.signUntil ? 'active' : 'retiring'
}

/** From here on a key's tokens are refused: the last of them is dead by then. Infinite while it has no successor. */
export function goneAt({ bounds }: Ring, { purpose, signUntil }: RingKey): number {
  if (signUntil === undefined) return Number.POSITIVE_INFINITY
  return signUntil + bounds.staleness + bounds.lifetime[purpose] + RETIRE_MARGIN_MS
}

/** How many access keys there are at once, from published to gone, when one begins to sign `every` so many milliseconds. */
export function keysAtOnce(bounds: RingBounds, every: number): number {
  const { staleness, lifetime } = bounds
  return (publishAhead(bounds) + staleness + lifetime.access + RETIRE_MARGIN_MS) / every + 1
}

/** Refresh-MAC secrets live as long as idle sessions: with more of them than this the ring would only grow. */
const REFRESH_SECRETS = 20

/** When a purpose is to get its next key, so that its keys begin to sign `every` so many milliseconds, or later. */
export function rotationDueAt(ring: Ring, purpose: KeyPurpose, every: number): number {
  const newest = newestOf(ring, purpose)
  if (newest === undefined) return 0
  const least = purpose === 'refresh' ? ring.bounds.lifetime.refresh / REFRESH_SECRETS : 0
  return newest.signFrom + Math.max(every, least) - publishAhead(ring.bounds)
}

/** The last key of a purpose, signing or waiting. */
export function newestOf(ring: Ring, purpose: KeyPurpose): RingKey | undefined {
  return ring.keys.findLast((key) => key.purpose === purpose)
}

function born(key: NewKey, signFrom: number): RingKey {
  return { ...key, signFrom, signUntil: undefined }
}

/** The next version; keys that are gone are left out, since nothing they signed is alive. */
function changed(ring: Ring, change: Partial<Pick<Ring, 'keys' | 'withdrawn'>>, now: number): Ring {
  const { keys = ring.keys, withdrawn = ring.withdrawn } = change
  const alive = keys.filter((key) => now < goneAt(ring, key))
  return { ...ring, version: ring.version + 1, keys: linked(alive, now), withdrawn }
}

/** Each key signs until the next one of its purpose begins. An end that has passed stays: nothing signs again. */
function linked(keys: readonly RingKey[], now: number): readonly RingKey[] {
  return keys.map((key, index) => {
    if (key.signUntil !== undefined && key.signUntil <= now) return key
    const successor = keys.slice(index + 1).find(({ purpose }) => purpose === key.purpose)
    return { ...key, signUntil: successor?.signFrom }
  })
}
