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
/** How long a tab that had to wait listens for what another has fetched, in milliseconds. */
const HEARING_MS = 500

export function createSession(options: SessionOptions): BrowserSession {
  return new TabSession(options)
}

/** What this tab knows, and how it learns from the others: one lock, one channel. */
class TabSession implements BrowserSession {
  readonly #options: SessionOptions
  readonly #name: string
  readonly #channel: InstanceType<typeof BroadcastChannel>
  #known: Known | undefined
  #flight: Promise<string> | undefined
  #heard: () => void = () => {}

  constructor(options: SessionOptions) {
    this.#options = options
    this.#name = `signet ${new URL(options.refreshUrl, location.href)}`
    this.#channel = new BroadcastChannel(this.#name)
    this.#channel.onmessage = ({ data }: { data: readonly [string?, number?] }) => {
      this.#learn(...data)
      this.#heard()
    }
  }

  async accessToken(): Promise<string> {
    return this.#good() ?? this.#renew()
  }

  async fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const send = (token: string) => {
      const request = new Request(input, init)
      request.headers.set('authorization', `Bearer ${token}`)
      return fetch(request)
    }
    const token = await this.accessToken()
    const response = await send(token)
    return response.status === 401 ? send(await this.#renew(token)) : response
  }

  async logOut(): Promise<void> {
    this.#tell()
    const { logOutUrl } = this.#options
    if (logOutUrl) await post(logOutUrl)
  }

  #good(): string | undefined {
    const known = this.#known
    return known && performance.now() < known.goodUntil ? known.token : undefined
  }

  /** @param token undefined when the session is over */
  #learn(token?: string, seconds = 0): void {
    const { earlySeconds = 30 } = this.#options
    const goodUntil = performance.now() + (seconds - earlySeconds) * 1000
    this.#known = token === undefined ? undefined : { token, goodUntil }
  }

  #tell(token?: string, seconds?: number): void {
    this.#learn(token, seconds)
    this.#channel.postMessage([token, seconds])
  }

  /** One refresh at a time in all tabs, and one call of it in this one. */
  #renew(stale?: string): Promise<string> {
    const { locks } = navigator
    this.#flight ??= locks
      .request(this.#name, { ifAvailable: true }, (lock) => lock && this.#refresh(stale))
      .then(
        (token) =>
          token ??
          locks.request(this.#name, async () => {
            if ((this.#good() ?? stale) === stale) await this.#listen()
            return this.#refresh(stale)
          }),
      )
      .finally(() => {
        this.#flight = undefined
      })
    return this.#flight
  }

  /** Whoever had to wait for the lock hears from the tab that had it, whose message may be a little behind. */
  #listen(): Promise<void> {
    return new Promise((resolve) => {
      this.#heard = resolve
      setTimeout(resolve, HEARING_MS)
    })
  }

  async #refresh(stale?: string): Promise<string> {
    await pause(0)
    const fresh = this.#good()
    if (fresh !== undefined && fresh !== stale) return fresh
    try {
      const { accessToken, expiresInSeconds } = await ask(this.#options.refreshUrl)
      this.#tell(accessToken, expiresInSeconds)
      return accessToken
    } catch (error) {
      if (error instanceof LoggedOutError) this.#tell()
      throw error
    }
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
