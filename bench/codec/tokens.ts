/** Claims and tokens that no subject has made: put together by hand, and judged by hand. */
import { constants, createHmac, sign, verify } from 'node:crypto'
import type { AlgorithmKeys } from './algorithms.ts'

export const issuer = 'https://id.example'
export const audience = 'api'
export const TOKENS = 1024

export type BenchClaims = {
  readonly iss: string
  readonly aud: string
  readonly sub: string
  readonly jti: string
  readonly iat: number
  readonly exp: number
  readonly scope?: string
}

/** From none to the longest, they make HS256 tokens of 245 to 289 characters. */
const scopes = [undefined, 'read', 'read write', 'orders:read', 'orders:read orders:pay']

const now = Math.floor(Date.now() / 1000)

export const manyClaims: readonly BenchClaims[] = Array.from({ length: TOKENS }, (_, index) => {
  const scope = scopes[index % scopes.length]
  return {
    iss: issuer,
    aud: audience,
    sub: `user-${String(index).padStart(4, '0')}`,
    jti: `${String(index * 7919).padStart(8, '0')}-Zk3vQxW1aB9cD`,
    iat: now,
    exp: now + 86_400,
    ...(scope === undefined ? {} : { scope }),
  }
})

/** The claims of one call, made new: an object that was signed before could have left something behind. */
export function freshClaims(index: number): BenchClaims {
  return { ...(manyClaims[index % TOKENS] as BenchClaims) }
}

export function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

export function makeToken(keys: AlgorithmKeys, claims: BenchClaims): string {
  const input = `${encode(keys.header)}.${encode(claims)}`
  return `${input}.${signInput(keys, input).toString('base64url')}`
}

function signInput(keys: AlgorithmKeys, input: string): Buffer {
  if (keys.signing.type === 'secret') {
    return createHmac(keys.hash as string, keys.signing)
      .update(input)
      .digest()
  }
  return sign(keys.hash, Buffer.from(input), { key: keys.signing, ...parameters(keys) })
}

/** Whether a token bears a right signature over the right claims. */
export function isGenuine(keys: AlgorithmKeys, token: string, claims: BenchClaims): boolean {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const input = `${header}.${payload}`
  const bytes = Buffer.from(signature, 'base64url')
  const isSigned =
    keys.verifying.type === 'secret'
      ? bytes.equals(signInput(keys, input))
      : verify(keys.hash, Buffer.from(input), { key: keys.verifying, ...parameters(keys) }, bytes)
  return isSigned && sameMembers(header, keys.header) && sameMembers(payload, claims)
}

function sameMembers(segment: string, expected: object): boolean {
  const members = JSON.parse(Buffer.from(segment, 'base64url').toString()) as object
  return sorted(members) === sorted(expected)
}

function sorted(members: object): string {
  return JSON.stringify(Object.entries(members).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function parameters({ alg }: AlgorithmKeys) {
  if (alg === 'ES256') return { dsaEncoding: 'ieee-p1363' } as const
  if (alg === 'PS256') return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  return {}
}

/**
 * The token with one character changed, each time another one. Never the last: some of its bits may mean nothing, and not
 * every peer looks at them.
 */
export function tamper(token: string, index: number): string {
  let position = (index * 37) % (token.length - 1)
  if (token[position] === '.') position--
  const other = token[position] === 'A' ? 'B' : 'A'
  return `${token.slice(0, position)}${other}${token.slice(position + 1)}`
}
