/** The options of createAccessVerifier, and the settings they come to. */
import type { CacheLimits } from './access/cache.ts'
import type { Algorithm } from './jose/algorithms.ts'
import type { Key, KeySet } from './jose/key.ts'
import type { Schema } from './jose/schema.ts'
import { checkOptions, checkSeconds, checkText, describe } from './options.ts'
import type { OnStale } from './revocation/log-store.ts'
import { type CacheOptions, readCache } from './signet-options.ts'
import { FollowedRevocations, type Revocations, readOnStale } from './signet-revocations.ts'

/** An issuer whose access tokens are accepted, and what they are held to. */
export type TrustedIssuer = {
  /** Claim `iss`. */
  readonly issuer: string
  /** Claim `aud` must name this, or one of these. */
  readonly audience: string | readonly string[]
  /** Algorithms accepted. Default: those the keys are bound to. */
  readonly algorithms?: readonly Algorithm[]
  /** Claim `type` must be this: 'access' for tokens of Signet. */
  readonly tokenType?: string
  /** Header parameter `typ` must be this media type: 'at+jwt' for tokens of Signet and others that keep to RFC 9068. */
  readonly typ?: string
  /**
   * The longest access token of this issuer: a longer one is refused, and revocations are kept for so long. Required with
   * `revocations`.
   */
  readonly maxLifetimeSeconds?: number
} & (
  | { readonly keys: Key | KeySet; readonly jwksUrl?: never }
  /** Where its JWK Set is (https); fetched before the verifier is ready. */
  | { readonly jwksUrl: string | URL; readonly keys?: never }
)

export interface AccessVerifierOptions<C> {
  readonly issuers: readonly TrustedIssuer[]
  /** A Standard Schema of the custom claims. */
  readonly claims?: Schema<C>
  /** From followRevocations, or a Signet's own. Without it nothing is known of revocations. */
  readonly revocations?: Revocations
  /** How much is remembered of verified tokens; false remembers nothing and verifies each anew. */
  readonly cache?: CacheOptions | false
  /** How long this verifier goes on without hearing of revocations. Default 30, from 0.5 to 3600. */
  readonly maxStalenessSeconds?: number
  /** 'allow' accepts what it cannot check then, a choice to be made knowingly. Default 'deny'. */
  readonly onStale?: OnStale
}

const issuerNames = [
  'issuer',
  'audience',
  'algorithms',
  'tokenType',
  'typ',
  'maxLifetimeSeconds',
  'keys',
  'jwksUrl',
]

/** Durations in milliseconds. */
export interface VerifierSettings<C> {
  readonly issuers: readonly TrustedIssuer[]
  readonly claims: Schema<C> | undefined
  readonly revocations: FollowedRevocations | undefined
  readonly maxStaleness: number
  readonly onStale: OnStale
  readonly limits: CacheLimits | undefined
}

/** @throws TypeError, RangeError naming the option and what to write */
export function readVerifierOptions<C>(options: AccessVerifierOptions<C>): VerifierSettings<C> {
  checkOptions('createAccessVerifier', options, [
    'issuers',
    'claims',
    'revocations',
    'cache',
    'maxStalenessSeconds',
    'onStale',
  ])
  const { issuers, claims, revocations, maxStalenessSeconds = 30 } = options
  if (!Array.isArray(issuers) || issuers.length === 0) {
    throw new TypeError("'issuers' must be a list of at least one issuer")
  }
  if (revocations !== undefined && !(revocations instanceof FollowedRevocations)) {
    throw new TypeError(
      `'revocations' is what followRevocations resolves to, or signet.revocations, got ${describe(revocations)}`,
    )
  }
  for (const trusted of issuers) checkIssuer(trusted, revocations !== undefined)
  const names = issuers.map(({ issuer }) => issuer)
  const twice = names.find((name, place) => names.indexOf(name) !== place)
  if (twice !== undefined) throw new TypeError(`'issuers' names ${twice} twice`)
  return {
    issuers,
    claims,
    revocations,
    maxStaleness:
      checkSeconds('maxStalenessSeconds', maxStalenessSeconds, { min: 0.5, max: 3600 }) * 1000,
    onStale: readOnStale(options.onStale),
    limits: readCache(options.cache),
  }
}

function checkIssuer(trusted: TrustedIssuer, hasRevocations: boolean): void {
  checkOptions('issuers', trusted, issuerNames)
  checkText('issuer', trusted.issuer)
  if ((trusted.keys === undefined) === (trusted.jwksUrl === undefined)) {
    throw new TypeError(`issuer ${trusted.issuer} needs 'keys' or 'jwksUrl', one of them`)
  }
  if (trusted.maxLifetimeSeconds !== undefined) {
    checkSeconds('maxLifetimeSeconds', trusted.maxLifetimeSeconds, { min: 1 })
  } else if (hasRevocations) {
    throw new TypeError(
      `issuer ${trusted.issuer} needs 'maxLifetimeSeconds' beside 'revocations': a revocation is kept no longer than the longest token it covers`,
    )
  }
}
