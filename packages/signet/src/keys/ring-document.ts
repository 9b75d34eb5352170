/** The ring as it lies in the store: a public part that verifiers read, and the secrets sealed beside it. */
import type { RandomBytes } from '../system.ts'
import type { Jwk } from './export.ts'
import type { Ring, RingBounds, RingKey } from './ring.ts'
import type { RingDocument } from './ring-store.ts'
import { type SealingKey, seal, unseal } from './seal.ts'

/** The public part: everything of the ring but the material, and the public JWK where there is one. */
interface PublicPart {
  readonly bounds: RingBounds
  readonly keys: readonly (Omit<RingKey, 'material'> & { readonly jwk: Jwk | undefined })[]
  readonly withdrawn: readonly string[]
}

/** @param publicKeys the public JWK of each key of the ring, undefined for secrets */
export function sealRing(
  ring: Ring,
  publicKeys: readonly (Jwk | undefined)[],
  sealingKeys: readonly SealingKey[],
  randomBytes: RandomBytes,
): RingDocument {
  const part: PublicPart = {
    bounds: ring.bounds,
    keys: ring.keys.map(({ material: _, ...key }, index) => ({ ...key, jwk: publicKeys[index] })),
    withdrawn: ring.withdrawn,
  }
  const publicPart = JSON.stringify(part)
  const secrets = JSON.stringify(
    Object.fromEntries(ring.keys.map(({ kid, material }) => [kid, material])),
  )
  const sealed = seal(secrets, associated(ring.version, publicPart), sealingKeys, randomBytes)
  return { version: ring.version, publicPart, sealed }
}

/** The ring, or undefined when none of the keys opens it or a byte of the document was changed. */
export function openRing(
  document: RingDocument,
  sealingKeys: readonly SealingKey[],
): Ring | undefined {
  const { version, publicPart, sealed } = document
  const text = unseal(sealed, associated(version, publicPart), sealingKeys)
  if (text === undefined) return undefined
  const secrets: { readonly [kid: string]: string } = JSON.parse(text)
  const { bounds, keys, withdrawn } = parsePublicPart(document)
  return {
    version,
    bounds,
    withdrawn,
    keys: keys.map(({ jwk: _, ...key }) => ({
      ...key,
      signUntil: key.signUntil ?? undefined,
      material: secrets[key.kid] as string,
    })),
  }
}

/**
 * The open part of a ring that we cannot open: `material` is empty. Nobody vouches for it, so it may take keys away, and
 * must bring none.
 */
export function sealedRingOf(document: RingDocument): Ring {
  const { bounds, keys, withdrawn } = parsePublicPart(document)
  return {
    version: document.version,
    bounds,
    withdrawn,
    keys: keys.map(({ jwk: _, ...key }) => ({ ...key, signUntil: key.signUntil, material: '' })),
  }
}

/** The names in a ring that we may not be able to open. */
export function namesIn(document: RingDocument): {
  readonly keys: readonly Pick<RingKey, 'kid' | 'purpose'>[]
  readonly withdrawn: readonly string[]
} {
  return parsePublicPart(document)
}

/** Whether a document is sealed for these keys, and with `only` for no others. */
export function isSealedFor(
  { sealed }: RingDocument,
  keys: readonly SealingKey[],
  { only = false }: { readonly only?: boolean } = {},
): boolean {
  const wrapped = new Set(sealed.wraps.map(({ id }) => id))
  return keys.every(({ id }) => wrapped.has(id)) && (!only || wrapped.size === keys.length)
}

function parsePublicPart(document: RingDocument): PublicPart {
  return JSON.parse(document.publicPart)
}

/** The version is bound too: an older sealed part cannot come back under a newer number. */
function associated(version: number, publicPart: string): string {
  return `signet ring ${version}\n${publicPart}`
}
