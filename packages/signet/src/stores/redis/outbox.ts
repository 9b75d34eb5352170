/**
 * How entries get into the log. A step that changes state puts its entry into a box in its own slot, so that no crash can
 * part the two; whoever made the step then brings it to the log and clears the box. When he dies in between, any
 * process's drainer does it. An entry that both bring stands in the log twice, which changes nothing.
 */
import type { Position } from '../../revocation/position.ts'
import type { RandomBytes } from '../../system.ts'
import type { Connection } from './connection.ts'
import { type Keys, shards } from './keys.ts'
import { appendEntries } from './scripts/log.ts'

/** An entry as JSON, without the times it gets in the log. */
export interface Waiting {
  readonly id: string
  readonly json: string
}

export interface Appended {
  readonly position: Position
  readonly at: number
  readonly expiresAt: number
}

/** How often every box is looked into, in milliseconds. */
const DRAIN_EVERY_MS = 2000

export class Outbox {
  readonly #connection: Connection
  readonly #keys: Keys
  readonly #randomBytes: RandomBytes
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(connection: Connection, keys: Keys, randomBytes: RandomBytes) {
    this.#connection = connection
    this.#keys = keys
    this.#randomBytes = randomBytes
  }

  /** Appends entries to the log, in one step. @param tokenExpiresAt of the token, where one entry is about one token */
  async append(entries: readonly string[], tokenExpiresAt?: number): Promise<readonly Appended[]> {
    const tags = entries.map(() => this.tag())
    const args = entries.flatMap((json, place) => [
      json,
      String(tokenExpiresAt ?? ''),
      tags[place] as string,
    ])
    const replies = await this.#connection.write(appendEntries, this.#keys.log, args)
    return (replies as [string, string, string][]).map(([p, at, expiresAt], place) => ({
      position: { p: Number(p), tag: tags[place] as string },
      at: Number(at),
      expiresAt: Number(expiresAt),
    }))
  }

  /** Brings entries that stand in a box to the log; only then does the box let go of them. */
  async deliver(shard: string, waiting: readonly Waiting[]): Promise<readonly Appended[]> {
    const appended = await this.append(waiting.map(({ json }) => json))
    const box = this.#keys.box(shard)
    // Nobody need wait for it: what stays in the box is appended once more.
    this.#connection.send(box, ['HDEL', box, ...waiting.map(({ id }) => id)]).catch(() => {})
    return appended
  }

  /** 64 random bits in hex. */
  tag(): string {
    return Buffer.from(this.#randomBytes(8)).toString('hex')
  }

  /** Looks into every box from now on. */
  start(): void {
    if (this.#timer !== undefined || this.#connection.isClosed) return
    this.#timer = setInterval(() => {
      // A store that is away is everyone's concern; the next round will find it back.
      this.drain().catch(() => {})
    }, DRAIN_EVERY_MS)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Delivers what others have left. Answers how many entries that was. */
  async drain(): Promise<number> {
    const counts = await Promise.all(
      shards.map((shard) => {
        const box = this.#keys.box(shard)
        return this.#connection.send(box, ['HLEN', box])
      }),
    )
    let delivered = 0
    for (const [place, count] of counts.entries()) {
      if (Number(count) > 0) delivered += await this.#empty(shards[place] as string)
    }
    return delivered
  }

  async #empty(shard: string): Promise<number> {
    const box = this.#keys.box(shard)
    const ids = (await this.#connection.send(box, ['HKEYS', box])) as string[]
    if (ids.length === 0) return 0
    const texts = (await this.#connection.send(box, ['HMGET', box, ...ids])) as (string | null)[]
    const waiting = ids.flatMap((id, place) => {
      const json = texts[place]
      return json === null || json === undefined ? [] : [{ id, json }]
    })
    if (waiting.length > 0) await this.deliver(shard, waiting)
    return waiting.length
  }
}
