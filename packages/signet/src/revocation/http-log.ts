/**
 * The log of a server, for verifiers without access to its store: the same reports and the same answers as of a store,
 * over HTTP. docs/followers.md has the wire format.
 */
import { StoreUnavailableError } from '../errors.ts'
import type { FollowedLog } from './log-store.ts'
import { printPosition } from './position.ts'
import { readRing, readTail, type WireRing, writeReport } from './wire.ts'

export interface HttpLogOptions {
  /** Of the server, without the paths of the feed. */
  readonly url: URL
  /** An admin key with the scope `follow`. */
  readonly token: string
  /** Bound on each request, in milliseconds. */
  readonly timeout: number
  readonly fetch: (url: URL, init: RequestInit) => Promise<Response>
  /** From 0 to 1: spreads the attempts of a fleet to connect again. */
  readonly random: () => number
}

export interface HttpLog extends FollowedLog {
  /** The newest ring that came with an answer. */
  readonly ring: WireRing
}

/** Pauses before the stream of wake-ups is opened again, in milliseconds: doubled from the first to the last. */
const RECONNECT_MS = { first: 250, last: 10_000 }

export function httpLog(options: HttpLogOptions): HttpLog {
  let ring: WireRing = { version: 0, withdrawn: [] }
  const ask = async (method: string, path: string, body?: unknown) => {
    const json = await request(options, method, path, body)
    const newer = readRing(json)
    if (newer !== undefined && newer.version > ring.version) ring = newer
    return readTail(json)
  }
  return {
    get ring() {
      return ring
    },
    beat: (report) =>
      ask(
        'PUT',
        `v1/followers/${encodeURIComponent(report.id)}`,
        writeReport(report, ring.version),
      ),
    look: (position) =>
      ask('GET', `v1/revocations?after=${printPosition(position)}&ring=${ring.version}`),
    removeMember: async (id) => {
      await request(options, 'DELETE', `v1/followers/${encodeURIComponent(id)}`)
    },
    watch: (onWake) => watchFeed(options, onWake),
  }
}

/** @throws StoreUnavailableError for whatever goes wrong: the lease decides what that means */
async function request(
  { url, token, timeout, fetch }: HttpLogOptions,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  try {
    const response = await fetch(new URL(path, url), {
      method,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A redirect would send the key to wherever it points.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    })
    if (!response.ok) {
      await response.body?.cancel()
      throw new TypeError(explainStatus(response.status))
    }
    return response.status === 204 ? undefined : await response.json()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'no reason given'
    throw new StoreUnavailableError(`the revocation feed at ${url.origin} failed: ${reason}`, {
      cause,
    })
  }
}

function explainStatus(status: number): string {
  return status === 401 || status === 403
    ? `it refuses the key (status ${status}): 'token' must be an admin key with the scope 'follow'`
    : `it answered with status ${status}`
}

/** Calls back for every event of the server's stream; connects again for ever, ever more slowly. */
function watchFeed(options: HttpLogOptions, onWake: () => void): () => void {
  const stop = new AbortController()
  const run = async () => {
    for (let pause = RECONNECT_MS.first; !stop.signal.aborted; ) {
      const wasOpen = await readEvents(options, onWake, stop.signal).catch(() => false)
      // Entries may have come while nobody listened.
      onWake()
      pause = wasOpen ? RECONNECT_MS.first : Math.min(pause * 2, RECONNECT_MS.last)
      await sleep(pause * (0.5 + options.random()), stop.signal)
    }
  }
  void run()
  return () => stop.abort()
}

/** Reads the stream to its end. Answers whether it had begun. */
async function readEvents(
  { url, token, fetch }: HttpLogOptions,
  onWake: () => void,
  signal: AbortSignal,
): Promise<boolean> {
  const response = await fetch(new URL('v1/revocations', url), {
    headers: { accept: 'text/event-stream', authorization: `Bearer ${token}` },
    redirect: 'manual',
    signal,
  })
  if (!response.ok || response.body === null) {
    await response.body?.cancel()
    return false
  }
  const decoder = new TextDecoder()
  for await (const chunk of response.body) {
    // What the event says is read from the log itself; a line beginning with a colon only keeps the connection open.
    if (/^data:/m.test(decoder.decode(chunk, { stream: true }))) onWake()
  }
  return true
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds)
    timer.unref()
    signal.addEventListener('abort', done, { once: true })
    function done() {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
  })
}
