/**
 * Another issuer's keys, fetched from its JWK Set URL and kept in memory, where verify looks. The only requests of the
 * codec are made here, and none is ever caused by what a token says except that its `kid` is unknown.
 */
import { KeysUnavailableError } from '../errors.ts'
import type { Key, KeySet } from '../jose/key.ts'
import { checkOptions } from '../options.ts'
import type { Clock, Schedule } from '../system.ts'
import {
  type RemoteKeySetOptions,
  readSettings,
  readUrl,
  remoteOptionNames,
  type Settings,
} from './remote-key-set-options.ts'
import { type JwksAnswer, requestJwks } from './remote-key-set-request.ts'

export interface RemoteKeySet extends KeySet {
  /** Fetches the set now. @throws KeysUnavailableError when that fails; the keys known before stay */
  refresh(): Promise<void>
  /** Ends fetching. The keys known last serve on until they are too old. */
  close(): void
}

/** What a remote key set needs of the outside world. */
export interface RemoteSurroundings {
  readonly now: Clock
  readonly schedule: Schedule
}

/** @throws TypeError, RangeError naming the option; KeysUnavailableError when the first request fails */
export async function openRemoteKeySet(
  url: string | URL,
  options: RemoteKeySetOptions,
  surroundings: RemoteSurroundings,
): Promise<RemoteKeySet> {
  checkOptions('createRemoteKeySet', options, remoteOptionNames)
  const set = new FetchedKeySet(
    readUrl(url, options.allowHttp),
    readSettings(options),
    surroundings,
  )
  await set.refresh()
  return set
}

/** The most unknown kids remembered; an attacker may fill it, and then each costs what the cooldown allows anyway. */
const MAX_REMEMBERED_KIDS = 1000

class FetchedKeySet implements RemoteKeySet {
  readonly #url: URL
  readonly #settings: Settings
  readonly #surroundings: RemoteSurroundings
  #current: KeySet | undefined
  #version = 0
  /** Until then the current keys need no fetch, and until then they may serve at all. */
  #freshUntil = 0
  #usableUntil = 0
  #lastRequestAt = Number.NEGATIVE_INFINITY
  /** Kids that a whole answer did not have, and until when that is taken as said. */
  readonly #unknownKids = new Map<string, number>()
  #flight: Promise<KeysUnavailableError | undefined> | undefined
  #cancelTimer: () => void = () => {}
  readonly #closed = new AbortController()

  constructor(url: URL, settings: Settings, surroundings: RemoteSurroundings) {
    this.#url = url
    this.#settings = settings
    this.#surroundings = surroundings
  }

  get keys(): readonly Key[] {
    return this.#usable().keys
  }

  get refreshing(): Promise<unknown> | undefined {
    return this.#flight
  }

  get(kid: string): Key | undefined {
    const key = this.#usable().get(kid)
    if (key === undefined) this.#noteUnknown(kid)
    return key
  }

  /** @throws KeysUnavailableError when the keys are too old, as looking one up does */
  versionAt(): number {
    this.#usable()
    return this.#version
  }

