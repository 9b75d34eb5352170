/**
 * The algorithms, one row each. A row is data; the family it names holds the few lines of code that differ. A name from a
 * token is looked up here once, at the edge, and the row is passed on from there: no code below compares algorithm names.
 */
import * as crypto from 'node:crypto'
import { decodeBase64url, encodeBase64url } from './bytes.ts'
import { fromDer, toDer } from './ecdsa-signature.ts'
import { type HashName, hmac, isHmac } from './hmac.ts'
import { isFast } from './path.ts'
import { bindToPss } from './rsa-pss.ts'

// biome-ignore format: a table is read by its columns
const table = [
  // RFC 7518 section 3.2: HMAC with SHA-2.
  { name: 'HS256', family: 'hmac', keyType: 'oct', hash: 'sha256', signatureBytes: 32 },
  { name: 'HS384', family: 'hmac', keyType: 'oct', hash: 'sha384', signatureBytes: 48 },
  { name: 'HS512', family: 'hmac', keyType: 'oct', hash: 'sha512', signatureBytes: 64 },
  // Sections 3.3 and 3.5: RSA, with PKCS #1 v1.5 padding and with PSS.
  { name: 'RS256', family: 'rsa', keyType: 'RSA', nodeType: 'rsa', hash: 'sha256', signatureBytes: 0 },
  { name: 'RS384', family: 'rsa', keyType: 'RSA', nodeType: 'rsa', hash: 'sha384', signatureBytes: 0 },
  { name: 'RS512', family: 'rsa', keyType: 'RSA', nodeType: 'rsa', hash: 'sha512', signatureBytes: 0 },
  { name: 'PS256', family: 'rsaPss', keyType: 'RSA', nodeType: 'rsa', hash: 'sha256', signatureBytes: 0 },
  { name: 'PS384', family: 'rsaPss', keyType: 'RSA', nodeType: 'rsa', hash: 'sha384', signatureBytes: 0 },
  { name: 'PS512', family: 'rsaPss', keyType: 'RSA', nodeType: 'rsa', hash: 'sha512', signatureBytes: 0 },
  // Section 3.4: ECDSA, each hash with one curve; RFC 8812 section 3.2 adds secp256k1.
  { name: 'ES256', family: 'ecdsa', keyType: 'EC', nodeType: 'ec', curve: 'P-256', namedCurve: 'prime256v1', hash: 'sha256', signatureBytes: 64 },
  { name: 'ES384', family: 'ecdsa', keyType: 'EC', nodeType: 'ec', curve: 'P-384', namedCurve: 'secp384r1', hash: 'sha384', signatureBytes: 96 },
  { name: 'ES512', family: 'ecdsa', keyType: 'EC', nodeType: 'ec', curve: 'P-521', namedCurve: 'secp521r1', hash: 'sha512', signatureBytes: 132 },
  { name: 'ES256K', family: 'ecdsa', keyType: 'EC', nodeType: 'ec', curve: 'secp256k1', namedCurve: 'secp256k1', hash: 'sha256', signatureBytes: 64 },
  // RFC 8037 with the names of RFC 9864. Its 'EdDSA' leaves the curve open and is deprecated, but many tokens bear it.
  { name: 'Ed25519', family: 'pure', keyType: 'OKP', nodeType: 'ed25519', curve: 'Ed25519', hash: null, signatureBytes: 64, alias: 'EdDSA' },
  { name: 'Ed448', family: 'pure', keyType: 'OKP', nodeType: 'ed448', curve: 'Ed448', hash: null, signatureBytes: 114, alias: 'EdDSA' },
  { name: 'EdDSA', family: 'pure', keyType: 'OKP', nodeType: 'ed25519', curve: 'Ed25519', hash: null, signatureBytes: 64, alias: 'Ed25519' },
  { name: 'EdDSA', family: 'pure', keyType: 'OKP', nodeType: 'ed448', curve: 'Ed448', hash: null, signatureBytes: 114, alias: 'Ed448' },
  // RFC 9964: ML-DSA (FIPS 204) with an empty context.
  { name: 'ML-DSA-44', family: 'pure', keyType: 'AKP', nodeType: 'ml-dsa-44', publicBytes: 1312, hash: null, signatureBytes: 2420 },
  { name: 'ML-DSA-65', family: 'pure', keyType: 'AKP', nodeType: 'ml-dsa-65', publicBytes: 1952, hash: null, signatureBytes: 3309 },
  { name: 'ML-DSA-87', family: 'pure', keyType: 'AKP', nodeType: 'ml-dsa-87', publicBytes: 2592, hash: null, signatureBytes: 4627 },
] as const

