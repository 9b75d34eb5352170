/** An issuer that publishes keys, for tests of remote key sets. */
import { exportJwk, type Key, type RemoteKeySet, type RemoteKeySetOptions } from 'signet-jwt'
import { openRemoteKeySet } from '../../packages/signet/src/keys/remote-key-set.ts'

const url = 'https://login.example/jwks.json'

/** An issuer, a clock and a timer that move only when the test says so. */
export class World {
  milliseconds = Date.parse('2026-01-01T00:00:00Z')
  requests = 0
  answer: () => Response | Promise<Response>

  constructor(...keys: readonly Key[]) {
    this.answer = () => published(...keys)
  }

  readonly #timers = new Set<{ readonly at: number; readonly callback: () => void }>()

  readonly fetch = async (): Promise<Response> => {
    this.requests++
    return this.answer()
  }

  readonly surroundings = {
    now: () => this.milliseconds,
    schedule: (milliseconds: number, callback: () => void) => {
      const timer = { at: this.milliseconds + milliseconds, callback }
      this.#timers.add(timer)
      return () => this.#timers.delete(timer)
    },
  }

  open(options: RemoteKeySetOptions = {}): Promise<RemoteKeySet> {
    return openRemoteKeySet(url, { fetch: this.fetch, ...options }, this.surroundings)
  }

  /** Moves the clock and lets due timers and their requests run. */
  async pass(seconds: number): Promise<void> {
    this.milliseconds += seconds * 1000
    for (const timer of [...this.#timers]) {
      if (timer.at <= this.milliseconds && this.#timers.delete(timer)) timer.callback()
    }
    await settle()
  }

  /** The clock moves and no timer fires: a machine that slept. */
  sleep(seconds: number): void {
    this.milliseconds += seconds * 1000
  }
}

/** Lets everything that is ready run; nothing here waits for the real clock. */
export const settle = () =>
  new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))

export function published(...keys: readonly (Key | object)[]): Response {
  return Response.json({
    keys: keys.map((key) => ('canSign' in key ? exportJwk(key as Key) : key)),
  })
}
