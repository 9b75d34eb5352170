/** How often one address may ask what anybody may ask. */
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { Problem } from './problem.ts'

export type RateLimit = (address: string) => Promise<void>

/** @returns a check that throws Problem 429 */
export function rateLimit(perMinute: number): RateLimit {
  const limiter = new RateLimiterMemory({ points: perMinute, duration: 60 })
  return async (address) => {
    try {
      await limiter.consume(address)
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused
      throw new Problem({
        status: 429,
        detail: `more than ${perMinute} requests in a minute`,
        headers: { 'retry-after': String(Math.max(1, Math.ceil(refused.msBeforeNext / 1000))) },
      })
    }
  }
}
