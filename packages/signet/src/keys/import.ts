/** Keys read from what the world keeps them in, JWKs aside: PEM, DER, Node's KeyObject and Web Crypto's CryptoKey. */
import { createPrivateKey, createPublicKey, KeyObject, X509Certificate } from 'node:crypto'
import { InvalidKeyError } from '../errors.ts'
import type { Algorithm, AlgorithmRow } from '../jose/algorithms.ts'
import type { Key } from '../jose/key.ts'
import { checkOptions, checkText, describe } from '../options.ts'
import { bindChecked, rowsOf } from './bind.ts'
import { importSecret } from './secret.ts'

/** Web Crypto's key, whose type Node declares under its generator of randomness only. */
type CryptoKey = Parameters<typeof KeyObject.from>[0]

export interface ImportKeyOptions {
  /** The one algorithm the key is for. Required: most key types could serve several. */
  readonly algorithm: Algorithm
  /**
   * Default: the RFC 7638 thumbprint for a private key, none for a public one, which then verifies tokens whatever `kid`
   * they bear.
   */
  readonly kid?: string
}

export interface ImportPemOptions extends ImportKeyOptions {
  /** Opens an encrypted private key. */
  readonly passphrase?: string | Uint8Array
}

/**
 * A key from PEM: SPKI, PKCS#8 (also encrypted), PKCS#1, SEC 1, or an X.509 certificate, of which only the public key is
 * taken: neither its dates nor who signed it are looked at.
 *
 * @throws TypeError when it is no text or an option is wrong, InvalidKeyError when it is no key Signet would use
 */
export function importPem(pem: string, options: ImportPemOptions): Key {
  const { rows, kid } = readOptions('importPem', options, ['algorithm', 'kid', 'passphrase'])
  const passphrase = readPassphrase(options)
  if (typeof pem !== 'string') throw new TypeError(`importPem takes PEM text, got ${describe(pem)}`)
  const label = findLabel(pem)
  const key = open(options, () => {
    if (label === 'CERTIFICATE') return new X509Certificate(pem).publicKey
    if (label.endsWith('PUBLIC KEY')) return createPublicKey(pem)
    return createPrivateKey({ key: pem, format: 'pem', ...passphrase })
  })
  return bindChecked(rows, key, kid)
}

const labels = [
  'PUBLIC KEY',
  'RSA PUBLIC KEY',
  'PRIVATE KEY',
  'ENCRYPTED PRIVATE KEY',
  'RSA PRIVATE KEY',
  'EC PRIVATE KEY',
  'CERTIFICATE',
]

/** The label of the one block. openssl puts EC PARAMETERS before some keys, and a chain of certificates counts as its first. */
function findLabel(pem: string): string {
  const found = Array.from(
    pem.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g),
    ([, label]) => label as string,
  )
  const [label, ...others] = found.filter((label) => label !== 'EC PARAMETERS')
  if (label === undefined) {
    throw new InvalidKeyError(
      "there is no PEM block in the text: it must hold a line like '-----BEGIN PUBLIC KEY-----'",
    )
  }
  if (!labels.includes(label)) {
    throw new InvalidKeyError(`the PEM block is none that Signet reads: ${labels.join(', ')}`)
  }
  if (others.length > 0 && label !== 'CERTIFICATE') {
    throw new InvalidKeyError(
      'there is more than one PEM block in the text: pass the one that is the key',
    )
  }
  return label
}

/**
 * A key from DER: the same structures as importPem reads, without their text armour.
 *
 * @throws TypeError when it is no bytes or an option is wrong, InvalidKeyError when it is no key Signet would use
 */
export function importDer(der: Uint8Array, options: ImportPemOptions): Key {
  const { rows, kid } = readOptions('importDer', options, ['algorithm', 'kid', 'passphrase'])
  const passphrase = readPassphrase(options)
  if (!(der instanceof Uint8Array))
    throw new TypeError(`importDer takes bytes, got ${describe(der)}`)
  return bindChecked(
    rows,
    open(options, () => openDer(Buffer.from(der), passphrase)),
    kid,
  )
}

/**
 * The structure is found by trying: each is told apart by its first elements, and all of them are asymmetric keys. Private
 * ones come first, since Node reads a public key out of them, too.
 */