/** An `alg` value Signet knows (RFC 7518 section 3.1). */
export type Algorithm = (typeof table)[number]['name']

type Family = (typeof table)[number]['family']

export interface AlgorithmRow {
  readonly name: Algorithm
  readonly family: Family
  /** The JWK `kty` a key of this algorithm has (RFC 7517 section 4.1). */
  readonly keyType: 'oct' | 'RSA' | 'EC' | 'OKP' | 'AKP'
  /** Node's `asymmetricKeyType` of such a key; undefined for secrets. */
  readonly nodeType?: 'rsa' | 'ec' | 'ed25519' | 'ed448' | 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87'
  /** The JWK `crv`, where the key type has curves. */
  readonly curve?: string
  /** OpenSSL's name of that curve. */
  readonly namedCurve?: string
  /** Length of the public key, where it is what tells key types apart. */
  readonly publicBytes?: number
  /** null where the scheme hashes by itself. */
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null
  /**
   * The exact length of a signature; 0 for RSA, where it is the modulus's. For HMAC this is also the least length of a
   * secret (RFC 7518 section 3.2).
   */
  readonly signatureBytes: number
  /** Another name of the same scheme, accepted in tokens by a verifier whose `algorithms` lists it. */
  readonly alias?: Algorithm
}

export const algorithmRows: readonly AlgorithmRow[] = table

/** Every algorithm name, in table order. */
export const algorithmNames: readonly Algorithm[] = [...new Set(table.map((row) => row.name))]

/** A Map, not an object: `alg: "constructor"` must find nothing. The first row of a name is the one without a question. */
const rows: ReadonlyMap<string, AlgorithmRow> = new Map(
  algorithmRows.toReversed().map((row) => [row.name, row]),
)

/** The row of an `alg` value, compared exactly (RFC 7515 section 4.1.1), or undefined. */
export function algorithmRow(name: string): AlgorithmRow | undefined {
  return rows.get(name)
}

/** Signatures are the base64url of a token here, since a MAC is compared as that text and never becomes bytes. */
interface SignatureFamily {
  sign(row: AlgorithmRow, key: crypto.KeyObject, input: SigningInput): string
  verify(row: AlgorithmRow, key: crypto.KeyObject, input: SigningInput, signature: string): boolean
  /** As `sign` and `verify`, on the thread pool where that pays. */
  signLater(row: AlgorithmRow, key: crypto.KeyObject, input: SigningInput): Promise<string>
  verifyLater(
    row: AlgorithmRow,
    key: crypto.KeyObject,
    input: SigningInput,
    signature: string,
  ): Promise<boolean>
}

/** The text a signature covers; bytes, as the published vectors have them, are taken as they are. */
type SigningInput = string | Uint8Array

/** A microsecond of hashing costs less than a way to another thread and back, so nothing waits here. */
const hmacFamily: SignatureFamily = {
  // A header and claims of ours are base64url, so there is a MAC.
  sign: (row, key, input) => hmac(hashOf(row), key, input) as string,
  verify: (row, key, input, signature) => isHmac(hashOf(row), key, input, signature),
  signLater: async (row, key, input) => hmac(hashOf(row), key, input) as string,
  verifyLater: async (row, key, input, signature) => isHmac(hashOf(row), key, input, signature),
}

function hashOf(row: AlgorithmRow): HashName {
  return row.hash as HashName
}

type KeyInput = crypto.KeyObject | crypto.SignKeyObjectInput

/** Where a family differs from what Node does with a bare key: what stands beside the key, and the form of a signature. */
interface Differences {
  readonly keyInput?: (key: crypto.KeyObject, row: AlgorithmRow) => KeyInput
  /** From OpenSSL's form to the token's, and back. */
  readonly fromNode?: (signature: Buffer, row: AlgorithmRow) => Buffer
  readonly toNode?: (signature: Buffer) => Buffer
}

