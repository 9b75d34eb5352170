/** Any server with an OAuth token endpoint as a system to attack: the refresh grant of RFC 6749 section 6 over HTTP. */
import type { CallerContext, RefreshOutcome, RotationSystem, TokenPairOf } from './system.ts'

export interface TokenEndpointSystemOptions
  extends Pick<RotationSystem, 'name' | 'graceSeconds' | 'issue' | 'authenticate'> {
  readonly windSeconds?: (seconds: number) => void | Promise<void>
  readonly propagationSeconds?: number
  readonly crashes?: RotationSystem['crashes'] & {}
  /** The URL of the token endpoint; a function where it changes, as after a restart. */
  readonly tokenUrl: string | (() => string)
  /** Parameters beside grant_type and refresh_token: client_id, client_secret. */
  readonly parameters?: { readonly [name: string]: string }
  readonly headers?: { readonly [name: string]: string }
  /** How long an answer may take before it counts as a fault. Default 10. */
  readonly timeoutSeconds?: number
}

export function tokenEndpointSystem(options: TokenEndpointSystemOptions): RotationSystem {
  const { tokenUrl, parameters = {}, headers = {}, timeoutSeconds = 10, ...system } = options
  const refresh = async (
    refreshToken: string,
    context?: CallerContext,
  ): Promise<RefreshOutcome> => {
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken, ...parameters }
    const agent = context?.userAgent === undefined ? {} : { 'user-agent': context.userAgent }
    try {
      const answer = await fetch(typeof tokenUrl === 'string' ? tokenUrl : tokenUrl(), {
        method: 'POST',
        headers: { ...headers, ...agent },
        body: new URLSearchParams(form),
        signal: AbortSignal.timeout(timeoutSeconds * 1000),
      })
      const { status } = answer
      return outcomeOf({
        status,
        body: await answer.json(),
        waits: answer.headers.has('retry-after'),
      })
    } catch (error) {
      return { kind: 'fault', reason: (error as Error).name }
    }
  }
  return { ...system, refresh }
}

/** The one reading of an answer: 503 and 429 are "try again" only when they say so, in Retry-After. */
function outcomeOf({
  status,
  body,
  waits,
}: {
  readonly status: number
  readonly body: unknown
  readonly waits: boolean
}): RefreshOutcome {
  const { access_token, refresh_token, error } = body as { readonly [name: string]: unknown }
  const reason = `${status} ${String(error)}`
  if ((status === 503 || status === 429) && waits) return { kind: 'again' }
  if (status >= 500) return { kind: 'fault', reason }
  if (status >= 400) return { kind: 'refused', reason }
  if (typeof access_token !== 'string' || typeof refresh_token !== 'string') {
    return { kind: 'fault', reason: `${status} without both tokens` }
  }
  const pair: TokenPairOf = { accessToken: access_token, refreshToken: refresh_token }
  return { kind: 'granted', pair }
}