function openDer(key: Buffer, passphrase: { readonly passphrase?: Buffer }): KeyObject {
  const format = 'der'
  const readers = [
    () => createPrivateKey({ key, format, type: 'pkcs8', ...passphrase }),
    () => createPrivateKey({ key, format, type: 'sec1' }),
    () => createPrivateKey({ key, format, type: 'pkcs1' }),
    () => createPublicKey({ key, format, type: 'spki' }),
    () => createPublicKey({ key, format, type: 'pkcs1' }),
    () => new X509Certificate(key).publicKey,
  ]
  const errors: unknown[] = []
  for (const read of readers) {
    try {
      return read()
    } catch (error) {
      errors.push(error)
    }
  }
  // The first reader is the only one that can tell that the key is encrypted.
  throw errors[0]
}

/**
 * A key from Node's KeyObject or Web Crypto's CryptoKey. A CryptoKey must be made for the same algorithm.
 *
 * @throws TypeError when it is neither or an option is wrong, InvalidKeyError when it is no key Signet would use
 */
export function importKeyObject(key: KeyObject | CryptoKey, options: ImportKeyOptions): Key {
  const { rows, kid } = readOptions('importKeyObject', options, ['algorithm', 'kid'], 'secrets too')
  const keyObject = toKeyObject(key, rows)
  if (keyObject.type === 'secret') {
    const [row] = rows as [AlgorithmRow]
    if (row.keyType === 'oct') return importSecret(keyObject.export(), row, kid)
    throw new InvalidKeyError(`a shared secret cannot be used with ${row.name}`)
  }
  return bindChecked(rows, keyObject, kid)
}

function toKeyObject(key: KeyObject | CryptoKey, rows: readonly AlgorithmRow[]): KeyObject {
  if (key instanceof KeyObject) return key
  if (!(key instanceof CryptoKey)) {
    throw new TypeError(`importKeyObject takes a KeyObject or a CryptoKey, got ${describe(key)}`)
  }
  if (rows.some((row) => isFor(key, row))) return KeyObject.from(key)
  throw new InvalidKeyError(
    `the CryptoKey was made for another algorithm or use than ${rows[0]?.name}`,
  )
}

const webCryptoNames: { readonly [family in AlgorithmRow['family']]: string | undefined } = {
  hmac: 'HMAC',
  rsa: 'RSASSA-PKCS1-v1_5',
  rsaPss: 'RSA-PSS',
  ecdsa: 'ECDSA',
  // Named after the curve or parameter set.
  pure: undefined,
}

function isFor({ algorithm, type, usages }: CryptoKey, row: AlgorithmRow): boolean {
  const { name, hash } = algorithm as {
    readonly name: string
    readonly hash?: { readonly name: string }
  }
  const nameFits = name === (webCryptoNames[row.family] ?? row.curve ?? row.name)
  const hashFits = hash === undefined || hash.name.toLowerCase().replace('-', '') === row.hash
  return nameFits && hashFits && usages.includes(type === 'private' ? 'sign' : 'verify')
}

function readOptions(
  where: string,
  options: ImportPemOptions | ImportKeyOptions,
  allowed: readonly string[],
  secrets?: 'secrets too',
): { readonly rows: readonly AlgorithmRow[]; readonly kid: string | undefined } {
  checkOptions(where, options, allowed)
  const rows = rowsOf(options.algorithm, where)
  if (rows[0]?.keyType === 'oct' && secrets === undefined) {
    throw new TypeError(`${where}: ${rows[0].name} uses a shared secret; write secretKey(secret)`)
  }
  return { rows, kid: options.kid === undefined ? undefined : checkText('kid', options.kid) }
}

function readPassphrase({ passphrase }: ImportPemOptions): { readonly passphrase?: Buffer } {
  if (passphrase === undefined) return {}
  if (typeof passphrase === 'string' || passphrase instanceof Uint8Array) {
    return { passphrase: Buffer.from(passphrase) }
  }
  throw new TypeError(`'passphrase' must be a string or bytes, got ${describe(passphrase)}`)
}

/** OpenSSL's way of saying that it would have asked for a passphrase. */
const missingPassphrase: readonly unknown[] = [
  'ERR_MISSING_PASSPHRASE',
  'ERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED',
]

/** OpenSSL's own words are not passed on: they say little, and they might quote the key. */
function open({ passphrase }: ImportPemOptions, read: () => KeyObject): KeyObject {
  try {
    return read()
  } catch (error) {
    if (passphrase !== undefined) {
      throw new InvalidKeyError(
        'the key cannot be read: it is damaged, or the passphrase is another',
      )
    }
    if (missingPassphrase.includes((error as { readonly code?: unknown }).code)) {
      throw new InvalidKeyError("the private key is encrypted: give its 'passphrase'")
    }
    throw new InvalidKeyError(
      'the key cannot be read: it is damaged, or of a kind that OpenSSL does not know',
    )
  }
}
