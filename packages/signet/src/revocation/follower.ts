/**
 * Keeps one revocation index in step with the log, and the lease that says so.
 *
 * One beat does everything: it reports the position applied so far, receives what came after, and, when that was all,
 * renews the lease as of the instant before the report was sent. Wake-ups only make the next beat come sooner.
 */
import { withDeadline } from '../deadline.ts'
import type { LogEntry } from './entry.ts'
import type { FollowerOptions } from './follower-options.ts'
import { Journal } from './journal.ts'
import { before, Lease, readClocks } from './lease.ts'
import { BEAT_LIMIT, type OnStale, type Tail } from './log-store.ts'
import { origin, type Position, samePosition } from './position.ts'
import { createPurger } from './purger.ts'
import { Repair } from './repair.ts'
import { RevocationIndex } from './revocation-index.ts'

/** Pause after a beat that failed, in milliseconds. */
const RETRY_MS = 1000

export class Follower {
  readonly index: RevocationIndex
  readonly lease: Lease
  readonly memberId: string
  /** Told of every entry once it is applied. */
  readonly listeners: Set<(entry: LogEntry) => void> = new Set()
  readonly #options: FollowerOptions
  readonly #purge: () => void
  /** The longest lease that any verifier here goes by, which receipts wait for, and the shortest, which beats keep. */
  #maxStaleness: number
  #shortestLease: number
  #onStale: OnStale
  readonly #journal = new Journal()
  /** While a store that has lost writes is repaired. */
  #repair: Repair | undefined
  #position: Position = origin
  #maxLife: Tail['maxLife'] = {}
  #members = 0
  #running: Promise<void> | undefined
  #queued: Promise<void> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #unwatch: (() => void) | undefined
  #looking = false
  #closed = false

  constructor(options: FollowerOptions) {
    this.#options = options
    this.index = new RevocationIndex(options.randomBytes)
    this.#maxStaleness = options.maxStaleness
    this.#shortestLease = options.maxStaleness
    this.#onStale = options.onStale
    this.memberId = options.memberId
    this.#purge = createPurger(this.index, options.now)
    this.lease = new Lease(options.clocks, options.maxStaleness)
  }

  get onStale(): OnStale {
    return this.#onStale
  }

  get position(): Position {
    return this.#position
  }

  /** Members of the fleet with a record at the last beat, this one included. */
  get members(): number {
    return this.#members
  }

