/**
 * How processes wake each other: a stream of one entry that is written when the log has grown or a member has moved, and
 * read by a connection that waits for it. A ring says nothing but "look": whoever hears it looks at the head first.
 */
import type { Blocking } from './driver.ts'

/** The longest wait for a ring, in milliseconds, when no lease is known to be shorter. */
const LONGEST_WAIT_MS = 1000
/** An answer that is later than the wait by this means that the connection is dead, in milliseconds. */
const PATIENCE_MS = 1000
/** Pause after a failure, in milliseconds. */
const RETRY_MS = 200
/** Rings within so many milliseconds are heard as one, lest each move of each member make every other look. */
const GATHER_MS = 1

export class RedisBell {
  readonly #key: string
  readonly #duplicate: () => Blocking
  readonly #listeners = new Set<() => void>()
  #wait = LONGEST_WAIT_MS
  #connection: Blocking | undefined
  #isListening = false

  /** @param duplicate makes a connection for reads that block */
  constructor(key: string, duplicate: () => Blocking) {
    this.#key = key
    this.#duplicate = duplicate
  }

  /** A read never waits longer than a quarter of the shortest lease: then its holder beats anyway. */
  heedLease(maxStaleness: number): void {
    this.#wait = Math.max(1, Math.min(this.#wait, Math.floor(maxStaleness / 5)))
  }

  /** Calls back whenever any process has rung. Answers how to stop. */
  listen(onRing: () => void): () => void {
    const listener = () => onRing()
    this.#listeners.add(listener)
    if (!this.#isListening) void this.#run()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#hangUp()
    }
  }

  close(): void {
    this.#listeners.clear()
    this.#hangUp()
  }

  #hangUp(): void {
    this.#connection?.close()
    this.#connection = undefined
  }

  async #run(): Promise<void> {
    this.#isListening = true
    while (this.#listeners.size > 0) {
      try {
        await this.#listenOn(this.#duplicate())
      } catch {
        // Whoever listens has other ways to learn: a bell only makes them faster.
        await pause(RETRY_MS)
      }
    }
    this.#isListening = false
  }

  /** Reads rings from one connection until nobody listens. @throws when the connection fails */
  async #listenOn(connection: Blocking): Promise<void> {
    this.#connection = connection
    try {
      let last = await this.#newest(connection)
      // What was rung while there was no connection was not heard.
      this.#wake()
      while (this.#listeners.size > 0) {
        const block = String(this.#wait)
        const heard = await this.#ask(connection, [
          'XREAD',
          'BLOCK',
          block,
          'STREAMS',
          this.#key,
          last,
        ])
        // A bell that lost its last rings with a primary may have gone back in time: nothing would be newer than `last`.
        const newest = idIn(heard) ?? (await this.#newest(connection))
        if (newest === last) continue
        last = newest
        this.#wake()
        await pause(GATHER_MS)
      }
    } finally {
      connection.close()
    }
  }

  async #newest(connection: Blocking): Promise<string> {
    const found = await this.#ask(connection, ['XREVRANGE', this.#key, '+', '-', 'COUNT', '1'])
    return idIn(found) ?? '0-0'
  }

  /** @throws when no answer comes: the other end may be gone without a word */
  async #ask(connection: Blocking, command: readonly string[]): Promise<unknown> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer')), this.#wait + PATIENCE_MS)
      timer.unref()
    })
    try {
      return await Promise.race([connection.send(this.#key, command), silence])
    } finally {
      clearTimeout(timer)
    }
  }

  #wake(): void {
    for (const listener of this.#listeners) listener()
  }
}

/** The first stream id in an answer, whatever shape the client gives it. */
function idIn(reply: unknown): string | undefined {
  if (typeof reply === 'string') return /^\d+-\d+$/.test(reply) ? reply : undefined
  if (reply === null || typeof reply !== 'object') return undefined
  for (const part of Object.values(reply)) {
    const id = idIn(part)
    if (id !== undefined) return id
  }
  return undefined
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref()
  })
}
