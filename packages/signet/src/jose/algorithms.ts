/**
 * The algorithms, one row each. A row is data; the family it names holds the few lines of code that differ. A name from a
 * token is looked up here once, at the edge, and the row is passed on from there: no code below compares algorithm names.
 */
import * as crypto from 'node:crypto'

const table = {
  HS256: { family: 'hmac', keyType: 'oct', hash: 'sha256', signatureBytes: 32 },
  HS384: { family: 'hmac', keyType: 'oct', hash: 'sha384', signatureBytes: 48 },
  HS512: { family: 'hmac', keyType: 'oct', hash: 'sha512', signatureBytes: 64 },
  ES256: {
    family: 'ecdsa',
    keyType: 'EC',
    curve: 'P-256',
    namedCurve: 'prime256v1',
    hash: 'sha256',
    signatureBytes: 64,
  },
} as const

/** An `alg` value Signet knows (RFC 7518 section 3.1). */
export type Algorithm = keyof typeof table

type Family = (typeof table)[Algorithm]['family']

export interface AlgorithmRow {
  readonly name: Algorithm
  readonly family: Family
  /** The JWK `kty` a key of this algorithm has (RFC 7517 section 4.1). */
  readonly keyType: 'oct' | 'EC'
  /** The JWK `crv`, where the key type has curves. */
  readonly curve?: string
  /** OpenSSL's name of that curve. */
  readonly namedCurve?: string
  readonly hash: string
  /** The exact length of a signature. For HMAC this is also the least length of a secret (RFC 7518 section 3.2). */
  readonly signatureBytes: number
}

/** A Map, not an object: `alg: "constructor"` must find nothing. */
const rows: ReadonlyMap<string, AlgorithmRow> = new Map(
  Object.entries(table).map(([name, row]) => [name, { name: name as Algorithm, ...row }]),
)

/** Every algorithm name, in table order. */
export const algorithmNames: readonly Algorithm[] = [...rows.values()].map((row) => row.name)

/** The row of an `alg` value, compared exactly (RFC 7515 section 4.1.1), or undefined. */
export function algorithmRow(name: string): AlgorithmRow | undefined {
  return rows.get(name)
}

interface SignatureFamily {
  sign(row: AlgorithmRow, key: crypto.KeyObject, signingInput: string): Buffer
  verify(row: AlgorithmRow, key: crypto.KeyObject, signingInput: string, signature: Buffer): boolean
}

const families: { readonly [family in Family]: SignatureFamily } = {
  hmac: {
    sign: (row, key, signingInput) =>
      crypto.createHmac(row.hash, key).update(signingInput).digest(),
    verify: (row, key, signingInput, signature) =>
      crypto.timingSafeEqual(
        crypto.createHmac(row.hash, key).update(signingInput).digest(),
        signature,
      ),
  },
  ecdsa: {
    // JOSE wants r and s side by side in fixed width, not DER (RFC 7518 section 3.4).
    sign: (row, key, signingInput) =>
      crypto.sign(row.hash, Buffer.from(signingInput), { key, dsaEncoding: 'ieee-p1363' }),
    verify: (row, key, signingInput, signature) =>
      crypto.verify(
        row.hash,
        Buffer.from(signingInput),
        { key, dsaEncoding: 'ieee-p1363' },
        signature,
      ),
  },
}

export function signBytes(row: AlgorithmRow, key: crypto.KeyObject, signingInput: string): Buffer {
  return families[row.family].sign(row, key, signingInput)
}

/** Whether the signature is right. The length is judged first: no truncated MAC, no DER, and timingSafeEqual needs it equal. */
export function verifyBytes(
  row: AlgorithmRow,
  key: crypto.KeyObject,
  signingInput: string,
  signature: Buffer,
): boolean {
  return (
    signature.length === row.signatureBytes &&
    families[row.family].verify(row, key, signingInput, signature)
  )
}
