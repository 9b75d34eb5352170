/** Calls to a store are bounded: whatever the store does, the caller hears something in time. */
import { SignetError, StoreUnavailableError } from './errors.ts'

/**
 * The answer of `call`, or StoreUnavailableError once `milliseconds` have passed or when the store fails.
 *
 * A timed-out call may still take effect, so what is called must be safe to repeat. The store's own error is kept as
 * the cause; a SignetError or a TypeError of ours passes as it is.
 */
export async function withDeadline<T>(call: () => Promise<T>, milliseconds: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new StoreUnavailableError(`the store did not answer within ${milliseconds} ms`)),
      milliseconds,
    )
  })
  try {
    return await Promise.race([call(), timeout])
  } catch (error) {
    if (error instanceof SignetError || error instanceof TypeError || error instanceof RangeError)
      throw error
    throw new StoreUnavailableError('the store failed; see the cause', { cause: error })
  } finally {
    clearTimeout(timer)
  }
}