  /** The longest access token of an issuer, in milliseconds; undefined while no beat has told. */
  maxLife(issuer: string): number | undefined {
    return Object.hasOwn(this.#maxLife, issuer) ? this.#maxLife[issuer] : undefined
  }

  /** Applies an entry, whoever brings it. */
  apply(entry: LogEntry): void {
    this.index.apply(entry)
    for (const listener of this.listeners) listener(entry)
  }

  /**
   * Takes on a verifier with a lease of its own. Receipts are told of a longer lease, or of one that is not kept, before
   * the verifier accepts anything; for a shorter one, beats come sooner.
   */
  async admit(maxStaleness: number, onStale: OnStale): Promise<void> {
    const isWider =
      maxStaleness > this.#maxStaleness || (onStale === 'allow' && this.#onStale === 'deny')
    this.#maxStaleness = Math.max(this.#maxStaleness, maxStaleness)
    if (onStale === 'allow') this.#onStale = 'allow'
    if (maxStaleness < this.#shortestLease) {
      this.#shortestLease = maxStaleness
      clearTimeout(this.#timer)
      this.#schedule()
    }
    if (isWider) await this.beat()
  }

  /** Resolves with the first proof: before it the verifier would refuse everything. */
  async start(): Promise<void> {
    this.#unwatch = this.#options.store.watch(() => void this.#look())
    try {
      await this.beat()
    } catch (error) {
      this.#unwatch()
      throw error
    }
    this.#schedule()
  }

  /** Reports and catches up. At most one beat is under way and one waiting, which begins after this call. */
  beat(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#catchUp().finally(() => {
        this.#running = undefined
      })
      return this.#running
    }
    this.#queued ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#queued = undefined
        return this.beat()
      })
    return this.#queued
  }

  /**
   * The store has shown elsewhere that it lost writes: the whole log is read again and what is missing given back. Until
   * that has been read, verify refuses.
   */
  suspect(): Promise<void> {
    this.#readAgain()
    this.#beginRepair()
    return this.beat()
  }

  /** From here on every verify refuses; then the member's record goes, and receipts no longer wait for it. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.lease.drop()
    clearTimeout(this.#timer)
    this.#unwatch?.()
    await this.#running?.catch(() => {})
    await this.#call(() => this.#options.store.removeMember(this.memberId)).catch(
      this.#options.onError,
    )
  }

  /** A wake-up: nothing happens unless the log has grown; then its tail is applied, and one beat tells so. */
  async #look(): Promise<void> {
    if (this.#closed || this.#looking) return
    this.#looking = true
    try {
      const tail = await this.#call(() => this.#options.store.look(this.#position))
      if (samePosition(tail.head, this.#position)) return
      if (tail.state === 'ok') {
        await this.#loadRing(tail)
        this.#apply(tail)
      }
      await this.beat()
    } catch (error) {
      this.#options.onError(error)
    } finally {
      this.#looking = false
    }
  }

  async #catchUp(): Promise<void> {
    for (;;) {
      if (this.#closed) return
      // The proof dates from before the record is sent: whatever is appended later, a receipt waits for us.
      const sentAt = readClocks(this.#options.clocks)
      const reported = this.#position
      const reply = await this.#call(() => this.#options.store.beat(this.#report()))
      if (reply.state !== 'ok') this.#readAgain()
      if (reply.state === 'diverged') this.#beginRepair()
      await this.#loadRing(reply)
      if (this.#closed) return
      this.#members = reply.members
      const isComplete = this.#apply(reply)
      if (reply.state !== 'ok' || !isComplete) continue
      this.lease.renew(before(sentAt, reply.age ?? 0))
      // Our own index is the union already; what others lack is given back while we go on.
      if (this.#repair?.isUnderWay === false) void this.#giveBack(this.#repair)
      // The record names the position reported; when that has moved, one more beat tells receipts where we are.
      if (samePosition(reported, this.#position)) return
    }
  }

  #readAgain(): void {
    this.lease.drop()
    this.#position = origin
  }

  #beginRepair(): void {
    if (this.#repair !== undefined) return
    this.#repair = new Repair()
    this.#options.onLostWrites(undefined)
  }

  /** After a failure the next beat goes on where this ended. */
  async #giveBack(repair: Repair): Promise<void> {
    const { store, ring, now } = this.#options
    const { reoffer } = store
    try {
      const given = await repair.giveBack({
        repairRing: () => ring.repair(),
        missing: () => (reoffer === undefined ? [] : this.#journal.missingFrom(repair.ids, now())),
        memberId: this.memberId,
        offer: (entry) => this.#call(async () => reoffer?.(entry)),
        look: () => this.beat(),
        isClosed: () => this.#closed,
      })
      this.#repair = undefined
      this.#options.onLostWrites(given)
    } catch (error) {
      this.#options.onError(error)
    }
  }

  /** Before the position passes an entry that announces a ring, the ring is here. */
  async #loadRing({ ringVersion }: Tail): Promise<void> {
    if (ringVersion > this.#options.ring.version) await this.#options.ring.load(ringVersion)
  }

  /** Synchronous from the first entry to the position. Answers whether that was all of the log. */
  #apply({ entries, head, maxLife }: Tail): boolean {
    this.#maxLife = maxLife
    for (const entry of entries) {
      this.apply(entry)
      this.#journal.remember(entry)
      this.#repair?.ids.add(entry.id)
      this.#moveTo(entry.position)
    }
    this.#purge()
    if (entries.length === BEAT_LIMIT) return false
    this.#moveTo(head)
    return true
  }

  /** A look and a beat may answer in any order: the position goes forward only. */
  #moveTo(position: Position): void {
    if (position.p > this.#position.p) this.#position = position
  }

  #report() {
    return {
      id: this.memberId,
      position: this.#position,
      maxStaleness: this.#maxStaleness,
      onStale: this.#onStale,
    }
  }

  #call<T>(call: () => Promise<T>): Promise<T> {
    return withDeadline(call, this.#options.storeTimeout)
  }

  /** The next beat, sooner after one that failed: a store that is back should not wait for us. */
  #schedule(pause = this.#shortestLease / 4): void {
    if (this.#closed) return
    this.#timer = setTimeout(() => {
      this.beat().then(
        () => this.#schedule(),
        (error) => {
          this.#options.onError(error)
          this.#schedule(Math.min(RETRY_MS, this.#shortestLease / 4))
        },
      )
    }, pause)
    this.#timer.unref()
  }
}
