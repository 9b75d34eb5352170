/** One request for a JWK Set: bounded in time and size, never redirected, and read strictly. */
import { KeysUnavailableError } from '../errors.ts'
import type { Algorithm } from '../jose/algorithms.ts'
import { decodeUtf8 } from '../jose/bytes.ts'
import { isPlainObject, parseJsonObject } from '../jose/json.ts'
import type { Key, KeySet } from '../jose/key.ts'
import { isPrivateJwk, own } from './jwk.ts'
import { bindKeySet, importJwkSet } from './key-set.ts'

/** Longest answer read. A key takes up to 3 KiB, with a certificate chain perhaps 8. */
const MAX_BYTES = 512 * 1024
/** Members in all of the answer: a hundred keys with forty each. */
const MAX_MEMBERS = 4000

export interface JwksAnswer {
  readonly set: KeySet
  /** Seconds for which the answer may be kept, as its Cache-Control has it; undefined when it does not say. */
  readonly maxAgeSeconds: number | undefined
}

export type Fetch = (url: URL, init: RequestInit) => Promise<Response>

/** @throws KeysUnavailableError for whatever goes wrong on the way */
export async function requestJwks(
  url: URL,
  algorithms: readonly Algorithm[] | undefined,
  fetch: Fetch,
  signal: AbortSignal,
): Promise<JwksAnswer> {
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/jwk-set+json, application/json' },
      // A redirect would let whoever controls it choose our keys (RFC 8725 section 3.10).
      redirect: 'manual',
      signal,
    })
    if (response.status !== 200) {
      await response.body?.cancel()
      throw new TypeError(`the answer has status ${response.status}, only 200 is read`)
    }
    const body = await readBody(response)
    return { set: readSet(body, algorithms), maxAgeSeconds: readMaxAge(response.headers) }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'no reason given'
    throw new KeysUnavailableError(`the key set at ${url.origin} could not be fetched: ${reason}`, {
      cause,
    })
  }
}

async function readBody(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    // Leaving the loop cancels the body: what is too long is not even received.
    if (size > MAX_BYTES) throw new RangeError(`the answer is longer than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function readSet(body: Buffer, algorithms: readonly Algorithm[] | undefined): KeySet {
  const text = decodeUtf8(body)
  const jwks = text === undefined ? undefined : parseJsonObject(text, MAX_MEMBERS)
  if (jwks === undefined) throw new TypeError('the answer is not one JSON object')
  const members = own(jwks, 'keys')
  const published = Array.isArray(members) ? members.filter(isPublic) : members
  const { keys, ambiguous } = importJwkSet({ keys: published }, algorithms)
  return bindKeySet(keys.filter((key) => isUnambiguous(key, ambiguous)))
}

/** A published secret or private key is everybody's, so nothing it signs means anything. */
function isPublic(jwk: unknown): boolean {
  return isPlainObject(jwk) && !isPrivateJwk(jwk)
}

/** Of two keys with one name, nobody knows which is meant. */
function isUnambiguous(key: Key, ambiguous: readonly string[]): boolean {
  return key.kid === undefined || !ambiguous.includes(key.kid)
}

/** RFC 9111 sections 4.2.1 and 5.2.2: what is left of max-age when the answer has been in a cache already. */
function readMaxAge(headers: Headers): number | undefined {
  const directives = (headers.get('cache-control') ?? '')
    .toLowerCase()
    .split(',')
    .map((text) => text.trim())
  if (directives.includes('no-store') || directives.includes('no-cache')) return 0
  const maxAge = directives.map((text) => /^max-age="?(\d{1,10})"?$/.exec(text)?.[1]).find(Boolean)
  if (maxAge === undefined) return undefined
  const age = Number(headers.get('age') ?? 0)
  return Math.max(0, Number(maxAge) - (Number.isFinite(age) ? age : 0))
}
