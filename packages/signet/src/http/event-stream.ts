/** The log as server-sent events (the EventSource part of the HTML standard): one reader of the store, any number of clients. */
import { BEAT_LIMIT, type LogStore, type Tail } from '../revocation/log-store.ts'
import { origin, type Position, printPosition } from '../revocation/position.ts'
import { writeEntry } from '../revocation/wire.ts'

/** How often an idle connection is written to, so that proxies keep it and a dead client is noticed, in milliseconds. */
const PING_MS = 15_000

export class EventStream {
  readonly #log: Pick<LogStore, 'look' | 'head' | 'watch'>
  /** Whoever waits for the log to grow. */
  readonly #waiting = new Set<() => void>()
  /** Reads since the last wake-up by position: clients that are equally far share one. */
  #looks = new Map<string, Promise<Tail>>()
  #unwatch: (() => void) | undefined
  #clients = 0
  #closed = false

  constructor(log: Pick<LogStore, 'look' | 'head' | 'watch'>) {
    this.#log = log
  }

  /** @param from undefined for what is appended from now on */
  async open(from: Position | undefined, signal: AbortSignal): Promise<Response> {
    const position = from ?? (await this.#log.head())
    const body = ReadableStream.from(this.#events(position, signal))
    return new Response(body.pipeThrough(new TextEncoderStream()), {
      headers: {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        // Proxies that collect an answer before they pass it on would hold revocations back.
        'x-accel-buffering': 'no',
      },
    })
  }

  close(): void {
    this.#closed = true
    this.#wake()
  }

  async *#events(start: Position, signal: AbortSignal): AsyncGenerator<string> {
    this.#enter()
    try {
      let position = start
      yield ': revocations\n\n'
      while (!this.#closed && !signal.aborted) {
        const woken = this.#woken(signal)
        const tail = await this.#look(position)
        if (tail.state !== 'ok') {
          // The client knows entries this log never had, or lacks some that were trimmed: it begins again.
          yield 'event: reset\ndata: {}\n\n'
          position = origin
        }
        for (const entry of tail.entries) {
          yield `id: ${printPosition(entry.position)}\nevent: revocation\ndata: ${JSON.stringify(writeEntry(entry))}\n\n`
          position = entry.position
        }
        if (tail.entries.length === BEAT_LIMIT) continue
        if (await woken) continue
        // Wake-ups are hints that may get lost: the next read is a fresh one.
        this.#looks.delete(printPosition(position))
        yield ': ping\n\n'
      }
    } finally {
      this.#leave()
    }
  }

  /** Resolves with true when the log may have grown since this was called, with false after a while. */
  #woken(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const finish = (isWoken: boolean) => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve(isWoken)
      }
      const wake = () => finish(true)
      const timer = setTimeout(() => finish(false), PING_MS)
      timer.unref()
      this.#waiting.add(wake)
      signal.addEventListener('abort', wake, { once: true })
    })
  }

  #look(position: Position): Promise<Tail> {
    const name = printPosition(position)
    const known = this.#looks.get(name)
    if (known !== undefined) return known
    const look = this.#log.look(position)
    this.#looks.set(name, look)
    // A failed read must not be the answer to the next client.
    look.catch(() => this.#looks.delete(name))
    return look
  }

  #wake(): void {
    this.#looks = new Map()
    for (const wake of [...this.#waiting]) wake()
  }

  #enter(): void {
    this.#clients += 1
    this.#unwatch ??= this.#log.watch(() => this.#wake())
  }

  #leave(): void {
    this.#clients -= 1
    if (this.#clients > 0) return
    this.#unwatch?.()
    this.#unwatch = undefined
    this.#looks = new Map()
  }
}
