/**
 * An RSA key that says by itself that it is for PSS, with hash, mask and salt length in it (RFC 4055 section 3.1). The
 * primitive then takes it bare: on Node 24 an options object around a key costs 12 us a call, half of a verification.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { HashName } from './hmac.ts'

const saltBytes: { readonly [name in HashName]: number } = { sha256: 32, sha384: 48, sha512: 64 }

/** Per hash: one KeyObject may have been imported for several algorithms. null for a key whose other form says less. */
const bareKeys: { readonly [name in HashName]: WeakMap<KeyObject, KeyObject | null> } = {
  sha256: new WeakMap(),
  sha384: new WeakMap(),
  sha512: new WeakMap(),
}

/** The same RSA key, bound to PSS with this hash and a salt as long as it; undefined where OpenSSL did not take that in. */
export function bindToPss(key: KeyObject, name: HashName): KeyObject | undefined {
  let bare = bareKeys[name].get(key)
  if (bare === undefined) {
    bare = encodeAgain(key, name)
    bareKeys[name].set(key, bare)
  }
  return bare ?? undefined
}

/** What a key with these parameters refuses is the business of OpenSSL, so it must show that it has read them. */
function encodeAgain(key: KeyObject, name: HashName): KeyObject | null {
  const bare = key.type === 'private' ? privatePss(key, name) : publicPss(key, name)
  const was = key.asymmetricKeyDetails
  const is = bare.asymmetricKeyDetails
  const isSame =
    bare.asymmetricKeyType === 'rsa-pss' &&
    is?.hashAlgorithm === name &&
    is.mgf1HashAlgorithm === name &&
    is.saltLength === saltBytes[name] &&
    is.modulusLength === was?.modulusLength &&
    is.publicExponent === was?.publicExponent
  return isSame ? bare : null
}

const SEQUENCE = 0x30
const INTEGER = 0x02
const BIT_STRING = 0x03
const OCTET_STRING = 0x04

/** SubjectPublicKeyInfo (RFC 5280 section 4.1) around the same numbers. */
function publicPss(key: KeyObject, name: HashName): KeyObject {
  // OpenSSL 3.5 gives no PKCS #1 of a public key that came as PKCS #1, unless it has been something else in between.
  const again = key.export({ type: 'spki', format: 'der' })
  const plain = createPublicKey({ key: again, type: 'spki', format: 'der' })
  const numbers = plain.export({ type: 'pkcs1', format: 'der' })
  const info = der(SEQUENCE, pssIdentifier(name), der(BIT_STRING, Buffer.from([0]), numbers))
  return createPublicKey({ key: info, type: 'spki', format: 'der' })
}

/** PrivateKeyInfo (RFC 5208 section 5) around the same numbers. */
function privatePss(key: KeyObject, name: HashName): KeyObject {
  const numbers = key.export({ type: 'pkcs1', format: 'der' })
  const version = der(INTEGER, Buffer.from([0]))
  const info = der(SEQUENCE, version, pssIdentifier(name), der(OCTET_STRING, numbers))
  return createPrivateKey({ key: info, type: 'pkcs8', format: 'der' })
}

const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
const NULL = Buffer.from('0500', 'hex')

/** id-RSASSA-PSS and id-mgf1 (RFC 8017 appendix A.2), and the last byte of the hashes' names in NIST's arc. */
const RSASSA_PSS = '2a864886f70d01010a'
const MGF1 = '2a864886f70d010108'
const NIST_HASHES = '6086480165030402'
const lastArcs: { readonly [name in HashName]: string } = {
  sha256: '01',
  sha384: '02',
  sha512: '03',
}

/** AlgorithmIdentifier with RSASSA-PSS-params, whose members have the tags 0, 1 and 2. */
function pssIdentifier(name: HashName): Buffer {
  const hash = der(SEQUENCE, oid(NIST_HASHES + lastArcs[name]), NULL)
  const mask = der(SEQUENCE, oid(MGF1), hash)
  const salt = der(INTEGER, Buffer.from([saltBytes[name]]))
  const parameters = der(SEQUENCE, der(0xa0, hash), der(0xa1, mask), der(0xa2, salt))
  return der(SEQUENCE, oid(RSASSA_PSS), parameters)
}

/** A value in DER: tag, length in the fewest bytes, content (X.690 section 8.1.3). */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag, ...lengthBytes(content.length)]), content])
}

function lengthBytes(length: number): readonly number[] {
  if (length < 0x80) return [length]
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
}