function asymmetric({
  keyInput = (key) => key,
  fromNode = (signature) => signature,
  toNode = (signature) => signature,
}: Differences = {}): SignatureFamily {
  const toText = (signature: Buffer, row: AlgorithmRow) => encodeBase64url(fromNode(signature, row))
  /** What is signed is ASCII (RFC 7515 section 5.1 step 5): undefined for a text that is not. */
  const toData = (input: SigningInput) => {
    const data = Buffer.from(input)
    return data.length === input.length ? data : undefined
  }
  /** In OpenSSL's form, or undefined for what cannot be a signature of this key: no DER, nothing cut or padded. */
  const toBytes = (text: string, row: AlgorithmRow, key: crypto.KeyObject) => {
    const signature = decodeBase64url(text)
    if (signature === undefined || signature.length !== signatureLength(row, key)) return undefined
    return toNode(signature)
  }
  return {
    sign: (row, key, input) =>
      toText(crypto.sign(row.hash, Buffer.from(input), keyInput(key, row)), row),
    verify: (row, key, input, text) => {
      const data = toData(input)
      const signature = toBytes(text, row, key)
      if (data === undefined || signature === undefined) return false
      return crypto.verify(row.hash, data, keyInput(key, row), signature)
    },
    signLater: (row, key, input) =>
      new Promise((resolve, reject) => {
        crypto.sign(row.hash, Buffer.from(input), keyInput(key, row), (error, signature) =>
          error === null ? resolve(toText(signature, row)) : reject(error),
        )
      }),
    verifyLater: (row, key, input, text) =>
      new Promise((resolve, reject) => {
        const data = toData(input)
        const signature = toBytes(text, row, key)
        if (data === undefined || signature === undefined) return resolve(false)
        crypto.verify(row.hash, data, keyInput(key, row), signature, (error, fits) =>
          error === null ? resolve(fits) : reject(error),
        )
      }),
  }
}

const { RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST } = crypto.constants

const families: { readonly [family in Family]: SignatureFamily } = {
  hmac: hmacFamily,
  rsa: asymmetric(),
  // The salt is as long as the hash, also when verifying, where Node would take any (RFC 7518 section 3.5).
  rsaPss: asymmetric({
    keyInput: (key, row) =>
      (isFast() ? bindToPss(key, hashOf(row)) : undefined) ?? {
        key,
        padding: RSA_PKCS1_PSS_PADDING,
        saltLength: RSA_PSS_SALTLEN_DIGEST,
      },
  }),
  // JOSE wants r and s side by side in fixed width, not DER (RFC 7518 section 3.4).
  ecdsa: asymmetric({
    fromNode: (signature, row) => fromDer(signature, row.signatureBytes),
    toNode: toDer,
  }),
  pure: asymmetric(),
}

/** The signature of a text, as a token has it. */
export function signText(row: AlgorithmRow, key: crypto.KeyObject, input: SigningInput): string {
  return families[row.family].sign(row, key, input)
}

/**
 * Whether a text is a right signature in canonical base64url, of the exact length that the key makes, over an input that is
 * ASCII: what has been verified need not be asked for that again.
 */
export function verifyText(
  row: AlgorithmRow,
  key: crypto.KeyObject,
  input: SigningInput,
  signature: string,
): boolean {
  return families[row.family].verify(row, key, input, signature)
}

/** `signText` off the event loop. */
export function signTextLater(
  row: AlgorithmRow,
  key: crypto.KeyObject,
  input: SigningInput,
): Promise<string> {
  return families[row.family].signLater(row, key, input)
}

/** `verifyText` off the event loop. */
export function verifyTextLater(
  row: AlgorithmRow,
  key: crypto.KeyObject,
  input: SigningInput,
  signature: string,
): Promise<boolean> {
  return families[row.family].verifyLater(row, key, input, signature)
}

/**
 * For RSA that is the length of the modulus (RFC 8017 sections 8.1.2 and 8.2.2). OpenSSL does not insist on it with PSS: it
 * takes a signature whose leading zero byte was left out, and one token would have two spellings.
 */
function signatureLength(row: AlgorithmRow, key: crypto.KeyObject): number {
  if (row.signatureBytes !== 0) return row.signatureBytes
  let length = modulusBytes.get(key)
  if (length === undefined) {
    length = Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
    modulusBytes.set(key, length)
  }
  return length
}

/** Remembered, since asking the key takes 400 ns. */
const modulusBytes = new WeakMap<crypto.KeyObject, number>()
