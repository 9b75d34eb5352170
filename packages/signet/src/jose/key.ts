/**
 * A key bound to one algorithm, which is all the codec ever takes: the header of a token can then choose nothing
 * (RFC 8725 section 3.1). Keys are made in keys/; this file owns the value, since the codec is what uses it.
 */
import type { KeyObject } from 'node:crypto'
import { describe } from '../options.ts'
import type { Algorithm, AlgorithmRow } from './algorithms.ts'

/** A key and the one algorithm it is for. Opaque: it prints as `Key(ES256, kid)` and never as its material. */
export interface Key {
  readonly algorithm: Algorithm
  /** The key id put into the header of tokens; undefined for a secret that was not given one. */
  readonly kid: string | undefined
  readonly canSign: boolean
}

/** Finds the key of a token. `keys` are in the order in which a token without `kid` tries them: newest first. */
export interface KeySet {
  readonly keys: readonly Key[]
  get(kid: string): Key | undefined
  /** While a set fetches newer keys: settles when it is done. verifyAsync waits for it before it gives up on a `kid`. */
  readonly refreshing?: Promise<unknown> | undefined
  /**
   * Changes whenever `keys` or `get` could answer otherwise than before, for whatever reason, time included; so what was
   * verified under one number is verified anew under another. A set without it is asked for the key each time.
   *
   * @param now milliseconds since the epoch
   */
  versionAt?(now: number): number
}

/** What is inside a key. Only the codec, and the exports and thumbprints of keys/, look. */
export interface KeyMaterial {
  readonly row: AlgorithmRow
  readonly kid: string | undefined
  /** A secret, or the public part. */
  readonly verifying: KeyObject
  /** A secret, or the private part; undefined for a key that only verifies. */
  readonly signing: KeyObject | undefined
}

class BoundKey implements Key {
  readonly #material: KeyMaterial

  constructor(material: KeyMaterial) {
    this.#material = material
    Object.freeze(this)
  }

  get algorithm(): Algorithm {
    return this.#material.row.name
  }

  get kid(): string | undefined {
    return this.#material.kid
  }

  get canSign(): boolean {
    return this.#material.signing !== undefined
  }

  toString(): string {
    return `Key(${this.algorithm}${this.kid === undefined ? '' : `, ${this.kid}`})`
  }

  toJSON(): string {
    return this.toString()
  }

  // The registered symbol rather than an import of node:util: the codec loads nothing it does not need.
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }

  static materialOf(key: unknown): KeyMaterial | undefined {
    return typeof key === 'object' && key !== null && #material in key ? key.#material : undefined
  }
}

/** Makes a key of checked material. The functions of keys/ do the checking. */
export function bindKey(material: KeyMaterial): Key {
  return new BoundKey(material)
}

export function isKey(value: unknown): value is Key {
  return BoundKey.materialOf(value) !== undefined
}

/**
 * The material of a key that Signet made.
 *
 * @throws TypeError for a string, buffer, JWK or KeyObject: text is never guessed to be a key, since guessing is how
 *   HMAC secrets came to be forged from public keys (CVE-2015-9235 and its many sequels)
 */
export function materialOf(key: unknown): KeyMaterial {
  const material = BoundKey.materialOf(key)
  if (material !== undefined) return material
  throw new TypeError(`the key must be a Key, got ${describe(key)}; ${howToMake(key)}`)
}

function howToMake(key: unknown): string {
  if (typeof key === 'string' && key.includes('-----BEGIN')) {
    return 'for PEM write importPem(pem, { algorithm })'
  }
  if (typeof key === 'string' || key instanceof Uint8Array || key === undefined) {
    return 'for a shared secret write secretKey(secret)'
  }
  if (typeof key !== 'object' || key === null) return 'make one with secretKey() or generateKey()'
  if ('kty' in key) return 'for a JWK write importJwk(jwk)'
  if ('export' in key || 'extractable' in key) return 'write importKeyObject(key, { algorithm })'
  return 'make one with secretKey(), generateKey() or importJwk()'
}

/** At most this many keys are tried for a token without `kid`, so that a large key set is no lever for an attacker. */
const MAX_TRIES = 4

/**
 * The keys a token may be signed with, newest first: the one its `kid` names, else those that have no name and fit its
 * `alg`; for a token without `kid`, all that fit. An empty list means that no key is known.
 *
 * @param allowed what the caller lists in `algorithms`
 */
export function candidateKeys(
  key: Key | KeySet,
  header: { readonly alg: string; readonly kid?: string },
  allowed: ReadonlySet<string> | undefined,
): readonly Key[] {
  if (isKey(key)) {
    // A key without kid serves any kid, as everybody's secrets do; a key with one answers to that name only.
    const named = header.kid === undefined || key.kid === undefined || header.kid === key.kid
    return named ? [key] : []
  }
  const named = header.kid === undefined ? undefined : key.get(header.kid)
  if (named !== undefined) return [named]
  return key.keys
    .filter((candidate) => header.kid === undefined || candidate.kid === undefined)
    .filter((candidate) => answersTo(candidate, header.alg, allowed))
    .slice(0, MAX_TRIES)
}

/**
 * Whether a key is for the `alg` a token names: the key's own, or the other name of the same scheme when the caller lists
 * it. One key, one algorithm: the header may only agree with the key, never choose for it (RFC 8725 section 3.1).
 */
export function answersTo(
  key: Key,
  alg: string,
  allowed: ReadonlySet<string> | undefined,
): boolean {
  const { row } = materialOf(key)
  return row.name === alg || (row.alias === alg && allowed !== undefined && allowed.has(alg))
}
