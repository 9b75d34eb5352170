/** Tokens that no honest signer makes: any header and payload, as objects or as raw text or bytes, with a real MAC. */
import { createHmac } from 'node:crypto'

/** A secret for tests: long enough, and made of different characters. */
export const testSecret = '7c1f4e0b9a2d58e36f0147ac9bd3825e6a0f1c47d98b25e3'

type Part = object | string

export function segment(part: Part): string {
  const bytes =
    part instanceof Uint8Array
      ? part
      : Buffer.from(typeof part === 'string' ? part : JSON.stringify(part))
  return Buffer.from(bytes).toString('base64url')
}

/** A token signed with HS256 whatever its header says. */
export function forge(
  header: Part,
  payload: Part,
  secret: string | Uint8Array = testSecret,
): string {
  const signingInput = `${segment(header)}.${segment(payload)}`
  return `${signingInput}.${createHmac('sha256', secret).update(signingInput).digest('base64url')}`
}

/** The error that `run` throws; a test without one fails. */
export function thrownBy(run: () => unknown): Error {
  try {
    run()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('nothing was thrown')
}
