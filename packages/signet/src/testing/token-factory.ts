/**
 * Access tokens for the tests of an application: what its users send, and everything they should not get away with,
 * without a log-in and without waiting for anything to expire.
 */
import { type Claims, exportJwk, generateSecret, type Jwk, type Key, secretKey } from '../codec.ts'
import { checkAudience, checkOptions, checkSeconds, checkText } from '../options.ts'
import { system } from '../system.ts'
import { type Flaw, flawedToken } from './flaws.ts'
import { type Recipe, signRecipe } from './recipe.ts'

export interface TokenFactoryOptions {
  /** Claim `iss`: that of the application under test. */
  readonly issuer: string
  /** Claim `aud`. Default: the issuer, as createSignet has it. */
  readonly audience?: string | readonly string[]
  /** The HS256 secret of the application under test. Default: a random one, which `secret` of the factory holds. */
  readonly secret?: string
  /** A key instead of a secret, for example generateKey('ES256'). Never one that signs anything outside of tests. */
  readonly key?: Key
  /** Seconds a token lives. Default 1800. */
  readonly lifetimeSeconds?: number
  /** The clock of the application under test. Default: the system's. */
  readonly clock?: () => Date
}

/** Whom a token speaks of. Everything may be left out. */
export interface TokenOptions {
  /** Claim `sub`. Default '42'. */
  readonly subject?: string
  /** The application's own claims: `{ role: 'editor' }`. */
  readonly claims?: Claims
  /** Claim `scope`: space-separated. */
  readonly scope?: string
  /** Claim `sid`: a session of the application under test. Default: none. */
  readonly sessionId?: string
  /** Claim `client_id`. Default: none. */
  readonly clientId?: string
  /** Claim `aud`. Default: the factory's. */
  readonly audience?: string | readonly string[]
  /** Seconds the token lives. Default: the factory's. */
  readonly lifetimeSeconds?: number
}

export interface TokenFactory {
  /** The secret that signs: give it to createSignet. Undefined when the factory was given a key. */
  readonly secret: string | undefined
  /** The key that signs: give it to `verify`, or to createKeySet. */
  readonly key: Key
  /** The public key as a JWK Set, for a stub of the issuer's JWKS. @throws TypeError for a shared secret, which has none */
  jwks(): { keys: Jwk[] }
  /** A good access token. @throws TypeError, RangeError naming the option */
  access(options?: TokenOptions): string
  /** An access token with one thing wrong with it; `flaws` lists what there is and how each is refused. */
  flawed(flaw: Flaw, options?: TokenOptions): string
}

/**
 * Makes a factory of access tokens that look like Signet's own: `typ: at+jwt`, `type: access`, a random `jti`.
 *
 * A token of it is good wherever its secret or key is. It belongs to no session unless one is named, and carries no
 * stamp of its subject, so after a log-out-everywhere of that subject it is refused.
 *
 * @throws TypeError, RangeError naming the option; InvalidKeyError for a weak secret
 */
export function tokenFactory(options: TokenFactoryOptions): TokenFactory {
  checkOptions('tokenFactory', options, [
    'issuer',
    'audience',
    'secret',
    'key',
    'lifetimeSeconds',
    'clock',
  ])
  const issuer = checkText('issuer', options.issuer)
  const lifetimeSeconds = checkSeconds('lifetimeSeconds', options.lifetimeSeconds ?? 1800, {
    min: 1,
  })
  const { secret, key } = readKey(options)
  const recipe = (token: TokenOptions): Recipe => {
    checkOptions('token', token, tokenOptionNames)
    return {
      claims: claimsOf(issuer, options.audience ?? issuer, token),
      key,
      lifetimeSeconds: checkSeconds('lifetimeSeconds', token.lifetimeSeconds ?? lifetimeSeconds, {
        min: 1,
      }),
      now: options.clock?.() ?? new Date(system.now()),
    }
  }
  return {
    secret,
    key,
    jwks: () => ({ keys: [publicJwkOf(key)] }),
    access: (token = {}) => signRecipe(recipe(token)),
    flawed: (flaw, token = {}) => flawedToken(flaw, recipe(token)),
  }
}

const tokenOptionNames = [
  'subject',
  'claims',
  'scope',
  'sessionId',
  'clientId',
  'audience',
  'lifetimeSeconds',
]

function claimsOf(
  issuer: string,
  audience: string | readonly string[],
  { subject = '42', claims = {}, scope, sessionId, clientId, audience: own }: TokenOptions,
): Claims {
  return {
    ...claims,
    iss: issuer,
    sub: checkText('subject', subject),
    aud: checkAudience(own ?? audience),
    type: 'access',
    ...(sessionId === undefined ? {} : { sid: sessionId }),
    ...(scope === undefined ? {} : { scope }),
    ...(clientId === undefined ? {} : { client_id: clientId }),
  }
}

function readKey({ secret, key }: TokenFactoryOptions): { secret: string | undefined; key: Key } {
  if (key !== undefined) {
    if (secret !== undefined) throw new TypeError("'secret' and 'key' are both given: write one")
    if (!key.canSign) throw new TypeError("'key' can only verify: a factory of tokens must sign")
    return { secret: undefined, key }
  }
  const text = secret ?? generateSecret()
  return { secret: text, key: secretKey(text) }
}

function publicJwkOf(key: Key): Jwk {
  if (key.algorithm.startsWith('HS')) {
    throw new TypeError(
      "a shared secret has no public key: make the factory with a key, as in key: generateKey('ES256')",
    )
  }
  return exportJwk(key)
}
