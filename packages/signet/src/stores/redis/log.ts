/** The ports to the log and to the key ring, on Redis: each method is one script. */
import type { RingChange, RingDocument, RingStore } from '../../keys/ring-store.ts'
import type { LogEntry } from '../../revocation/entry.ts'
import {
  BEAT_LIMIT,
  type BeatReply,
  type BeatReport,
  type LogStore,
  type OnStale,
  type ReceiptReading,
  type Tail,
} from '../../revocation/log-store.ts'
import { origin, type Position } from '../../revocation/position.ts'
import type { RedisBell } from './bell.ts'
import type { Connection } from './connection.ts'
import type { Keys } from './keys.ts'
import type { Script } from './script.ts'
import * as scripts from './scripts/log.ts'

export class RedisLog implements Omit<LogStore, 'reoffer'>, RingStore {
  readonly #connection: Connection
  readonly #keys: Keys
  readonly #bell: RedisBell
  /** A random tag, and a random id for an entry that a step causes by itself. */
  readonly #random: { readonly tag: () => string; readonly id: () => string }

  constructor(
    connection: Connection,
    keys: Keys,
    bell: RedisBell,
    random: { readonly tag: () => string; readonly id: () => string },
  ) {
    this.#connection = connection
    this.#keys = keys
    this.#bell = bell
    this.#random = random
  }

  async declareIssuer(
    issuer: string,
    maxLife: number,
  ): Promise<{ readonly raisedAt: Position | undefined }> {
    const tag = this.#random.tag()
    const said = { id: this.#random.id(), kind: 'ring', issuer, reason: 'longer tokens' }
    const args = [issuer, String(maxLife), JSON.stringify(said), tag]
    const p = await this.#write(scripts.declareIssuer, args)
    return { raisedAt: p === '' ? undefined : { p: Number(p), tag } }
  }

  async beat(report: BeatReport): Promise<BeatReply> {
    const { id, position, maxStaleness, onStale } = report
    this.#bell.heedLease(maxStaleness)
    const args = [id, ...argsOf(position), String(maxStaleness), onStale, String(BEAT_LIMIT)]
    const reply = await this.#write(scripts.beat, args)
    return { ...tailOf(reply), members: Number((reply as unknown[])[6]) }
  }

  async look(position: Position): Promise<Tail> {
    return tailOf(await this.#run(scripts.look, [...argsOf(position), String(BEAT_LIMIT)]))
  }

  async head(): Promise<Position> {
    const { meta } = this.#keys
    const reply = await this.#connection.send(meta, ['HMGET', meta, 'p', 'tag'])
    const [p, tag] = reply as [string | null, string | null]
    return p === null || tag === null ? origin : { p: Number(p), tag }
  }

  async readReceipt(position: Position): Promise<ReceiptReading> {
    const reply = await this.#run(scripts.readReceipt, argsOf(position))
    const [present, ...members] = reply as [number, ...(string | number)[]]
    const found: ReceiptReading['members'][number][] = []
    for (let place = 0; place < members.length; place += 3) {
      const [p, tag, beats, maxStaleness, onStale] = String(members[place + 1]).split(':')
      found.push({
        id: String(members[place]),
        position: { p: Number(p), tag: String(tag) },
        beats: Number(beats),
        maxStaleness: Number(maxStaleness),
        onStale: onStale as OnStale,
        confirmed: members[place + 2] === 1,
      })
    }
    return { present: present === 1, members: found }
  }

  async removeMember(id: string, beats?: number): Promise<void> {
    await this.#write(scripts.removeMember, [id, beats === undefined ? '' : String(beats)])
  }

  watch(onWake: () => void): () => void {
    return this.#bell.listen(onWake)
  }

  async loadRing(): Promise<RingDocument | undefined> {
    const { ring } = this.#keys
    const fields = ['version', 'publicPart', 'sealed']
    const reply = await this.#connection.send(ring, ['HMGET', ring, ...fields])
    const [version, publicPart, sealed] = reply as (string | null)[]
    if (version === null || publicPart === null || sealed === null) return undefined
    return {
      version: Number(version),
      publicPart: String(publicPart),
      sealed: JSON.parse(String(sealed)) as RingDocument['sealed'],
    }
  }

  async changeRing({ expectedVersion, ring, entryId, issuer }: RingChange): Promise<boolean> {
    const said = { id: entryId, kind: 'ring', issuer, key: String(ring.version) }
    const reply = await this.#write(scripts.changeRing, [
      String(expectedVersion),
      String(ring.version),
      ring.publicPart,
      JSON.stringify(ring.sealed),
      JSON.stringify(said),
      this.#random.tag(),
    ])
    return reply === 1
  }

  /** Trims the log. Answers how many entries went, the store time, and the longest life of any issuer's tokens. */
  async trim(
    limit: number,
  ): Promise<{ readonly gone: number; readonly now: number; readonly longestLife: number }> {
    const reply = await this.#write(scripts.trim, [String(limit), this.#random.tag()])
    const [gone, now, longestLife] = reply as [number, string, string]
    return { gone, now: Number(now), longestLife: Number(longestLife) }
  }

  #write(script: Script, args: readonly string[]): Promise<unknown> {
    return this.#connection.write(script, this.#keys.log, args)
  }

  #run(script: Script, args: readonly string[]): Promise<unknown> {
    return this.#connection.run(script, this.#keys.log, args)
  }
}

function argsOf({ p, tag }: Position): readonly [string, string] {
  return [String(p), tag]
}

function tailOf(reply: unknown): Tail {
  const [state, p, tag, ringVersion, entries, issuers] = reply as [
    Tail['state'],
    string,
    string,
    string,
    string,
    string[],
  ]
  const maxLife: { [issuer: string]: number } = Object.create(null)
  for (let place = 0; place < issuers.length; place += 2) {
    maxLife[issuers[place] as string] = Number(issuers[place + 1])
  }
  return {
    state,
    head: { p: Number(p), tag },
    entries: JSON.parse(entries) as LogEntry[],
    maxLife: { ...maxLife },
    ringVersion: Number(ringVersion),
  }
}
