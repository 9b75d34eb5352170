/** The options of sign and verify: what they mean, and how they are read once and refused by name. */
import { checkOptions, checkSeconds, checkText, checkTexts } from '../options.ts'
import type { Clock } from '../system.ts'
import { type Algorithm, algorithmNames } from './algorithms.ts'
import type { ClaimRules } from './claims.ts'
import { isOwn, isPlainObject } from './json.ts'
import type { Schema } from './schema.ts'

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

const ofTheKey = 'the key has its algorithm and kid: say them where the key is made'

/** What jsonwebtoken, jose, fast-jwt and PyJWT call it. */
const foreignSignOptions = {
  expiresIn: 'write lifetimeSeconds',
  exp: 'write lifetimeSeconds',
  algorithm: ofTheKey,
  alg: ofTheKey,
  keyid: ofTheKey,
  kid: ofTheKey,
  header: `write typ; ${ofTheKey}`,
  headers: `write typ; ${ofTheKey}`,
  jwtid: 'write tokenId',
  jti: 'write tokenId',
  iss: 'write issuer',
  aud: 'write audience',
  sub: 'write subject',
}

const foreignVerifyOptions = {
  leeway: 'write clockToleranceSeconds',
  clockTolerance: 'write clockToleranceSeconds',
  clockTimestamp: 'write now',
  currentDate: 'write now',
  maxAge: 'write maxAgeSeconds',
  maxTokenAge: 'write maxAgeSeconds',
  require: 'write requiredClaims',
  algorithm: "write algorithms, or leave it out to use the key's own",
  jwtid: 'write tokenId',
  jti: 'write tokenId',
  iss: 'write issuer',
  aud: 'write audience',
  sub: 'write subject',
  allowedIss: 'write issuer',
  allowedAud: 'write audience',
  allowedSub: 'write subject',
  allowedJti: 'write tokenId',
  checkTyp: 'write typ',
  complete: 'write verifyComplete(token, key)',
  ignoreExpiration:
    'an expired token is never valid; decodeUnverified(token) reads it without trust',
}

/** What verify asks for, in the form in which it is compared. */
export interface VerifyRules {
  readonly claims: ClaimRules
  readonly algorithms: ReadonlySet<string> | undefined
  readonly typ: string | undefined
  readonly schema: Schema<unknown> | undefined
  readonly now: Clock
}

type AllVerifyOptions = VerifyOptions & { readonly schema?: Schema<unknown> }

/** The options read last, as they were then. */
let last:
  | {
      readonly options: Readonly<Record<string, unknown>>
      readonly clock: Clock
      readonly rules: VerifyRules
    }
  | undefined

/**
 * A call of `verify` brings its options in an object of its own, and mostly they are those of the call before. To compare
 * them with those takes a tenth of the time of reading them (600 ns).
 *
 * @throws TypeError, RangeError naming the option
 */
export function readVerifyOptions(options: AllVerifyOptions, clock: Clock): VerifyRules {
  if (last !== undefined && last.clock === clock && isAlike(options, last.options))
    return last.rules
  const rules = readAnew(options, clock)
  if (isAlike(options, { ...options })) last = { options: { ...options }, clock, rules }
  return rules
}

/** Whether both have the same members, all of them values that nobody can change behind our back. */
function isAlike(options: AllVerifyOptions, known: { readonly [name: string]: unknown }): boolean {
  if (!isPlainObject(options)) return false
  let missing = 0
  for (const name in known) if (isOwn(known, name)) missing++
  for (const name in options) {
    if (!isOwn(options, name)) continue
    const value = options[name]
    if (value === undefined || typeof value === 'object' || typeof value === 'function')
      return false
    if (!Object.hasOwn(known, name) || value !== known[name]) return false
    missing--
  }
  return missing === 0
}

function readAnew(options: AllVerifyOptions, clock: Clock): VerifyRules {
  checkOptions('verify', options, verifyOptionNames, { foreign: foreignVerifyOptions })
  return {
    claims: readRules(options),
    algorithms: readAlgorithms(options.algorithms),
    typ: options.typ === undefined ? undefined : checkText('typ', options.typ),
    schema: options.schema,
    now: clockOf(options.now, clock),
  }
}

/** @throws TypeError naming the option. What becomes a claim is checked together with the claims. */
export function readSignOptions(
  options: SignOptions,
  clock: Clock,
): { readonly typ: string; readonly now: Clock } {
  checkOptions('sign', options, signOptionNames, { foreign: foreignSignOptions })
  return {
    typ: options.typ === undefined ? 'JWT' : checkText('typ', options.typ),
    now: clockOf(options.now, clock),
  }
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
