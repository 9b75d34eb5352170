/** The options of a remote key set, read once. */
import type { KeysUnavailableError } from '../errors.ts'
import type { Algorithm } from '../jose/algorithms.ts'
import { checkSeconds, describe } from '../options.ts'
import { readKeySetAlgorithms } from './key-set.ts'
import type { Fetch } from './remote-key-set-request.ts'

export interface RemoteKeySetOptions {
  /** Keys for other algorithms are ignored, as in createKeySet. Default: every algorithm. */
  readonly algorithms?: readonly Algorithm[]
  /** Seconds a request may take, from 0.1 to 60. Default 5. */
  readonly timeoutSeconds?: number
  /**
   * Seconds after which the set is fetched again, from 1 to a day. Default 600. A Cache-Control of the answer shortens it,
   * though not below `cooldownSeconds`. A withdrawn key verifies nothing from then on.
   */
  readonly maxCacheSeconds?: number
  /** Seconds after a request, failed or not, in which no unknown `kid` causes another, from 1 to 3600. Default 30. */
  readonly cooldownSeconds?: number
  /**
   * Seconds for which the keys serve on after `maxCacheSeconds` while fetching fails, from 0 to a day. Default 3600.
   * Afterwards verifying throws KeysUnavailableError.
   */
  readonly maxStaleSeconds?: number
  /** Lets the URL be http where the host is this machine: 'loopback'. Default: https only. */
  readonly allowHttp?: 'loopback'
  /** Makes the requests. Default: the global fetch. */
  readonly fetch?: Fetch
  /** Told of every failed request. */
  readonly onError?: (error: KeysUnavailableError) => void
}

export const remoteOptionNames: readonly string[] = [
  'algorithms',
  'timeoutSeconds',
  'maxCacheSeconds',
  'cooldownSeconds',
  'maxStaleSeconds',
  'allowHttp',
  'fetch',
  'onError',
]

export interface Settings {
  readonly algorithms: readonly Algorithm[] | undefined
  readonly timeout: number
  readonly maxCache: number
  readonly cooldown: number
  readonly maxStale: number
  readonly fetch: Fetch
  readonly onError: (error: KeysUnavailableError) => void
}

/** Seconds in the options, milliseconds from here on. */
export function readSettings(options: RemoteKeySetOptions): Settings {
  const seconds = (
    name: 'timeoutSeconds' | 'maxCacheSeconds' | 'cooldownSeconds' | 'maxStaleSeconds',
    fallback: number,
    bounds: { readonly min: number; readonly max: number },
  ) => checkSeconds(name, options[name] ?? fallback, bounds) * 1000
  const { fetch = globalThis.fetch, onError = () => {} } = options
  if (typeof fetch !== 'function')
    throw new TypeError(`'fetch' must be a function, got ${describe(fetch)}`)
  if (typeof onError !== 'function')
    throw new TypeError(`'onError' must be a function, got ${describe(onError)}`)
  return {
    algorithms: readKeySetAlgorithms(options),
    timeout: seconds('timeoutSeconds', 5, { min: 0.1, max: 60 }),
    maxCache: seconds('maxCacheSeconds', 600, { min: 1, max: 86_400 }),
    cooldown: seconds('cooldownSeconds', 30, { min: 1, max: 3600 }),
    maxStale: seconds('maxStaleSeconds', 3600, { min: 0, max: 86_400 }),
    fetch,
    onError,
  }
}

/** @throws TypeError for what is no URL, or none from which keys may come */
export function readUrl(text: string | URL, allowHttp: RemoteKeySetOptions['allowHttp']): URL {
  const url = URL.parse(String(text))
  if (url === null)
    throw new TypeError(
      'createRemoteKeySet takes the URL of a JWK Set, such as https://login.example/.well-known/jwks.json',
    )
  if (allowHttp !== undefined && allowHttp !== 'loopback') {
    throw new TypeError(`'allowHttp' can only be 'loopback', got ${describe(allowHttp)}`)
  }
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)
  if (
    url.protocol !== 'https:' &&
    !(url.protocol === 'http:' && loopback && allowHttp === 'loopback')
  ) {
    throw new TypeError(
      "the URL of a key set must be https; for http on this machine write allowHttp: 'loopback'",
    )
  }
  if (url.username !== '' || url.password !== '')
    throw new TypeError('the URL of a key set must not hold a password')
  return url
}
