/**
 * How processes on one SQLite file wake each other: after a commit that others should see, one byte is written to a file
 * beside the database, which they watch.
 *
 * Watching the database's own write-ahead log does not do: it is written before the commit can be seen, so whoever looks
 * at once sees nothing, and no further event follows (measured: receipts of 60 ms, the interval of their own look-outs,
 * against 6 ms with the bell). It would also ring at every rotation, which is nobody else's concern.
 */
import { closeSync, constants, openSync, watch, writeSync } from 'node:fs'

/** How often listeners are called when the system cannot watch files, in milliseconds. */
const POLL_MS = 20

export class SqliteBell {
  readonly #path: string
  readonly #stops = new Set<() => void>()
  #file: number | undefined

  constructor(path: string) {
    this.#path = path
  }

  /** A bell that cannot be rung delays others until their next beat and is no reason to fail a commit that stands. */
  ring(): void {
    try {
      this.#file ??= this.#open()
      writeSync(this.#file, '.', 0)
    } catch {
      this.#file = undefined
    }
  }

  /** Calls back whenever any process has rung. Answers how to stop. */
  listen(onRing: () => void): () => void {
    const stopWatching = this.#watch(onRing)
    const stop = () => {
      stopWatching()
      this.#stops.delete(stop)
    }
    this.#stops.add(stop)
    return stop
  }

  close(): void {
    for (const stop of this.#stops) stop()
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #open(): number {
    // Not for appending: the file stays one byte long however often it is rung.
    return openSync(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600)
  }

  #watch(onRing: () => void): () => void {
    try {
      closeSync(this.#open())
      const watcher = watch(this.#path, { persistent: false }, onRing)
      watcher.on('error', () => watcher.close())
      return () => watcher.close()
    } catch {
      const timer = setInterval(onRing, POLL_MS)
      timer.unref()
      return () => clearInterval(timer)
    }
  }
}
