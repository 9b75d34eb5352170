/** JWKs read strictly (RFC 7517, RFC 7518 section 6, RFC 8037 section 2, RFC 9964): what Node lets pass is checked here. */
import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { InvalidKeyError } from '../errors.ts'
import { type Algorithm, type AlgorithmRow, algorithmRows } from '../jose/algorithms.ts'
import { decodeBase64url } from '../jose/bytes.ts'
import { describe } from '../options.ts'

/** An untrusted JWK: any object. */
export type JwkInput = { readonly [member: string]: unknown }

/** Own members only: a JWK must not inherit its key. */
export function own(jwk: JwkInput, name: string): unknown {
  return Object.hasOwn(jwk, name) ? jwk[name] : undefined
}

/**
 * The algorithm a JWK is for: what the caller says, else its `alg`, else what its type and curve leave open. Without
 * either, RSA means RS256 and a secret HS256, as they do for everybody else.
 *
 * @throws InvalidKeyError when the two disagree, or the key cannot be used with the algorithm
 */
export function rowOfJwk(jwk: JwkInput, algorithm: Algorithm | undefined): AlgorithmRow {
  const alg = own(jwk, 'alg')
  if (alg !== undefined && typeof alg !== 'string') throw wrongMember('alg', 'a string', alg)
  const kty = own(jwk, 'kty')
  const suitable = algorithmRows.filter((row) => row.keyType === kty && fitsShape(row, jwk))
  if (suitable.length === 0) {
    throw new InvalidKeyError("the JWK has a 'kty' or 'crv' that no algorithm of Signet uses")
  }
  const wanted = algorithm ?? alg
  const row = suitable.find((row) => wanted === undefined || row.name === wanted)
  if (row === undefined) {
    const names = [...new Set(suitable.map((row) => row.name))]
    throw new InvalidKeyError(
      `the JWK cannot be used with the algorithm it is for; a key of its type and curve is for ${names.join(', ')}`,
    )
  }
  if (alg !== undefined && alg !== row.name && alg !== row.alias) {
    throw new InvalidKeyError(
      `the JWK's own 'alg' is not ${row.name}, which is asked for: a key has one algorithm`,
    )
  }
  return row
}

/** The curve, or for AKP, which has none, the length of the public key. */
function fitsShape(row: AlgorithmRow, jwk: JwkInput): boolean {
  if (row.keyType === 'AKP') return readBytes(jwk, 'pub').length === row.publicBytes
  return row.curve === undefined || row.curve === own(jwk, 'crv')
}

/** @throws InvalidKeyError for a key that says it is not for signatures, or not for this half (RFC 7517 sections 4.2, 4.3) */
export function checkPurpose(jwk: JwkInput, isPrivate: boolean): void {
  const use = own(jwk, 'use')
  if (use !== undefined && use !== 'sig') {
    throw new InvalidKeyError("the JWK's 'use' is not 'sig': it is not for signatures")
  }
  const operations = own(jwk, 'key_ops')
  if (operations === undefined) return
  if (!Array.isArray(operations) || new Set(operations).size !== operations.length) {
    throw new InvalidKeyError("the JWK's 'key_ops' must be a list without duplicates")
  }
  const needed = isPrivate && own(jwk, 'kty') !== 'oct' ? 'sign' : 'verify'
  if (!operations.includes(needed)) {
    throw new InvalidKeyError(`the JWK's 'key_ops' does not include '${needed}'`)
  }
}

/** The private member of each key type; for AKP it is the seed (RFC 9964). */
const privateMember = { oct: 'k', RSA: 'd', EC: 'd', OKP: 'd', AKP: 'priv' } as const

export function isPrivateJwk(jwk: JwkInput): boolean {
  return Object.values(privateMember).some((name) => own(jwk, name) !== undefined)
}

