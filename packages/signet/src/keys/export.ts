/** Keys written out: as JWK (RFC 7517) and as PEM (RFC 7468). The private part only when it is asked for by name. */
import type { JsonWebKey, KeyObject } from 'node:crypto'
import { type Key, type KeyMaterial, materialOf } from '../jose/key.ts'
import { checkOneOf } from '../options.ts'

/** Which half of a key is written out. */
export type KeyPart = 'public' | 'private'

/** A key as JSON (RFC 7517 section 4). */
export interface Jwk {
  readonly kty: string
  readonly kid?: string
  readonly alg?: string
  readonly use?: string
  readonly [member: string]: unknown
}

/**
 * A key as a JWK with its `kid`, `alg` and `use: 'sig'`, ready to be published in a key set.
 *
 * @param part default 'public'. A shared secret has no public part: it takes 'private'
 * @throws TypeError when the key does not have that part
 */
export function exportJwk(key: Key, part: KeyPart = 'public'): Jwk {
  const material = materialOf(key)
  const { kty, ...members } = partOf(key, material, part).export({ format: 'jwk' }) as JsonWebKey
  return {
    kty: kty as string,
    ...(material.kid === undefined ? {} : { kid: material.kid }),
    alg: material.row.name,
    use: 'sig',
    ...withoutAlg(members),
  }
}

/** Node writes `alg` into some JWKs by itself; ours, which stands further up, is the one the key is bound to. */
function withoutAlg({ alg: _, ...members }: JsonWebKey): JsonWebKey {
  return members
}

/**
 * A key as PEM: SPKI for the public part, unencrypted PKCS#8 for the private one.
 *
 * @param part default 'public'
 * @throws TypeError for a shared secret, which has no PEM form, and when the key does not have that part
 */
export function exportPem(key: Key, part: KeyPart = 'public'): string {
  const material = materialOf(key)
  if (material.row.keyType === 'oct') {
    throw new TypeError(
      `${key} is a shared secret, which has no PEM form; write exportJwk(key, 'private')`,
    )
  }
  const type = part === 'private' ? 'pkcs8' : 'spki'
  return partOf(key, material, part).export({ type, format: 'pem' }) as string
}

function partOf(key: Key, material: KeyMaterial, part: KeyPart): KeyObject {
  checkOneOf('part', part, ['public', 'private'])
  if (part === 'private') {
    if (material.signing !== undefined) return material.signing
    throw new TypeError(`${key} can only verify: there is no private part to export`)
  }
  if (material.row.keyType !== 'oct') return material.verifying
  throw new TypeError(
    `${key} is a shared secret and has no public part; write exportJwk(key, 'private') and keep the result secret`,
  )
}
