/**
 * Access tokens in a browser: refreshed once for all tabs, kept in memory, never in storage. The refresh token stays in a
 * cookie that no script can read (cookieSessions of signet-jwt/http).
 */

export interface SessionOptions {
  /** Where the refresh endpoint is, for example '/auth/refresh'. */
  readonly refreshUrl: string
  /** Where the log-out endpoint is. Without it logOut() only forgets. */
  readonly logOutUrl?: string
  /** A token is refreshed so long before it expires, in seconds. Default 30. */
  readonly earlySeconds?: number
}

export interface BrowserSession {
  /** A token that is good for a while yet. @throws LoggedOutError when the session is over; Error when nothing answers */
  accessToken(): Promise<string>
  /** `fetch` with the token; after a 401 once more with a new one. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>
  /** Ends the session, in all tabs. */
  logOut(): Promise<void>
}

/** There is no session any more: show the login. */
export class LoggedOutError extends Error {
  override readonly name = 'LoggedOutError'
}

/** The one name of a browser used here that Node.js does not have. */
declare const location: { readonly href: string }

interface Answer {
  readonly accessToken: string
  readonly expiresInSeconds: number
}

interface Known {
  readonly token: string
  /** By performance.now(), which no change of the clock moves. */
  readonly goodUntil: number
}

/** Of bad requests and of sessions that are over: asking again would change nothing. */
const refused = [400, 401, 403]
const TRIES = 5

export function createSession(options: SessionOptions): BrowserSession {
  const { refreshUrl, logOutUrl, earlySeconds = 30 } = options
  const name = `signet ${new URL(refreshUrl, location.href)}`
  const channel = new BroadcastChannel(name)
  let known: Known | undefined
  let flight: Promise<string> | undefined

  const learn = (token: string, seconds: number) => {
    known = { token, goodUntil: performance.now() + (seconds - earlySeconds) * 1000 }
    return token
  }
  channel.onmessage = ({ data: [token, seconds] }) => {
    if (token) learn(token, seconds)
    else known = undefined
  }
  const good = () => (known && performance.now() < known.goodUntil ? known.token : undefined)
  const refresh = async (stale?: string): Promise<string> => {
    // Another tab may have refreshed while this one waited for the lock; its message may be a turn behind.
    await pause(0)
    const fresh = good()
    if (fresh !== undefined && fresh !== stale) return fresh
    try {
      const { accessToken, expiresInSeconds } = await ask(refreshUrl)
      channel.postMessage([accessToken, expiresInSeconds])
      return learn(accessToken, expiresInSeconds)
    } catch (error) {
      if (error instanceof LoggedOutError) {
        channel.postMessage([])
        known = undefined
      }
      throw error
    }
  }
  const renew = (stale?: string) => {
    flight ??= navigator.locks
      .request(name, () => refresh(stale))
      .finally(() => {
        flight = undefined
      })
    return flight
  }
  const accessToken = async () => good() ?? renew()

  return {
    accessToken,
    fetch: async (input, init) => {
      const send = (token: string) => {
        const request = new Request(input, init)
        request.headers.set('authorization', `Bearer ${token}`)
        return fetch(request)
      }
      const token = await accessToken()
      const response = await send(token)
      return response.status === 401 ? send(await renew(token)) : response
    },
    logOut: async () => {
      known = undefined
      channel.postMessage([])
      if (logOutUrl) await post(logOutUrl)
    },
  }
}

/** A lost answer and a busy server are tried again with the same cookie; the server makes it the same refresh. */
async function ask(refreshUrl: string): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const response = await post(refreshUrl).catch(() => undefined)
    if (response?.ok) return (await response.json()) as Answer
    if (response && refused.includes(response.status)) {
      throw new LoggedOutError('the session is over: log in')
    }
    if (attempt === TRIES) throw new Error('the session cannot be refreshed now: try again')
    const wait = Number(response?.headers.get('retry-after')) || attempt / 2
    await pause(wait * 1000 * (1 + Math.random() / 2))
  }
}

/** The header is one that a foreign page cannot send. */
function post(url: string): Promise<Response> {
  return fetch(url, { method: 'POST', credentials: 'include', headers: { 'x-signet': '1' } })
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