/** @throws InvalidKeyError naming the member that is not as the standard has it */
export function readAsymmetricJwk(
  jwk: JwkInput,
  row: AlgorithmRow,
): { readonly publicKey: KeyObject; readonly privateKey: KeyObject | undefined } {
  const publicMembers = readPublicMembers(jwk, row)
  const publicKey = makeKey(
    () => createPublicKey({ key: publicMembers, format: 'jwk' }),
    row.keyType === 'EC'
      ? `the JWK's x and y are no point of the curve ${row.curve}`
      : `the JWK's numbers make no ${row.keyType} key`,
  )
  if (!isPrivateJwk(jwk)) return { publicKey, privateKey: undefined }
  const members = { ...publicMembers, ...readPrivateMembers(jwk, row) }
  // Node 26 compares the halves here, earlier versions do not; then the importer's own comparison finds it.
  const privateKey = makeKey(
    () => createPrivateKey({ key: members, format: 'jwk' }),
    `the JWK's private and public halves do not belong together, or make no ${row.keyType} key`,
  )
  return { publicKey, privateKey }
}

/** Node's own message is not passed on: it may quote what stands in the key. */
function makeKey(make: () => KeyObject, otherwise: string): KeyObject {
  try {
    return make()
  } catch {
    throw new InvalidKeyError(otherwise)
  }
}

function readPublicMembers(jwk: JwkInput, row: AlgorithmRow): JsonWebKey {
  const kty = row.keyType
  switch (kty) {
    case 'EC':
      return {
        kty,
        crv: row.curve as string,
        x: coordinate(jwk, 'x', row),
        y: coordinate(jwk, 'y', row),
      }
    case 'OKP':
      return { kty, crv: row.curve as string, x: coordinate(jwk, 'x', row) }
    case 'AKP':
      return { kty, alg: row.name, pub: text(jwk, 'pub') } as JsonWebKey
    default:
      return { kty, n: integer(jwk, 'n'), e: integer(jwk, 'e') }
  }
}

function readPrivateMembers(jwk: JwkInput, row: AlgorithmRow): object {
  switch (row.keyType) {
    case 'EC':
    case 'OKP':
      return { d: coordinate(jwk, 'd', row) }
    case 'AKP':
      if (readBytes(jwk, 'priv').length !== 32) {
        throw new InvalidKeyError("the JWK's 'priv' must be the seed of 32 bytes (RFC 9964)")
      }
      return { priv: text(jwk, 'priv') }
    default:
      if (own(jwk, 'oth') !== undefined) {
        throw new InvalidKeyError(
          "the JWK has more than two primes ('oth'), which Signet does not use",
        )
      }
      return Object.fromEntries(
        ['d', 'p', 'q', 'dp', 'dq', 'qi'].map((name) => [name, integer(jwk, name)]),
      )
  }
}

/** Octets in the full width of the curve (RFC 7518 sections 6.2.1.2 and 6.2.2.1); Node takes shorter ones. */
function coordinate(jwk: JwkInput, name: string, row: AlgorithmRow): string {
  const width = row.signatureBytes / 2
  const { length } = readBytes(jwk, name)
  if (length === width) return text(jwk, name)
  throw new InvalidKeyError(
    `the JWK's '${name}' has ${length} bytes, ${row.curve} needs exactly ${width}`,
  )
}

/** An unsigned integer in as few octets as it takes (RFC 7518 section 2, Base64urlUInt). */
function integer(jwk: JwkInput, name: string): string {
  const bytes = readBytes(jwk, name)
  if (bytes.length > 0 && bytes[0] !== 0) return text(jwk, name)
  throw new InvalidKeyError(`the JWK's '${name}' must be a number without leading zero bytes`)
}

export function readBytes(jwk: JwkInput, name: string): Buffer {
  const bytes = decodeBase64url(text(jwk, name))
  if (bytes === undefined)
    throw new InvalidKeyError(`the JWK's '${name}' is not canonical base64url`)
  return bytes
}

function text(jwk: JwkInput, name: string): string {
  const value = own(jwk, name)
  if (typeof value !== 'string') throw wrongMember(name, 'base64url text', value)
  return value
}

function wrongMember(name: string, expected: string, value: unknown): InvalidKeyError {
  return new InvalidKeyError(`the JWK's '${name}' must be ${expected}, got ${describe(value)}`)
}
