/**
 * The codec on its own: sign and verify tokens with keys you hold. Synchronous, no I/O, no store.
 * This is the edge at which the pure functions of jose/ and keys/ meet the system's clock and randomness.
 */
import type { Claims } from './jose/claims.ts'
import {
  attempt,
  prepareSigner,
  prepareSignerLater,
  prepareVerifier,
  prepareVerifierLater,
  type SignOptions,
  type VerifiedToken,
  type VerifyOptions,
  type VerifyResult,
} from './jose/jwt.ts'
import type { Key, KeySet } from './jose/key.ts'
import type { Schema } from './jose/schema.ts'
import { openRemoteKeySet, type RemoteKeySet } from './keys/remote-key-set.ts'
import type { RemoteKeySetOptions } from './keys/remote-key-set-options.ts'
import { makeSecret } from './keys/secret.ts'
import { system } from './system.ts'

export * from './errors.ts'
export type { Algorithm } from './jose/algorithms.ts'
export type { Claims, RegisteredClaims } from './jose/claims.ts'
export type { JoseHeader } from './jose/header.ts'
export type { Json } from './jose/json.ts'
export type {
  DecodedToken,
  SignOptions,
  VerifiedToken,
  VerifyOptions,
  VerifyResult,
} from './jose/jwt.ts'
export { decodeUnverified } from './jose/jwt.ts'
export type { Key, KeySet } from './jose/key.ts'
export type { Schema } from './jose/schema.ts'
export { exportJwk, exportPem, type Jwk, type KeyPart } from './keys/export.ts'
export { generateKey } from './keys/generate.ts'
export {
  type ImportKeyOptions,
  type ImportPemOptions,
  importDer,
  importKeyObject,
  importPem,
} from './keys/import.ts'
export { type ImportJwkOptions, importJwk } from './keys/import-jwk.ts'
export { createKeySet } from './keys/key-set.ts'
export type { RemoteKeySet } from './keys/remote-key-set.ts'
export type { RemoteKeySetOptions } from './keys/remote-key-set-options.ts'
export { type SecretKeyOptions, secretKey } from './keys/secret.ts'
export { thumbprint } from './keys/thumbprint.ts'

/**
 * Signs claims into a token. `iat` and a UUID `jti` are filled in unless the claims bring them.
 *
 * @throws TypeError, RangeError for claims or options that would make a bad token, naming what to write instead
 */
export function sign(claims: Claims, key: Key, options: SignOptions = {}): string {
  return prepareSigner(key, options, system)(claims)
}

/** `sign` with the signature made on the thread pool; worth it for RSA and ML-DSA, which keep the event loop busy. */
export async function signAsync(
  claims: Claims,
  key: Key,
  options: SignOptions = {},
): Promise<string> {
  return prepareSignerLater(key, options, system)(claims)
}

/** `sign` with its key and options read once. */
export function createSigner(key: Key, options: SignOptions = {}): (claims: Claims) => string {
  return prepareSigner(key, options, system)
}

/**
 * The claims of a token that is what it says it is; with a `schema`, claims of a proved type.
 *
 * @throws InvalidTokenError and its kinds for anything a token can be; TypeError for a mistake in the call
 */
export function verify<C>(
  token: string,
  key: Key | KeySet,
  options: VerifyOptions & { readonly schema: Schema<C> },
): C
export function verify(token: string, key: Key | KeySet, options?: VerifyOptions): Claims
export function verify(token: string, key: Key | KeySet, options: VerifyOptions = {}): Claims {
  return prepareVerifier(key, options, system.now)(token).claims
}

/**
 * `verify` with the signature checked on the thread pool. With a remote key set it waits once for the newest keys when the
 * token names one that is not known yet.
 */
export function verifyAsync<C>(
  token: string,
  key: Key | KeySet,
  options: VerifyOptions & { readonly schema: Schema<C> },
): Promise<C>
export function verifyAsync(
  token: string,
  key: Key | KeySet,
  options?: VerifyOptions,
): Promise<Claims>
export async function verifyAsync(
  token: string,
  key: Key | KeySet,
  options: VerifyOptions = {},
): Promise<Claims> {
  return (await prepareVerifierLater(key, options, system.now)(token)).claims
}

/** `verify` with its key and options read once. */
export function createVerifier(
  key: Key | KeySet,
  options: VerifyOptions = {},
): (token: string) => Claims {
  const verifyToken = prepareVerifier(key, options, system.now)
  return (token) => verifyToken(token).claims
}

/** `verify` that also gives the header and the key that fitted. */
export function verifyComplete(
  token: string,
  key: Key | KeySet,
  options: VerifyOptions = {},
): VerifiedToken<Claims> {
  return prepareVerifier(key, options, system.now)(token)
}

/** `verify` that answers a refused token as a value instead of throwing. A mistake in the call still throws. */
export function tryVerify(
  token: string,
  key: Key | KeySet,
  options: VerifyOptions = {},
): VerifyResult<Claims> {
  const verifyToken = prepareVerifier(key, options, system.now)
  return attempt(() => verifyToken(token).claims)
}

/**
 * A new random secret as text, for an environment variable or a secret manager.
 *
 * @param bytes of entropy, 32 to 1024
 */
export function generateSecret(bytes = 32, encoding: 'hex' | 'base64url' = 'hex'): string {
  return makeSecret(bytes, encoding, system.randomBytes)
}

/**
 * The keys another issuer publishes at a URL (RFC 7517 section 5). They are fetched now and again from time to time, and
 * `verify` looks in memory: for a `kid` it does not know it throws UnknownKeyError and starts one request, for which
 * `verifyAsync` waits. Close the set when it is no longer needed.
 *
 * @throws TypeError, RangeError naming the option; KeysUnavailableError when the first request fails
 */
export function createRemoteKeySet(
  url: string | URL,
  options: RemoteKeySetOptions = {},
): Promise<RemoteKeySet> {
  return openRemoteKeySet(url, options, system)
}
