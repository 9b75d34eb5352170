/** What tests of refusals share: a key, tokens for it, and the error a token is refused with. */
import {
  type Key,
  type KeySet,
  SignetError,
  secretKey,
  tryVerify,
  type VerifyOptions,
} from 'signet-jwt'
import { forge, testSecret } from './forge.ts'

export const secret: Key = secretKey(testSecret)
export const now: Date = new Date('2026-01-01T00:00:00Z')
export const nowSeconds: number = now.getTime() / 1000

/** A token with these claims, signed for real with `secret`. */
export function tokenWith(
  claims: object | string,
  header: object | string = { alg: 'HS256' },
): string {
  return forge(header, claims)
}

/** The code of the error a token is refused with, or 'accepted'. An error that is not ours fails the test. */
export function verdict(
  token: unknown,
  options: VerifyOptions = {},
  key: Key | KeySet = secret,
): string {
  const result = tryVerify(token as string, key, { now, ...options })
  return result.ok ? 'accepted' : result.error.code
}

/** The code of our error, or the name of a caller's mistake, that `run` throws; 'nothing' when it does not throw. */
export function failure(run: () => unknown): string {
  try {
    run()
    return 'nothing'
  } catch (error) {
    if (error instanceof SignetError) return error.code
    return error instanceof Error ? error.name : 'not an error'
  }
}
