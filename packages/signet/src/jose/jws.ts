/** Compact JWS: three segments in, a verified payload out (RFC 7515 sections 5.1, 5.2 and 7.1). */
import type { KeyObject } from 'node:crypto'
import {
  InvalidAlgorithmError,
  InvalidSignatureError,
  MalformedTokenError,
  UnknownKeyError,
} from '../errors.ts'
import { describe } from '../options.ts'
import {
  type AlgorithmRow,
  algorithmRow,
  signText,
  signTextLater,
  verifyText,
  verifyTextLater,
} from './algorithms.ts'
import { decodeBase64url, decodeTextBase64url, encodeTextBase64url } from './bytes.ts'
import { encodeHeader, type JoseHeader, parseHeader } from './header.ts'
import { answersTo, candidateKeys, type Key, type KeySet, materialOf } from './key.ts'

/** Longest token read or made, in characters: Node's own limit on a whole header block. */
export const MAX_TOKEN_LENGTH = 16_384

const SPACE = 0x20

export interface Segments {
  readonly header: string
  readonly payload: string
  readonly signature: string
  /** What the signature covers: header and payload with the dot between them. */
  readonly signingInput: string
}

/**
 * Cuts a token at its two dots, found by index: splitting would make an array as long as an attacker likes.
 *
 * @throws MalformedTokenError
 */
export function splitToken(token: unknown): Segments {
  if (typeof token !== 'string') {
    throw new MalformedTokenError(`a token is a string, got ${describe(token)}`)
  }
  if (token.length > MAX_TOKEN_LENGTH) {
    throw new MalformedTokenError(
      `the token is ${token.length} characters long; at most ${MAX_TOKEN_LENGTH} are read`,
    )
  }
  // No token has a space: the pattern is tried only where one would follow the scheme.
  if (token.charCodeAt(6) === SPACE && /^bearer/i.test(token)) {
    throw new MalformedTokenError("the token still has its 'Bearer ' prefix; pass what follows it")
  }
  const first = token.indexOf('.')
  const second = token.indexOf('.', first + 1)
  if (first < 1 || second === -1) throw new MalformedTokenError(notThreeSegments(token))
  if (token.indexOf('.', second + 1) !== -1) throw new MalformedTokenError(notThreeSegments(token))
  return {
    header: token.slice(0, first),
    payload: token.slice(first + 1, second),
    signature: token.slice(second + 1),
    signingInput: token.slice(0, second),
  }
}

function notThreeSegments(token: string): string {
  if (token === '') return 'the token is an empty string'
  const segments = token.split('.', 6).length
  if (segments === 5)
    return 'the token has five segments: it is encrypted (JWE), and Signet reads signed ones'
  return `a token has three segments separated by dots, this one has ${segments > 5 ? 'more than five' : segments}`
}

export interface VerifiedPayload {
  readonly header: JoseHeader
  /** What was signed: text where it is UTF-8, which claims always are; else the bytes, since a JWS may carry any. */
  readonly payload: string | Buffer
  readonly key: Key
}

/** A token taken apart, with the keys that may have signed it; its signature has not been checked yet. */
interface OpenedToken {
  readonly header: JoseHeader
  readonly segments: Segments
  readonly candidates: readonly Key[]
}

/**
 * Verifies structure, algorithm, key and signature, in this order; the payload is decoded only afterwards.
 *
 * @param algorithms what the caller allows, or undefined for whatever the key is bound to
 * @throws MalformedTokenError, InvalidAlgorithmError, UnknownKeyError, InvalidSignatureError
 */
export function verifyJws(
  token: unknown,
  key: Key | KeySet,
  algorithms: ReadonlySet<string> | undefined,
): VerifiedPayload {
  const opened = openToken(token, key, algorithms)
  const { signingInput, signature } = opened.segments
  for (const candidate of opened.candidates) {
    const { row, verifying } = materialOf(candidate)
    if (verifyText(row, verifying, signingInput, signature)) return closeToken(opened, candidate)
  }
  throw refuseSignature(signature)
}

/** `verifyJws` with the signature checked off the event loop. */
export async function verifyJwsLater(
  token: unknown,
  key: Key | KeySet,
  algorithms: ReadonlySet<string> | undefined,
): Promise<VerifiedPayload> {
  const opened = openToken(token, key, algorithms)
  const { signingInput, signature } = opened.segments
  for (const candidate of opened.candidates) {
    const { row, verifying } = materialOf(candidate)
    if (await verifyTextLater(row, verifying, signingInput, signature)) {
      return closeToken(opened, candidate)
    }
  }
  throw refuseSignature(signature)
}