  async refresh(): Promise<void> {
    if (this.#closed.signal.aborted) throw new TypeError('the key set is closed')
    const error = await this.#request()
    if (error !== undefined) throw error
  }

  close(): void {
    this.#cancelTimer()
    this.#closed.abort()
  }

  /** @throws KeysUnavailableError when the keys are too old, which happens only while fetching fails */
  #usable(): KeySet {
    const now = this.#surroundings.now()
    // The timer does this in time, unless the machine slept.
    if (now >= this.#freshUntil) this.#requestUnlessCooling()
    if (this.#current !== undefined && now < this.#usableUntil) return this.#current
    throw new KeysUnavailableError(
      `the key set at ${this.#url.origin} could not be fetched for longer than maxStaleSeconds`,
    )
  }

  /** A kid may be new, so it is worth a request, but only one per cooldown however many tokens bring however many kids. */
  #noteUnknown(kid: string): void {
    const now = this.#surroundings.now()
    if (now < (this.#unknownKids.get(kid) ?? 0)) return
    this.#unknownKids.delete(kid)
    this.#requestUnlessCooling()
    if (this.#flight === undefined || this.#unknownKids.size >= MAX_REMEMBERED_KIDS) return
    // Remembered while the request runs; when it ends, its answer decides for how long.
    this.#unknownKids.set(kid, Number.POSITIVE_INFINITY)
  }

  #requestUnlessCooling(): void {
    const cool = this.#surroundings.now() >= this.#lastRequestAt + this.#settings.cooldown
    if (cool && !this.#closed.signal.aborted) void this.#request()
  }

  /** One at a time: whoever comes while a request runs shares its answer. Never rejects. */
  #request(): Promise<KeysUnavailableError | undefined> {
    this.#flight ??= this.#fetch().finally(() => {
      this.#flight = undefined
    })
    return this.#flight
  }

  async #fetch(): Promise<KeysUnavailableError | undefined> {
    const { algorithms, fetch, timeout, onError } = this.#settings
    this.#lastRequestAt = this.#surroundings.now()
    const timer = new AbortController()
    const cancelTimeout = this.#surroundings.schedule(timeout, () => {
      timer.abort(new Error(`it took longer than ${timeout / 1000} s`))
    })
    const signal = AbortSignal.any([timer.signal, this.#closed.signal])
    try {
      // What does not obey the signal is not waited for, and what it answers later is not looked at.
      this.#accept(await unlessAborted(requestJwks(this.#url, algorithms, fetch, signal), signal))
      return undefined
    } catch (error) {
      const failure = this.#asUnavailable(error)
      this.#forgetUnknown(this.#surroundings.now())
      if (!this.#closed.signal.aborted) {
        this.#scheduleNext(this.#settings.cooldown)
        report(onError, failure)
      }
      return failure
    } finally {
      cancelTimeout()
    }
  }

  #asUnavailable(error: unknown): KeysUnavailableError {
    if (error instanceof KeysUnavailableError) return error
    const reason = error instanceof Error ? error.message : 'it was called off'
    return new KeysUnavailableError(
      `the key set at ${this.#url.origin} could not be fetched: ${reason}`,
    )
  }

  /** Replaces the whole set, so that a withdrawn key is gone. */
  #accept({ set, maxAgeSeconds }: JwksAnswer): void {
    const { cooldown, maxCache, maxStale } = this.#settings
    const now = this.#surroundings.now()
    const maxAge = (maxAgeSeconds ?? Number.POSITIVE_INFINITY) * 1000
    const fresh = Math.min(maxCache, Math.max(maxAge, cooldown))
    this.#current = set
    this.#version++
    this.#freshUntil = now + fresh
    this.#usableUntil = this.#freshUntil + maxStale
    this.#forgetUnknown(now + cooldown)
    this.#scheduleNext(fresh)
  }

  /** @param until when a kid that is unknown still may be asked for again */
  #forgetUnknown(until: number): void {
    for (const [kid, expiry] of this.#unknownKids) {
      if (expiry === Number.POSITIVE_INFINITY) this.#unknownKids.set(kid, until)
      else if (expiry <= this.#surroundings.now()) this.#unknownKids.delete(kid)
    }
  }

  #scheduleNext(milliseconds: number): void {
    this.#cancelTimer()
    this.#cancelTimer = this.#surroundings.schedule(milliseconds, () => void this.#request())
  }
}

/** A listener that throws must not end the fetching. */
function report(onError: Settings['onError'], failure: KeysUnavailableError): void {
  try {
    onError(failure)
  } catch {
    // It is for the listener to handle its own errors.
  }
}

/** The promise's outcome, or a rejection as soon as the signal says so. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  // The loser of the race may reject later, when nobody listens any more.
  promise.catch(() => {})
  return Promise.race([promise, aborted])
}
