/** Several keys under one roof: the verifier of tokens signed while keys rotate. */
import { InvalidKeyError } from '../errors.ts'
import { type Algorithm, type AlgorithmRow, algorithmRows } from '../jose/algorithms.ts'
import { isPlainObject } from '../jose/json.ts'
import { isKey, type Key, type KeySet, materialOf } from '../jose/key.ts'
import { checkOptions, describe } from '../options.ts'
import { rowsOf } from './bind.ts'
import { importJwk } from './import-jwk.ts'
import { own } from './jwk.ts'

/** The most keys a set holds: more is a mistake, or somebody else's plan. */
export const MAX_KEYS = 100

/** A JWK Set as it stands in JSON (RFC 7517 section 5). */
export interface JwkSet {
  readonly keys: readonly object[]
}

export interface KeySetOptions {
  /**
   * Keys for other algorithms are ignored, and a JWK without `alg` that one of these alone fits is for that one. Default:
   * every algorithm; RSA without `alg` is then RS256.
   */
  readonly algorithms?: readonly Algorithm[]
}

/**
 * A key set of keys made before, or of a JWK Set. Of a JWK Set, keys that Signet cannot use are ignored, as RFC 7517
 * section 5 asks; it is an error when none is left.
 *
 * @param keys newest first, which is the order in which a token without `kid` tries them
 * @throws TypeError when something else stands in the list, RangeError for too many keys
 * @throws InvalidKeyError for two keys of one `kid`, or a JWK Set without a usable key, saying what is wrong with the first
 */
export function createKeySet(keys: JwkSet | readonly Key[], options: KeySetOptions = {}): KeySet {
  checkOptions('createKeySet', options, ['algorithms'])
  const algorithms = readKeySetAlgorithms(options)
  if (isPlainObject(keys)) return bindKeySet(importAll(keys, algorithms))
  if (!Array.isArray(keys) || !keys.every(isKey)) {
    throw new TypeError('createKeySet takes a list of keys or a JWK Set: { keys: [...] }')
  }
  return bindKeySet(keys.filter((key) => isListed(key, algorithms)))
}

function importAll(jwks: object, algorithms: readonly Algorithm[] | undefined): readonly Key[] {
  const { keys, ignored, ambiguous } = importJwkSet(jwks, algorithms)
  if (ambiguous[0] !== undefined) throw twoKeys(ambiguous[0])
  if (keys.length > 0) return keys
  const reason = ignored.length === 0 ? '' : `: ${ignored[0]}`
  throw new InvalidKeyError(`the JWK Set has no key that can be used${reason}`)
}

/** @throws TypeError naming the option */
export function readKeySetAlgorithms({
  algorithms,
}: KeySetOptions): readonly Algorithm[] | undefined {
  if (algorithms === undefined) return undefined
  if (!Array.isArray(algorithms) || algorithms.length === 0) {
    throw new TypeError(
      `'algorithms' must be a list with at least one algorithm, got ${describe(algorithms)}`,
    )
  }
  for (const name of algorithms) rowsOf(name, 'createKeySet')
  return algorithms
}

export interface ImportedJwkSet {
  readonly keys: readonly Key[]
  /** Why each of the others cannot be used. */
  readonly ignored: readonly string[]
  /** The `kid`s that several members bear, usable or not. */
  readonly ambiguous: readonly string[]
}

/**
 * The usable keys of a JWK Set, in its order.
 *
 * @throws InvalidKeyError when it is no JWK Set or mixes secrets with public keys, RangeError when it has too many keys
 */
