/** Asking a store alone, without keys or an issuer, what has become of a token or session: what `signet why` does. */

import { withDeadline } from './deadline.ts'
import { namesIn } from './keys/ring-document.ts'
import { checkOptions, checkSeconds } from './options.ts'
import { explain as explainFrom } from './sessions/explain.ts'
import type { Explanation } from './sessions/why.ts'
import type { Store } from './stores/store.ts'
import { system } from './system.ts'

export interface ExplainOptions {
  /** The grace in force, to say how far outside it a token came. Default 10. */
  readonly reuseGraceSeconds?: number
  /** Bound on each call to the store. Default 2. */
  readonly storeTimeoutSeconds?: number
  /** Default: now. */
  readonly now?: Date
}

/**
 * Says in sentences why a session or token is no longer good, or that it is.
 *
 * @param what a session id, an access token or a refresh token. Tokens are not verified, since that would take a key
 * @throws MalformedTokenError when it is none of these; StoreUnavailableError when the store does not answer in time
 */
export async function explain(
  store: Store,
  what: string,
  options: ExplainOptions = {},
): Promise<Explanation> {
  checkOptions('explain', options, ['reuseGraceSeconds', 'storeTimeoutSeconds', 'now'])
  const grace = checkSeconds('reuseGraceSeconds', options.reuseGraceSeconds ?? 10) * 1000
  const storeTimeout =
    checkSeconds('storeTimeoutSeconds', options.storeTimeoutSeconds ?? 2, { min: 0.05 }) * 1000
  const ring = await withDeadline(() => store.loadRing(), storeTimeout)
  const withdrawn = ring === undefined ? [] : namesIn(ring).withdrawn
  return explainFrom(
    {
      store,
      isWithdrawn: (kid) => withdrawn.includes(kid),
      issuer: undefined,
      grace,
      storeTimeout,
      now: options.now?.getTime() ?? system.now(),
    },
    what,
  )
}
