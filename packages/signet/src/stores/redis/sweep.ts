/** Deletes what can matter to no token any more, a bounded piece at a time. */
import type { Connection } from './connection.ts'
import { type Keys, shards } from './keys.ts'
import type { RedisLog } from './log.ts'
import { sweepShard } from './scripts/read.ts'

/** How long an ended session's row is kept beyond its last access token, in milliseconds. */
const ROW_MARGIN_MS = 60_000

export class Sweep {
  readonly #connection: Connection
  readonly #keys: Keys
  readonly #log: RedisLog

  constructor(connection: Connection, keys: Keys, log: RedisLog) {
    this.#connection = connection
    this.#keys = keys
    this.#log = log
  }

  /** Answers how many entries, sessions and registers went. */
  async run(limit: number): Promise<number> {
    const { gone, now, longestLife } = await this.#log.trim(limit)
    const keep = longestLife + ROW_MARGIN_MS
    const due = await Promise.all(shards.map((shard) => this.#dueIn(shard, now - keep)))
    let left = limit
    const swept = due.map((count, place) => {
      const share = Math.min(count, left)
      left -= share
      return share === 0 ? 0 : this.#sweep(shards[place] as string, keep, share)
    })
    const counts = await Promise.all(swept)
    return counts.reduce((sum, count) => sum + count, gone)
  }

  /** Sessions and registers of a shard that may be over. */
  async #dueIn(shard: string, before: number): Promise<number> {
    const count = async (key: string) =>
      Number(await this.#connection.send(key, ['ZCOUNT', key, '-inf', `(${before}`]))
    const counts = await Promise.all([
      count(this.#keys.ends(shard)),
      count(this.#keys.registers(shard)),
    ])
    return counts[0] + counts[1]
  }

  async #sweep(shard: string, keep: number, limit: number): Promise<number> {
    const keys = [this.#keys.ends(shard), this.#keys.box(shard)]
    const args = [String(keep), String(limit)]
    return Number(await this.#connection.write(sweepShard, keys, args))
  }
}
