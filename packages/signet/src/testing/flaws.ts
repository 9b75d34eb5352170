/** The ways in which an access token can be wrong, one at a time: the table, and how each is made. */
import { generateKey, generateSecret, type Key, secretKey } from '../codec.ts'
import { type Recipe, signRecipe } from './recipe.ts'

/**
 * Every flaw with the code of the error by which an issuer with one secret refuses it. A test that a route is guarded is a loop over it:
 *
 *     for (const flaw of Object.keys(flaws)) test(`a token is refused: ${flaw}`, ...)
 */
export const flaws = {
  expired: 'ERR_TOKEN_EXPIRED',
  'not yet valid': 'ERR_TOKEN_NOT_YET_VALID',
  'from another issuer': 'ERR_CLAIM_INVALID',
  'for another audience': 'ERR_CLAIM_INVALID',
  'a refresh token by its type': 'ERR_CLAIM_INVALID',
  'a refresh token by its typ': 'ERR_TOKEN_INVALID',
  'without a subject': 'ERR_CLAIM_MISSING',
  'without an end': 'ERR_CLAIM_MISSING',
  'longer-lived than its issuer allows': 'ERR_TOKEN_INVALID',
  'signed with another key': 'ERR_SIGNATURE_INVALID',
  'with altered claims': 'ERR_SIGNATURE_INVALID',
  'with another algorithm in its header': 'ERR_KEY_UNKNOWN',
  'unsigned, alg none': 'ERR_ALGORITHM_INVALID',
  'without its signature': 'ERR_TOKEN_MALFORMED',
} as const

export type Flaw = keyof typeof flaws

const HOUR_SECONDS = 3600
/** Longer than any access token: createSignet allows a day. */
const TOO_LONG_SECONDS = 90 * 86_400

/** @throws TypeError for a flaw that is not in the table */
export function flawedToken(flaw: Flaw, recipe: Recipe): string {
  const { claims, now } = recipe
  const later = (by: number) => new Date(now.getTime() + by * 1000)
  const signWith = (changes: Partial<Recipe>) => signRecipe({ ...recipe, ...changes })
  const signClaims = (changes: Recipe['claims']) => signWith({ claims: { ...claims, ...changes } })
  switch (flaw) {
    case 'expired':
      return signWith({ now: later(-HOUR_SECONDS - Number(recipe.lifetimeSeconds)) })
    case 'not yet valid':
      return signWith({
        now: later(HOUR_SECONDS),
        claims: { ...claims, nbf: seconds(later(HOUR_SECONDS)) },
      })
    case 'from another issuer':
      return signClaims({ iss: 'https://another-issuer.example' })
    case 'for another audience':
      return signClaims({ aud: 'https://another-audience.example' })
    case 'a refresh token by its type':
      return signClaims({ type: 'refresh' })
    case 'a refresh token by its typ':
      return signWith({ typ: 'rt+jwt' })
    case 'without a subject': {
      const { sub: _, ...others } = claims
      return signWith({ claims: others })
    }
    case 'without an end':
      return signWith({ lifetimeSeconds: 'forever' })
    case 'longer-lived than its issuer allows':
      return signWith({ lifetimeSeconds: TOO_LONG_SECONDS })
    case 'signed with another key':
      return signWith({ key: strangerTo(recipe.key) })
    case 'with altered claims':
      return splice(signRecipe(recipe), 1, signClaims({ sub: `${claims.sub}0` }))
    case 'with another algorithm in its header':
      return withHeader(signRecipe(recipe), recipe.key.algorithm === 'HS512' ? 'HS384' : 'HS512')
    case 'unsigned, alg none':
      return withHeader(signRecipe(recipe), 'none').replace(/[^.]*$/, '')
    case 'without its signature':
      return signRecipe(recipe).replace(/\.[^.]*$/, '')
    default:
      throw new TypeError(`'flaw' must be one of ${Object.keys(flaws).join(' · ')}`)
  }
}

/** Another key of the same algorithm under the same name. */
function strangerTo({ algorithm, kid }: Key): Key {
  const named = kid === undefined ? {} : { kid }
  if (algorithm === 'HS256' || algorithm === 'HS384' || algorithm === 'HS512') {
    return secretKey(generateSecret(), { algorithm, ...named })
  }
  return generateKey(algorithm, named)
}

function seconds(time: Date): number {
  return Math.floor(time.getTime() / 1000)
}

/** The token with one segment of another. */
function splice(token: string, segment: number, from: string): string {
  const segments = token.split('.')
  segments[segment] = from.split('.')[segment] as string
  return segments.join('.')
}

function withHeader(token: string, alg: string): string {
  const [header = '', ...others] = token.split('.')
  const changed = { ...JSON.parse(Buffer.from(header, 'base64url').toString()), alg }
  return [Buffer.from(JSON.stringify(changed)).toString('base64url'), ...others].join('.')
}
