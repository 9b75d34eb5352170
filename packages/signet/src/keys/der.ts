/** As much DER as is needed to take an RSA key out of its RSASSA-PSS wrapping (RFC 4055 section 1.2). */

interface Element {
  readonly tag: number
  readonly content: Buffer
  readonly rest: Buffer
}

const BIT_STRING = 0x03
const OCTET_STRING = 0x04

/**
 * The PKCS#1 key inside SPKI (SEQUENCE of algorithm and BIT STRING) or PKCS#8 (SEQUENCE of version, algorithm and
 * OCTET STRING). Its input comes from Node's own encoder, so malformed DER is not expected.
 */
export function pkcs1OfPss(der: Buffer): Buffer {
  for (let rest = readElement(der).content; rest.length > 0; ) {
    const element = readElement(rest)
    if (element.tag === BIT_STRING) return element.content.subarray(1)
    if (element.tag === OCTET_STRING) return element.content
    rest = element.rest
  }
  throw new TypeError('no key inside the DER structure')
}

function readElement(der: Buffer): Element {
  const first = der.readUInt8(1)
  const lengthBytes = first < 0x80 ? 0 : first - 0x80
  const start = 2 + lengthBytes
  const end = start + (lengthBytes === 0 ? first : der.readUIntBE(2, lengthBytes))
  return { tag: der.readUInt8(0), content: der.subarray(start, end), rest: der.subarray(end) }
}