function openToken(
  token: unknown,
  key: Key | KeySet,
  algorithms: ReadonlySet<string> | undefined,
): OpenedToken {
  const segments = splitToken(token)
  const header = parseHeader(segments.header)
  checkAlgorithm(header.alg, algorithms)
  return { header, segments, candidates: findCandidates(key, header, algorithms) }
}

function closeToken({ header, segments }: OpenedToken, key: Key): VerifiedPayload {
  return { header, payload: readPayload(segments.payload, true), key }
}

/** @throws MalformedTokenError */
export function readPayload(segment: string, isVerified: boolean): string | Buffer {
  const payload = decodeTextBase64url(segment, isVerified) ?? decodeBase64url(segment)
  if (payload === undefined) throw new MalformedTokenError('the payload is not canonical base64url')
  return payload
}

function refuseSignature(signature: string): MalformedTokenError | InvalidSignatureError {
  if (decodeBase64url(signature) === undefined) {
    return new MalformedTokenError('the signature is not canonical base64url')
  }
  return new InvalidSignatureError('the signature does not fit the token and the key')
}

function checkAlgorithm(name: string, allowed: ReadonlySet<string> | undefined): void {
  if (algorithmRow(name) === undefined) {
    throw new InvalidAlgorithmError(
      name.toLowerCase() === 'none'
        ? "the token is unsigned (alg 'none'), and Signet has no unsigned tokens"
        : 'the header names an algorithm that Signet does not know',
    )
  }
  if (allowed !== undefined && !allowed.has(name)) {
    throw new InvalidAlgorithmError(
      `the token is signed with ${name}; allowed here: ${[...allowed].join(', ')}`,
    )
  }
}

function findCandidates(
  key: Key | KeySet,
  header: JoseHeader,
  algorithms: ReadonlySet<string> | undefined,
): readonly Key[] {
  const candidates = candidateKeys(key, header, algorithms)
  if (candidates.length === 0) {
    throw new UnknownKeyError(
      header.kid === undefined
        ? `no ${header.alg} key is known for a token without 'kid'`
        : "no key is known by the token's 'kid'",
    )
  }
  // One key is the rule, and a list that is filtered costs 50 ns.
  if (candidates.length === 1 && answersTo(candidates[0] as Key, header.alg, algorithms)) {
    return candidates
  }
  const fitting = candidates.filter((candidate) => answersTo(candidate, header.alg, algorithms))
  if (fitting.length === 0) {
    throw new InvalidAlgorithmError(
      `the token says ${header.alg}, but its key is for ${candidates[0]?.algorithm}`,
    )
  }
  return fitting
}

/** A key that signs, with the header of its tokens. */
export interface JwsSigner {
  readonly row: AlgorithmRow
  readonly signing: KeyObject
  /** The header segment and the dot behind it. */
  readonly start: string
}

/** @throws TypeError when the key only verifies */
export function openJwsSigner(key: Key, typ: string): JwsSigner {
  const material = materialOf(key)
  const { row, signing } = material
  if (signing === undefined) {
    throw new TypeError(`${key} can only verify; sign with the private key`)
  }
  return { row, signing, start: `${encodeHeader(material, typ)}.` }
}

/**
 * Signs a payload into a compact token.
 *
 * @throws RangeError when the token would be too long to be read again
 */
export function signWith({ row, signing, start }: JwsSigner, payload: string): string {
  const signingInput = start + encodeTextBase64url(payload)
  return joinToken(signingInput, signText(row, signing, signingInput))
}

/** `signWith` with the signature made off the event loop. */
export async function signWithLater(signer: JwsSigner, payload: string): Promise<string> {
  const { row, signing, start } = signer
  const signingInput = start + encodeTextBase64url(payload)
  return joinToken(signingInput, await signTextLater(row, signing, signingInput))
}

/** Signs one payload. @throws TypeError, RangeError as the two above do */
export function signJws(payload: string, key: Key, typ: string): string {
  return signWith(openJwsSigner(key, typ), payload)
}

function joinToken(signingInput: string, signature: string): string {
  const token = `${signingInput}.${signature}`
  if (token.length > MAX_TOKEN_LENGTH) {
    throw new RangeError(
      `the token would be ${token.length} characters long; at most ${MAX_TOKEN_LENGTH} are read: put fewer claims into it`,
    )
  }
  return token
}
