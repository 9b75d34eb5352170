/** Shared secrets: made well, and refused when they are not. */
import { createSecretKey } from 'node:crypto'
import { InvalidKeyError } from '../errors.ts'
import { type AlgorithmRow, algorithmRow } from '../jose/algorithms.ts'
import { decodeBase64url } from '../jose/bytes.ts'
import { bindKey, type Key } from '../jose/key.ts'
import { checkOneOf, checkOptions, checkText, describe } from '../options.ts'
import type { RandomBytes } from '../system.ts'

export interface SecretKeyOptions {
  /** Default 'HS256'. */
  readonly algorithm?: 'HS256' | 'HS384' | 'HS512'
  /** Put into the header of tokens. Default: none, as PyJWT and jsonwebtoken have it. */
  readonly kid?: string
  /** How a secret given as text becomes bytes. Default 'utf8': the text itself, as PyJWT and jsonwebtoken take it. */
  readonly encoding?: 'utf8' | 'hex' | 'base64url'
}

const HOW_TO_MAKE_ONE = 'make one with: signet secret'

/**
 * A shared secret as an HMAC key.
 *
 * @param secret text or bytes, at least as long as the algorithm's hash: 32, 48 or 64 bytes (RFC 7518 section 3.2)
 * @throws TypeError when the secret is undefined or no text or bytes: most often a variable that is not set
 * @throws InvalidKeyError when it is too short, famous, of low entropy, or the text of an asymmetric key
 */
export function secretKey(
  secret: string | Uint8Array | undefined,
  options: SecretKeyOptions = {},
): Key {
  checkOptions('secretKey', options, ['algorithm', 'kid', 'encoding'])
  const algorithm = checkOneOf('algorithm', options.algorithm ?? 'HS256', [
    'HS256',
    'HS384',
    'HS512',
  ])
  const encoding = checkOneOf('encoding', options.encoding ?? 'utf8', ['utf8', 'hex', 'base64url'])
  const kid = options.kid === undefined ? undefined : checkText('kid', options.kid)
  const row = algorithmRow(algorithm) as AlgorithmRow
  const bytes = secretBytes(secret, encoding)
  refuseKeyText(bytes)
  refuseWeakSecret(bytes, row)
  const key = createSecretKey(bytes)
  return bindKey({ row, kid, verifying: key, signing: key })
}

/** The secret inside a JWK or key object, for the algorithm of a row. @throws InvalidKeyError */
export function importSecret(bytes: Uint8Array, row: AlgorithmRow, kid: string | undefined): Key {
  const algorithm = row.name as 'HS256' | 'HS384' | 'HS512'
  return secretKey(bytes, kid === undefined ? { algorithm } : { algorithm, kid })
}

/** A new secret as text. @param bytes of entropy; default 32, at least 32 */
export function makeSecret(
  bytes: number,
  encoding: 'hex' | 'base64url',
  randomBytes: RandomBytes,
): string {
  if (!Number.isSafeInteger(bytes) || bytes < 32 || bytes > 1024) {
    throw new RangeError(`a secret has from 32 to 1024 bytes, got ${describe(bytes)}`)
  }
  checkOneOf('encoding', encoding, ['hex', 'base64url'])
  return Buffer.from(randomBytes(bytes)).toString(encoding)
}

/** The bytes of a secret given as text or bytes. @throws TypeError, InvalidKeyError when there are none */
export function secretBytes(secret: unknown, encoding: 'utf8' | 'hex' | 'base64url'): Buffer {
  if (secret === undefined) {
    throw new TypeError(
      `the secret is undefined: the variable you read is not set; ${HOW_TO_MAKE_ONE}`,
    )
  }
  if (secret instanceof Uint8Array) return Buffer.from(secret)
  if (typeof secret !== 'string') {
    throw new TypeError(`the secret must be a string or bytes, got ${describe(secret)}`)
  }
  const bytes = encoding === 'base64url' ? decodeBase64url(secret) : decodeText(secret, encoding)
  if (bytes === undefined)
    throw new InvalidKeyError(`the secret is not ${encoding}, as 'encoding' says it is`)
  return bytes
}

