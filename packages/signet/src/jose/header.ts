/** The JOSE header: parsed strictly, trusted with nothing but `alg`, `kid` and `typ`. */
import { MalformedTokenError } from '../errors.ts'
import { decodeBase64url, decodeUtf8, encodeTextBase64url } from './bytes.ts'
import { deepFreeze, type Json, parseJsonObject } from './json.ts'
import type { KeyMaterial } from './key.ts'

/**
 * The header of a token. `jwk`, `jku`, `x5u` and `x5c` may stand in it and are never followed: a token must not bring
 * the key that verifies it (RFC 8725 section 3.10).
 */
export interface JoseHeader {
  readonly alg: string
  readonly kid?: string
  readonly typ?: string
  readonly [parameter: string]: Json | undefined
}

const MAX_KID_LENGTH = 256

/**
 * Headers parsed before, by their exact text. An issuer's tokens share one header or two, and looking it up costs a fifth
 * of parsing it (0.1 us against 0.5 us). Only good headers are kept, frozen, and a flood of others empties the memo.
 */
const known = new Map<string, KnownHeader>()
const MAX_KNOWN = 256
const MAX_KNOWN_LENGTH = 512
/** The one met last, which is nearly always the next: comparing texts is cheaper than hashing one (40 ns against 100). */
let last: KnownHeader | undefined

interface KnownHeader {
  readonly segment: string
  readonly header: JoseHeader
}

/** @throws MalformedTokenError saying what is wrong with the header */
export function parseHeader(segment: string): JoseHeader {
  if (last === undefined || last.segment !== segment) {
    last = known.get(segment) ?? remember(segment, deepFreeze(parseNewHeader(segment)))
  }
  return last.header
}

function remember(segment: string, header: JoseHeader): KnownHeader {
  // A copy: the segment is a slice of the token, and would keep all of it in memory.
  const entry = { segment: Buffer.from(segment).toString(), header }
  if (segment.length > MAX_KNOWN_LENGTH) return entry
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(entry.segment, entry)
  return entry
}

function parseNewHeader(segment: string): JoseHeader {
  const bytes = decodeBase64url(segment)
  if (bytes === undefined) throw new MalformedTokenError('the header is not canonical base64url')
  const text = decodeUtf8(bytes)
  if (text === undefined) throw new MalformedTokenError('the header is not UTF-8')
  const header = parseJsonObject(text)
  if (header === undefined) {
    throw new MalformedTokenError('the header is not one JSON object without duplicate members')
  }
  const has = (name: string) => Object.hasOwn(header, name)
  if (!has('alg') || typeof header.alg !== 'string') {
    throw new MalformedTokenError("the header has no 'alg' string")
  }
  if (has('kid') && (typeof header.kid !== 'string' || header.kid.length > MAX_KID_LENGTH)) {
    throw new MalformedTokenError(
      `header parameter 'kid' must be a string of at most ${MAX_KID_LENGTH} characters`,
    )
  }
  if (has('typ') && typeof header.typ !== 'string') {
    throw new MalformedTokenError("header parameter 'typ' must be a string")
  }
  // We understand no extension, so any `crit` names one we do not (RFC 7515 section 4.1.11), and a JWT must not use
  // unencoded payloads (RFC 7797 section 7).
  if (has('crit'))
    throw new MalformedTokenError("header parameter 'crit' asks for an unknown extension")
  if (has('b64')) throw new MalformedTokenError("header parameter 'b64' is not for JWTs")
  return header as JoseHeader
}

/** The last header segment of each key: a key signs one kind of token, or two. */
const encoded = new WeakMap<KeyMaterial, { readonly typ: string; readonly segment: string }>()

/** The header segment of tokens signed with this key. */
export function encodeHeader(material: KeyMaterial, typ: string): string {
  const last = encoded.get(material)
  if (last?.typ === typ) return last.segment
  const { row, kid } = material
  const header = { alg: row.name, typ, ...(kid === undefined ? {} : { kid }) }
  const segment = encodeTextBase64url(JSON.stringify(header))
  encoded.set(material, { typ, segment })
  return segment
}

/**
 * Whether two `typ` values name the same media type: letter case does not count and `application/` may be left out
 * (RFC 7515 section 4.1.9).
 */
export function sameMediaType(a: string, b: string): boolean {
  return normalMediaType(a) === normalMediaType(b)
}

function normalMediaType(typ: string): string {
  const lower = typ.toLowerCase()
  return lower.includes('/') ? lower : `application/${lower}`
}
