/** JWTs: claims in, token out, and back. Every function takes its clock and its random ids as a parameter. */
import {
  InvalidTokenError,
  KeysUnavailableError,
  MalformedTokenError,
  UnknownKeyError,
} from '../errors.ts'
import type { Clock, Surroundings } from '../system.ts'
import { decodeBase64url } from './bytes.ts'
import { type Claims, checkClaims } from './claims.ts'
import { type JoseHeader, parseHeader, sameMediaType } from './header.ts'
import { type JsonObject, parseJsonObject } from './json.ts'
import {
  openJwsSigner,
  readPayload,
  signWith,
  signWithLater,
  splitToken,
  type VerifiedPayload,
  verifyJws,
  verifyJwsLater,
} from './jws.ts'
import {
  readSignOptions,
  readVerifyOptions,
  type SignOptions,
  type VerifyOptions,
  type VerifyRules,
} from './jwt-options.ts'
import { isKey, type Key, type KeySet, materialOf } from './key.ts'
import { proveClaims, type Schema } from './schema.ts'
import { completeClaims } from './signed-claims.ts'

export type { SignOptions, VerifyOptions } from './jwt-options.ts'

export interface VerifiedToken<C> {
  readonly header: JoseHeader
  readonly claims: C
  /** The key that fits the signature. */
  readonly key: Key
}

export type VerifyResult<C> =
  | { readonly ok: true; readonly value: C }
  | { readonly ok: false; readonly error: InvalidTokenError }

/** A signer with its options read once. @throws TypeError, RangeError naming the option */
export function prepareSigner(
  key: Key,
  options: SignOptions,
  surroundings: Surroundings,
): (claims: Claims) => string {
  const { signer, encode } = readSigner(key, options, surroundings)
  return (claims) => signWith(signer, encode(claims))
}

/** `prepareSigner` with the signature made off the event loop. */
export function prepareSignerLater(
  key: Key,
  options: SignOptions,
  surroundings: Surroundings,
): (claims: Claims) => Promise<string> {
  const { signer, encode } = readSigner(key, options, surroundings)
  return async (claims) => signWithLater(signer, encode(claims))
}

function readSigner(key: Key, options: SignOptions, surroundings: Surroundings) {
  const { typ, now } = readSignOptions(options, surroundings.now)
  const signer = openJwsSigner(key, typ)
  const encode = (claims: Claims) => {
    const complete = completeClaims(claims, options, now() / 1000, surroundings.uuid)
    return JSON.stringify(complete)
  }
  return { signer, encode }
}

/** A verifier with its options read once. @throws TypeError, RangeError naming the option */
export function prepareVerifier(
  key: Key | KeySet,
  options: VerifyOptions & { readonly schema?: Schema<unknown> },
  clock: Clock,
): (token: unknown) => VerifiedToken<Claims> {
  const rules = readVerifyOptions(options, clock)
  checkKey(key)
  return (token) => judge(verifyJws(token, key, rules.algorithms), rules)
}

/**
 * `prepareVerifier` with the signature checked off the event loop. A key set that is fetching newer keys is waited for,
 * once, when it does not know the key of a token.
 */
export function prepareVerifierLater(
  key: Key | KeySet,
  options: VerifyOptions & { readonly schema?: Schema<unknown> },
  clock: Clock,
): (token: unknown) => Promise<VerifiedToken<Claims>> {
  const rules = readVerifyOptions(options, clock)
  checkKey(key)
  return async (token) => {
    try {
      return judge(await verifyJwsLater(token, key, rules.algorithms), rules)
    } catch (error) {
      const refreshing = 'refreshing' in key ? key.refreshing : undefined
      if (!isAboutKeys(error) || refreshing === undefined) throw error
      await refreshing
      return judge(await verifyJwsLater(token, key, rules.algorithms), rules)
    }
  }
}

function isAboutKeys(error: unknown): boolean {
  return error instanceof UnknownKeyError || error instanceof KeysUnavailableError
}

/** What comes after the signature: type, times and claims, and the caller's schema. */
function judge(verified: VerifiedPayload, rules: VerifyRules): VerifiedToken<Claims> {
  if (rules.typ !== undefined) checkType(verified.header, rules.typ)
  const claims = parseClaims(verified.payload)
  checkClaims(claims, rules.claims, rules.now() / 1000)
  const proved = rules.schema === undefined ? claims : proveClaims(rules.schema, claims)
  return { header: verified.header, claims: proved as Claims, key: verified.key }
}

/** The result of a verification as a value. Only what a token can cause is caught: a caller's mistake still throws. */
export function attempt<C>(verification: () => C): VerifyResult<C> {
  try {
    return { ok: true, value: verification() }
  } catch (error) {
    if (error instanceof InvalidTokenError) return { ok: false, error }
    throw error
  }
}

export interface DecodedToken {
  readonly header: JoseHeader
  readonly claims: Claims
  readonly signature: Uint8Array
}

/** Reads a token without trusting it. @throws MalformedTokenError */
export function decodeUnverified(token: string): DecodedToken {
  const segments = splitToken(token)
  const header = parseHeader(segments.header)
  const payload = readPayload(segments.payload, false)
  const signature = decodeBase64url(segments.signature)
  if (signature === undefined)
    throw new MalformedTokenError('the signature is not canonical base64url')
  return { header, claims: parseClaims(payload) as Claims, signature }
}

function parseClaims(payload: string | Buffer): JsonObject {
  if (typeof payload !== 'string') throw new MalformedTokenError('the claims are not UTF-8')
  const claims = parseJsonObject(payload)
  if (claims === undefined) {
    throw new MalformedTokenError('the claims are not one JSON object without duplicate members')
  }
  return claims
}

function checkType(header: JoseHeader, expected: string): void {
  if (header.typ !== undefined && sameMediaType(header.typ, expected)) return
  throw new InvalidTokenError(`header parameter 'typ' must be ${JSON.stringify(expected)}`, {
    claim: 'typ',
    expected,
    received: header.typ,
  })
}

function checkKey(key: Key | KeySet): void {
  const isSet =
    typeof key === 'object' && key !== null && 'keys' in key && typeof key.get === 'function'
  if (!isKey(key) && !isSet) materialOf(key)
}
