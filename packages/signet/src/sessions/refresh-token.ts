/**
 * Refresh tokens: made of the session row and the session secret alone, so that the same generation is always the same
 * text, and checked completely before the store is asked anything.
 */
import { hash } from 'node:crypto'
import { InvalidRefreshTokenError, MalformedTokenError } from '../errors.ts'
import { verifyBytes } from '../jose/algorithms.ts'
import { decodeBase64url, decodeUtf8, encodeBase64url, encodeUtf8 } from '../jose/bytes.ts'
import { encodeHeader, parseHeader } from '../jose/header.ts'
import { parseJsonObject } from '../jose/json.ts'
import { type Segments, signJws, splitToken } from '../jose/jws.ts'
import { type Key, materialOf } from '../jose/key.ts'
import { refreshTokenId } from './derived-ids.ts'
import { isSessionId } from './session-id.ts'
import type { SessionRow } from './session-row.ts'

/** Header parameter `typ`: no verifier of access tokens takes it, nor does this file take another. */
export const REFRESH_TYP = 'rt+jwt'

const MAX_LENGTH = 1024
const SECRET_BYTES = 32
/** The store's clock decides about expiry; ours only keeps long-dead tokens away from it. */
const EXPIRY_TOLERANCE_SECONDS = 300

/** What a genuine refresh token says. */
export interface RefreshClaims {
  readonly sid: string
  readonly gen: number
  readonly jti: string
  /** The session secret, 32 bytes. */
  readonly secret: Uint8Array
  readonly macKid: string
}

/** The refresh token of the row's current generation. `iat` is the session's birth, `exp` its absolute end. */
export function mintRefreshToken(
  row: SessionRow,
  issuer: string,
  secret: Uint8Array,
  macKey: Key,
): string {
  const claims = {
    iss: issuer,
    sid: row.sid,
    gen: row.gen,
    jti: refreshTokenId(secret, row.gen),
    iat: Math.floor(row.bornAt / 1000),
    exp: Math.floor(row.absoluteAt / 1000),
    ses: encodeBase64url(secret),
    type: 'refresh',
  }
  return signJws(encodeUtf8(JSON.stringify(claims)), macKey, REFRESH_TYP)
}

/** SHA-256 of the session secret: all of it that is stored. */
export function hashSecret(secret: Uint8Array): string {
  return hash('sha256', Buffer.from(secret), 'base64url')
}

/**
 * Reads a refresh token. Whatever is wrong with it, the client learns nothing but that it is invalid.
 *
 * @param macKey finds a refresh-MAC secret that is neither withdrawn nor retired
 * @throws InvalidRefreshTokenError
 */
export function readRefreshToken(
  token: unknown,
  issuer: string,
  macKey: (kid: string) => Key | undefined,
  nowSeconds: number,
): RefreshClaims {
  if (typeof token !== 'string') throw invalid('it is not a string')
  if (token.length > MAX_LENGTH) throw invalid(`it is longer than ${MAX_LENGTH} characters`)
  try {
    const segments = splitToken(token)
    const kid = checkMac(segments, macKey)
    return { ...checkRefreshClaims(segments.payload, issuer, nowSeconds), macKid: kid }
  } catch (error) {
    if (error instanceof MalformedTokenError) throw invalid(error.message)
    throw error
  }
}

/** The header must be, to the letter, the one we write; then the MAC is compared in constant time. */
function checkMac(segments: Segments, macKey: (kid: string) => Key | undefined): string {
  const { kid } = parseHeader(segments.header)
  const key = kid === undefined ? undefined : macKey(kid)
  if (kid === undefined || key === undefined)
    throw invalid('its key is unknown, retired or withdrawn')
  const material = materialOf(key)
  if (segments.header !== encodeHeader(material, REFRESH_TYP))
    throw invalid('its header is not ours')
  const signature = decodeBase64url(segments.signature)
  if (
    signature === undefined ||
    !verifyBytes(material.row, material.verifying, segments.signingInput, signature)
  ) {
    throw invalid('its signature is wrong')
  }
  return kid
}

function checkRefreshClaims(
  payload: string,
  issuer: string,
  nowSeconds: number,
): Omit<RefreshClaims, 'macKid'> {
  const bytes = decodeBase64url(payload)
  const text = bytes && decodeUtf8(bytes)
  const claims = text === undefined ? undefined : parseJsonObject(text)
  if (claims === undefined) throw invalid('its claims cannot be read')
  const { iss, sid, gen, jti, exp, ses, type } = claims
  if (iss !== issuer || type !== 'refresh')
    throw invalid('it is from another issuer or of another type')
  if (typeof sid !== 'string' || !isSessionId(sid)) throw invalid("its 'sid' is none of ours")
  if (!Number.isSafeInteger(gen) || (gen as number) < 0) throw invalid("its 'gen' is no generation")
  if (typeof exp !== 'number' || nowSeconds >= exp + EXPIRY_TOLERANCE_SECONDS)
    throw invalid('it has expired')
  const secret = typeof ses === 'string' ? decodeBase64url(ses) : undefined
  if (secret?.length !== SECRET_BYTES) throw invalid("its 'ses' is no session secret")
  // Nobody who has the MAC secret alone can make this id, so a leaked key does not forge generations.
  if (jti !== refreshTokenId(secret, gen as number))
    throw invalid("its 'jti' does not follow from it")
  return { sid, gen: gen as number, jti, secret }
}

function invalid(why: string): InvalidRefreshTokenError {
  return new InvalidRefreshTokenError(`the refresh token is not valid: ${why}`)
}
