/** JWTs: claims in, token out, and back. Every function takes its clock and its random ids as a parameter. */
import { InvalidTokenError, MalformedTokenError } from '../errors.ts'
import { checkOptions, checkSeconds, checkText, checkTexts } from '../options.ts'
import type { Clock, Surroundings } from '../system.ts'
import { type Algorithm, algorithmNames } from './algorithms.ts'
import { decodeBase64url, decodeUtf8, encodeUtf8 } from './bytes.ts'
import { type ClaimRules, type Claims, checkClaims } from './claims.ts'
import { type JoseHeader, parseHeader, sameMediaType } from './header.ts'
import { type JsonObject, parseJsonObject } from './json.ts'
import { signJws, splitToken, verifyJws } from './jws.ts'
import { isKey, type Key, type KeySet, materialOf } from './key.ts'
import { proveClaims, type Schema } from './schema.ts'
import { completeClaims } from './signed-claims.ts'

/** How a token is made. Every option may be left out but one: a token needs an end. */
export interface SignOptions {
  /**
   * Seconds from now until `exp`, or 'forever' for a token without one. Required unless the claims bring `exp`.
   * At most ten years, which no honest token needs and milliseconds mistaken for seconds exceed.
   */
  readonly lifetimeSeconds?: number | 'forever'
  /** Header parameter `typ`. Default 'JWT'. */
  readonly typ?: string
  /** Claim `iss`. */
  readonly issuer?: string
  /** Claim `aud`: one audience as a string, several as a list. */
  readonly audience?: string | readonly string[]
  /** Claim `sub`. Always a string (RFC 7519 section 4.1.2): write String(42). */
  readonly subject?: string
  /** Claim `jti`; false for none. Default: the claims' own, else a random UUID. */
  readonly tokenId?: string | false
  /** Claim `nbf`. */
  readonly notBefore?: Date
  /** Claim names that sound secret and are not, for example ['pin']. */
  readonly allowSensitiveClaims?: readonly string[]
  /** The time that counts as now. Default: the system's clock. */
  readonly now?: Date
}

/** What a token is held to. Whatever is asked for must be there: no check passes for want of its claim. */
export interface VerifyOptions {
  /** Algorithms accepted. Default: the one the key is bound to. */
  readonly algorithms?: readonly Algorithm[]
  /** `iss` must be this, or one of these, exactly. */
  readonly issuer?: string | readonly string[]
  /** `aud` must name this, or one of these. Without it a token that names any audience is refused. */
  readonly audience?: string | readonly string[]
  /** `sub` must be this. */
  readonly subject?: string
  /** `jti` must be this. */
  readonly tokenId?: string
  /** Claim `type` must be this: 'access' keeps refresh tokens out. */
  readonly tokenType?: string
  /** Header parameter `typ` must be this media type, for example 'at+jwt' (RFC 9068). */
  readonly typ?: string
  /** Claims that must be there and not null. */
  readonly requiredClaims?: readonly string[]
  /**
   * Seconds since `iat` after which the token is refused, whatever its `exp`. Makes `iat` mandatory, and `iat` may then
   * lie ahead by `clockToleranceSeconds` at most.
   */
  readonly maxAgeSeconds?: number
  /** Seconds by which the clocks of issuer and verifier may differ. Default 0, at most 600. */
  readonly clockToleranceSeconds?: number
  /** The time that counts as now. Default: the system's clock. */
  readonly now?: Date
}

export interface VerifiedToken<C> {
  readonly header: JoseHeader
  readonly claims: C
  /** The key that fits the signature. */
  readonly key: Key
}

export type VerifyResult<C> =
  | { readonly ok: true; readonly value: C }
  | { readonly ok: false; readonly error: InvalidTokenError }

const signOptionNames = [
  'lifetimeSeconds',
  'typ',
  'issuer',
  'audience',
  'subject',
  'tokenId',
  'notBefore',
  'allowSensitiveClaims',
  'now',
]

const verifyOptionNames = [
  'algorithms',
  'issuer',
  'audience',
  'subject',
  'tokenId',
  'tokenType',
  'typ',
  'requiredClaims',
  'maxAgeSeconds',
  'clockToleranceSeconds',
  'now',
  'schema',
]