function decodeText(secret: string, encoding: 'utf8' | 'hex'): Buffer | undefined {
  const bytes = Buffer.from(secret, encoding)
  return encoding === 'hex' && bytes.toString('hex') !== secret.toLowerCase() ? undefined : bytes
}

/**
 * Public key text that becomes an HMAC secret lets everybody sign (CVE-2026-34950 and its kin), so whatever smells of a
 * key document is refused, however it is broken or indented.
 */
function refuseKeyText(bytes: Buffer): void {
  const text = bytes.toString('latin1')
  const looksLikeKey =
    /-----BEGIN|PRIVATE KEY|PUBLIC KEY|CERTIFICATE-----|^\s*(ssh-|ecdsa-sha2-)/.test(text) ||
    (/"kty"/.test(text) && /[[{]/.test(text)) ||
    isDerSequence(bytes)
  if (looksLikeKey) {
    throw new InvalidKeyError(
      'the secret is the text of an asymmetric key or a JWK, which is no secret; for a shared secret ' +
        HOW_TO_MAKE_ONE,
    )
  }
}

/** A DER SEQUENCE whose length field spans the whole input, as every SPKI, PKCS#1 and PKCS#8 key is. */
function isDerSequence(bytes: Buffer): boolean {
  if (bytes[0] !== 0x30 || bytes[1] === undefined) return false
  if (bytes[1] < 0x80) return bytes.length === 2 + bytes[1]
  const lengthBytes = bytes[1] - 0x80
  if (lengthBytes < 1 || lengthBytes > 4 || bytes.length < 2 + lengthBytes) return false
  return bytes.length === 2 + lengthBytes + bytes.readUIntBE(2, lengthBytes)
}

/** Secrets that stand in tutorials, generators and example files: every attacker's list begins with them. */
const famousSecrets: readonly string[] = [
  'secret',
  'your-256-bit-secret',
  'your-256-bit-random-secret-key',
  'a-string-secret-at-least-256-bits-long',
  'your-secret-key',
  'change-me',
  'changeme',
  'password',
  'supersecret',
  'super-secret-key',
  'shhhhh',
  'jwt-secret',
  'keyboard cat',
  'my-secret-key',
  'secretkey',
]

function refuseWeakSecret(bytes: Buffer, row: AlgorithmRow): void {
  const text = bytes.toString('latin1')
  if (isFamous(text)) {
    throw new InvalidKeyError(`the secret stands in public examples; ${HOW_TO_MAKE_ONE}`)
  }
  if (bytes.length < row.signatureBytes) {
    throw new InvalidKeyError(
      `the secret has ${bytes.length} bytes, ${row.name} needs at least ${row.signatureBytes} (RFC 7518 section 3.2); ${HOW_TO_MAKE_ONE}`,
    )
  }
  // Sixteen random bytes have fifteen or so different values, thirty-two hex digits about fourteen; a typed phrase
  // repeated to reach the length, or one key held down, has fewer.
  if (new Set(bytes).size < 10 || isRepetition(text)) {
    throw new InvalidKeyError(`the secret repeats itself and can be guessed; ${HOW_TO_MAKE_ONE}`)
  }
}

/** Repeating a famous secret, or padding it with digits and dashes, does not make it less famous. */
function isFamous(text: string): boolean {
  const letters = (value: string) => value.toLowerCase().replaceAll(/[^a-z]/g, '')
  const own = letters(text)
  return famousSecrets.some((famous) => {
    const known = letters(famous)
    return (
      own.length > 0 &&
      own.length % known.length === 0 &&
      own === known.repeat(own.length / known.length)
    )
  })
}

function isRepetition(text: string): boolean {
  const again = (text + text).indexOf(text, 1)
  return again < text.length && again <= 16
}
