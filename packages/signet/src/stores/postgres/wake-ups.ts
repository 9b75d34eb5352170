/**
 * Wake-ups between processes, by NOTIFY. They are hints: what they say is never believed, and the log is read instead.
 *
 * One connection listens. Whether it still hears is tried now and then by a notification to everybody: a connection through
 * a transaction pooler, or one that a firewall has forgotten, is silent and looks healthy. While it is deaf the head is
 * read several times a second.
 */
import type { Position } from '../../revocation/position.ts'
import { samePosition } from '../../revocation/position.ts'
import { system } from '../../system.ts'
import type { Database } from './database.ts'
import { readPosition } from './log.ts'

/** A notification by which a listener finds out whether it hears. */
const PING = 'ping'
const notify = 'SELECT pg_notify($1, $2)'

const TICK_MS = 250
/** Ticks of silence after which a listener tries whether it hears, and after which it listens anew. */
const PING_AFTER = 20
const DEAF_AFTER = 28
const LONGEST_PAUSE_TICKS = 20

export class WakeUps {
  readonly #database: Database
  readonly #watchers = new Set<() => void>()
  #timer: ReturnType<typeof setInterval> | undefined
  #unlisten: (() => void) | undefined
  #isConnecting = false
  /** Ticks since something was heard; undefined: nothing yet on this connection. */
  #silence: number | undefined
  #failures = 0
  #pause = 0
  #age = 0
  #head: Position | undefined
  #isPolling = false

  constructor(database: Database) {
    this.#database = database
  }

  watch(onWake: () => void): () => void {
    // One function given twice is two watchers.
    const watcher = () => onWake()
    this.#watchers.add(watcher)
    if (this.#timer === undefined) this.#start()
    return () => {
      this.#watchers.delete(watcher)
      if (this.#watchers.size === 0) this.stop()
    }
  }

  /** Tells other processes that the log has grown, where the statement that did it has not. */
  async tell(): Promise<void> {
    await this.#database.read(notify, [this.#database.channel, ''])
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#leave()
  }

  #start(): void {
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
    this.#timer.unref()
    this.#pause = 0
    void this.#connect()
  }

  #tick(): void {
    if (this.#unlisten === undefined) {
      this.#pause -= 1
      if (this.#pause <= 0) void this.#connect()
    } else {
      this.#age += 1
      const silence = this.#silence ?? this.#age
      if (silence % PING_AFTER === 0) this.#ping()
      if (silence > DEAF_AFTER) this.#lose()
      if (this.#silence !== undefined) this.#silence += 1
    }
    if (this.#silence === undefined) void this.#poll()
  }

  async #connect(): Promise<void> {
    if (this.#isConnecting) return
    this.#isConnecting = true
    try {
      const unlisten = await this.#database.listen({
        onHeard: (payload) => this.#hear(payload),
        onLost: () => this.#lose(),
      })
      if (this.#timer === undefined) return unlisten()
      this.#unlisten = unlisten
      this.#age = 0
      // Listening is committed: from here on nothing is missed, and what came before is read now.
      this.#wake()
      this.#ping()
    } catch {
      this.#lose()
    } finally {
      this.#isConnecting = false
    }
  }

  #hear(payload: string): void {
    this.#silence = 0
    this.#failures = 0
    if (payload !== PING) this.#wake()
  }

  /** The next attempt comes later each time, and not at the same moment in all processes. */
  #lose(): void {
    this.#leave()
    this.#failures += 1
    const longest = Math.min(2 ** this.#failures, LONGEST_PAUSE_TICKS)
    this.#pause = longest * (0.5 + (system.randomBytes(1)[0] ?? 0) / 512)
  }

  #leave(): void {
    this.#unlisten?.()
    this.#unlisten = undefined
    this.#silence = undefined
  }

  #ping(): void {
    this.#database.read(notify, [this.#database.channel, PING]).catch(() => {})
  }

  /** While nothing can be heard. A store that does not answer is somebody else's to report. */
  async #poll(): Promise<void> {
    if (this.#isPolling) return
    this.#isPolling = true
    try {
      const head = await readPosition((sql, values) => this.#database.read(sql, values))
      if (this.#head === undefined || !samePosition(head, this.#head)) this.#wake()
      this.#head = head
    } catch {
    } finally {
      this.#isPolling = false
    }
  }

  #wake(): void {
    for (const watcher of this.#watchers) watcher()
  }
}