/** A signer with its options read once. @throws TypeError, RangeError naming the option */
export function prepareSigner(
  key: Key,
  options: SignOptions,
  surroundings: Surroundings,
): (claims: Claims) => string {
  checkOptions('sign', options, signOptionNames)
  const typ = options.typ === undefined ? 'JWT' : checkText('typ', options.typ)
  if (!materialOf(key).signing)
    throw new TypeError(`${key} can only verify; sign with the private key`)
  const now = clockOf(options.now, surroundings.now)
  return (claims) => {
    const complete = completeClaims(claims, options, now() / 1000, surroundings.uuid)
    return signJws(encodeUtf8(JSON.stringify(complete)), key, typ)
  }
}

/** A verifier with its options read once. @throws TypeError, RangeError naming the option */
export function prepareVerifier(
  key: Key | KeySet,
  options: VerifyOptions & { readonly schema?: Schema<unknown> },
  clock: Clock,
): (token: unknown) => VerifiedToken<Claims> {
  checkOptions('verify', options, verifyOptionNames)
  checkKey(key)
  const rules = readRules(options)
  const algorithms = readAlgorithms(options.algorithms)
  const typ = options.typ === undefined ? undefined : checkText('typ', options.typ)
  const now = clockOf(options.now, clock)
  const { schema } = options
  return (token) => {
    const verified = verifyJws(token, key, algorithms)
    if (typ !== undefined) checkType(verified.header, typ)
    const claims = parseClaims(verified.payload)
    checkClaims(claims, rules, now() / 1000)
    const proved = schema === undefined ? claims : proveClaims(schema, claims)
    return { header: verified.header, claims: proved as Claims, key: verified.key }
  }
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
  const payload = decodeBase64url(segments.payload)
  if (payload === undefined) throw new MalformedTokenError('the payload is not canonical base64url')
  const signature = decodeBase64url(segments.signature)
  if (signature === undefined)
    throw new MalformedTokenError('the signature is not canonical base64url')
  return { header, claims: parseClaims(payload) as Claims, signature }
}

function parseClaims(payload: Buffer): JsonObject {
  const text = decodeUtf8(payload)
  if (text === undefined) throw new MalformedTokenError('the claims are not UTF-8')
  const claims = parseJsonObject(text)
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

function readRules(options: VerifyOptions): ClaimRules {
  const text = (name: 'subject' | 'tokenId' | 'tokenType') =>
    options[name] === undefined ? undefined : checkText(name, options[name])
  const texts = (name: 'issuer' | 'audience') =>
    options[name] === undefined ? undefined : checkTexts(name, options[name])
  const { requiredClaims = [], clockToleranceSeconds = 0, maxAgeSeconds } = options
  if (!Array.isArray(requiredClaims))
    throw new TypeError("'requiredClaims' must be a list of claim names")
  return {
    issuers: texts('issuer'),
    audiences: texts('audience'),
    subject: text('subject'),
    tokenId: text('tokenId'),
    tokenType: text('tokenType'),
    required: requiredClaims.map((name) => checkText('requiredClaims', name)),
    maxAgeSeconds:
      maxAgeSeconds === undefined ? undefined : checkSeconds('maxAgeSeconds', maxAgeSeconds),
    toleranceSeconds: checkSeconds('clockToleranceSeconds', clockToleranceSeconds, { max: 600 }),
  }
}

function readAlgorithms(names: readonly Algorithm[] | undefined): ReadonlySet<string> | undefined {
  if (names === undefined) return undefined
  if (!Array.isArray(names) || names.length === 0) {
    throw new TypeError(
      "'algorithms' must be a list with at least one algorithm; leave it out to use the key's own",
    )
  }
  for (const name of names) {
    if (!algorithmNames.includes(name)) {
      throw new TypeError(
        `'algorithms' names one that Signet does not know; known are ${algorithmNames.join(', ')}`,
      )
    }
  }
  return new Set(names)
}

function clockOf(now: Date | undefined, clock: Clock): Clock {
  if (now === undefined) return clock
  if (!(now instanceof Date) || Number.isNaN(now.getTime())) {
    throw new TypeError("'now' must be a valid Date")
  }
  const fixed = now.getTime()
  return () => fixed
}
