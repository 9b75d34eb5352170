/**
 * The names of the store's keys. Everything one step touches carries the same hash tag, so that it lies in one slot of a
 * Cluster: a subject, its sessions and what is to be said of them by the first byte of the subject's hash; the log, the
 * fleet and the ring together.
 *
 *     p{s:ab}:s:<sid>   a session, a hash of the fields of its row         p{log}:meta     head, floor, issuers, version
 *     p{s:ab}:u:<hs>    the register of a subject: stamp and cut           p{log}:stream   the entries, at <p>-0
 *     p{s:ab}:i:<hs>    its sessions that nobody has ended, by birth       p{log}:fleet    a record for each member
 *     p{s:ab}:box       entries on their way to the log                    p{log}:ring     the key ring
 *     p{s:ab}:e         sessions by their end, for the sweep               p{log}:bell     rung when the log has grown
 *     p{s:ab}:r         registers by the time they can be forgotten                        or a member has moved
 */
/** What can follow in `{s:ab}`: the shards of all subjects, as two hexadecimal digits. */
export const shards: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
)

export class Keys {
  readonly meta: string
  readonly stream: string
  readonly fleet: string
  readonly ring: string
  readonly bell: string
  /** All of the log's, in the order that its scripts take them. */
  readonly log: readonly string[]
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
    this.meta = `${prefix}{log}:meta`
    this.stream = `${prefix}{log}:stream`
    this.fleet = `${prefix}{log}:fleet`
    this.ring = `${prefix}{log}:ring`
    this.bell = `${prefix}{log}:bell`
    this.log = [this.meta, this.stream, this.fleet, this.ring, this.bell]
  }

  session(sid: string): string {
    return `${this.#prefix}{s:${shardOf(sid)}}:s:${sid}`
  }

  register(hs: string): string {
    return `${this.#prefix}{s:${shardOf(hs)}}:u:${hs}`
  }

  box(shard: string): string {
    return `${this.#prefix}{s:${shard}}:box`
  }

  ends(shard: string): string {
    return `${this.#prefix}{s:${shard}}:e`
  }

  registers(shard: string): string {
    return `${this.#prefix}{s:${shard}}:r`
  }
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The first byte of a subject's hash, which a session id begins with: eight bits of its first two base64url digits. */
export function shardOf(hs: string): string {
  const byte = (DIGITS.indexOf(hs.charAt(0)) << 2) | (DIGITS.indexOf(hs.charAt(1)) >> 4)
  return shards[byte & 0xff] as string
}

/** The shard that a key of a shard says. */
export function shardIn(key: string): string {
  const start = key.indexOf('{s:') + 3
  return key.slice(start, start + 2)
}