export function importJwkSet(
  jwks: object,
  algorithms: readonly Algorithm[] | undefined,
): ImportedJwkSet {
  const list = isPlainObject(jwks) ? own(jwks, 'keys') : undefined
  if (!Array.isArray(list))
    throw new InvalidKeyError("a JWK Set has a member 'keys' that is a list")
  refuseTooMany(list.length)
  const keys: Key[] = []
  const ignored: string[] = []
  for (const jwk of list) {
    try {
      keys.push(importMember(jwk, algorithms))
    } catch (error) {
      // One bad key must not take the good ones with it: it may be of a type that came after us.
      if (!(error instanceof InvalidKeyError)) throw error
      ignored.push(error.message)
    }
  }
  refuseMixture(keys)
  return { keys, ignored, ambiguous: repeatedKids(list) }
}

/** Of one type and for signatures: RFC 7517 section 4.5 lets keys of different types share a name. */
function repeatedKids(jwks: readonly unknown[]): readonly string[] {
  const names = jwks.filter(isPlainObject).flatMap((jwk) => {
    const kid = own(jwk, 'kid')
    return typeof kid === 'string' && own(jwk, 'use') !== 'enc'
      ? [{ kid, kty: own(jwk, 'kty') }]
      : []
  })
  const repeated = names.filter(
    ({ kid, kty }, i) => names.findIndex((name) => name.kid === kid && name.kty === kty) < i,
  )
  return [...new Set(repeated.map(({ kid }) => kid))]
}

function twoKeys(kid: string): InvalidKeyError {
  return new InvalidKeyError(`two keys of the set have the kid ${JSON.stringify(kid)}`)
}

/** A file with both is public and holds a secret, or is secret and taken for public: either way somebody errs. */
function refuseMixture(keys: readonly Key[]): void {
  const secrets = keys.filter((key) => materialOf(key).row.keyType === 'oct')
  if (secrets.length === 0 || secrets.length === keys.length) return
  throw new InvalidKeyError(
    'the JWK Set mixes shared secrets with public keys: keep them in two sets, and publish only the one',
  )
}

function importMember(jwk: unknown, algorithms: readonly Algorithm[] | undefined): Key {
  if (!isPlainObject(jwk)) throw new InvalidKeyError(`a JWK is an object, not ${describe(jwk)}`)
  if (algorithms === undefined) return importJwk(jwk)
  const only = own(jwk, 'alg') === undefined ? onlyFitting(jwk, algorithms) : undefined
  const key = importJwk(jwk, only === undefined ? {} : { algorithm: only })
  if (isListed(key, algorithms)) return key
  throw new InvalidKeyError(`the key is for ${key.algorithm}, which 'algorithms' does not list`)
}

/** By either name of its algorithm: verify has the last word on which of them a token may bear. */
function isListed(key: Key, algorithms: readonly Algorithm[] | undefined): boolean {
  const { row } = materialOf(key)
  return (
    algorithms === undefined || algorithms.some((name) => name === row.name || name === row.alias)
  )
}

/** The one algorithm of the list that a JWK of this type and curve may be for, or undefined for none or several. */
function onlyFitting(
  jwk: { readonly [member: string]: unknown },
  algorithms: readonly Algorithm[],
): Algorithm | undefined {
  const fits = (row: AlgorithmRow) =>
    row.keyType === own(jwk, 'kty') && (row.curve === undefined || row.curve === own(jwk, 'crv'))
  const fitting = algorithms.filter((name) =>
    algorithmRows.some((row) => row.name === name && fits(row)),
  )
  return fitting.length === 1 ? fitting[0] : undefined
}

/** @throws InvalidKeyError for two keys of one kid, RangeError for too many keys */
export function bindKeySet(keys: readonly Key[]): KeySet {
  refuseTooMany(keys.length)
  const byKid = new Map<string, Key>()
  for (const key of keys) {
    if (key.kid === undefined) continue
    if (byKid.has(key.kid)) throw twoKeys(key.kid)
    byKid.set(key.kid, key)
  }
  return Object.freeze({ keys: Object.freeze([...keys]), get: (kid: string) => byKid.get(kid) })
}

function refuseTooMany(count: number): void {
  if (count > MAX_KEYS)
    throw new RangeError(`a key set holds at most ${MAX_KEYS} keys, this one has ${count}`)
}
