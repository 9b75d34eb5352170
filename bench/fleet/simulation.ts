/**
 * A fleet in simulated time: one store that serves one call after the other, members that look when they are woken and
 * beat to tell so, and receipts that wait for them. Who has applied what, and who must be refusing, is decided by the pure
 * functions that the product runs; costs of calls and the network are parameters.
 */
import { fleetState } from '../../packages/signet/src/revocation/fleet.ts'
import { elapsedSince } from '../../packages/signet/src/revocation/lease.ts'
import type { MemberRecord } from '../../packages/signet/src/revocation/log-store.ts'
import { nextPosition, type Position } from '../../packages/signet/src/revocation/position.ts'
import { Dice } from '../../test/support/dice.ts'
import { EventQueue } from './event-queue.ts'

/** Times in milliseconds. */
export interface FleetModel {
  readonly members: number
  /**
   * Servers between the store and the members; 0 for none. Each reads the log once for all of its own, but passes every
   * record on, since receipts wait for each.
   */
  readonly relays: number
  readonly revocationsPerSecond: number
  readonly maxStaleness: number
  /** One way, from its least to its most. */
  readonly network: { readonly least: number; readonly most: number }
  /** What a call costs the store. */
  readonly cost: {
    readonly append: number
    readonly look: number
    readonly perEntry: number
    readonly beat: number
    readonly receipt: number
    readonly perMember: number
  }
  /** Members are stopped for longer than their lease, so many of them. */
  readonly frozen: number
  readonly duration: number
  readonly seed: number
}

export interface FleetResult {
  /** From the acknowledged revocation to each member's own refusal. */
  readonly propagation: readonly number[]
  /** From the acknowledged revocation to its complete receipt. */
  readonly receipts: readonly number[]
  /** Share of the time the store was serving. */
  readonly load: number
  readonly calls: number
  /** Checks in which a member accepted what a complete receipt had covered: must be 0. */
  readonly violations: number
  readonly staleMembers: number
}

interface Member {
  readonly id: string
  record: MemberRecord
  applied: number
  proof: number
  /** A look or a beat is under way; wake-ups meanwhile are one. */
  isBusy: boolean
  isWoken: boolean
  frozenUntil: number
}

interface Waiting {
  readonly position: Position
  readonly since: number
}

export function simulateFleet(model: FleetModel): FleetResult {
  return new Simulation(model).run()
}

class Simulation {
  readonly #model: FleetModel
  readonly #queue = new EventQueue()
  readonly #dice: Dice
  readonly #members: Member[]
  readonly #log: { readonly position: Position; readonly at: number }[] = []
  readonly #propagation: number[] = []
  readonly #receipts: number[] = []
  /** The store serves until then. */
  #freeAt = 0
  #busy = 0
  #calls = 0
  #violations = 0
  /** The newest position a complete receipt has covered. */
  #covered = 0
  #waiting: Waiting[] = []
  #isReading = false

  constructor(model: FleetModel) {
    this.#model = model
    this.#dice = new Dice(model.seed)
    this.#members = Array.from({ length: model.members }, (_, place) => this.#newMember(place))
  }

  run(): FleetResult {
    const { duration, maxStaleness, revocationsPerSecond, frozen } = this.#model
    for (const member of this.#members) {
      // Spread over the interval, as processes started at different times are.
      this.#queue.at(this.#dice.next() * (maxStaleness / 4), () => this.#beatRegularly(member))
    }
    for (const member of this.#members.slice(0, frozen)) {
      this.#queue.at(duration / 4, () => {
        member.frozenUntil = this.#queue.now + maxStaleness * 1.5
      })
    }
    for (let at = 0; at < duration; at += 1000 / revocationsPerSecond) {
      this.#queue.at(at, () => this.#revoke())
    }
    this.#queue.runUntil(duration + 4 * maxStaleness)
    return {
      propagation: this.#propagation,
      receipts: this.#receipts,
      load: this.#busy / duration,
      calls: this.#calls,
      violations: this.#violations,
      staleMembers: this.#members.filter((member) => this.#age(member) > maxStaleness).length,
    }
  }

  #newMember(place: number): Member {
    const id = String(place)
    const { maxStaleness } = this.#model
    const position = { p: 0, tag: '' }
    return {
      id,
      record: { id, position, beats: 0, maxStaleness, onStale: 'deny' },
      applied: 0,
      proof: 0,
      isBusy: false,
      isWoken: false,
      frozenUntil: 0,
    }
  }

  #revoke(): void {
    const { cost } = this.#model
    this.#call(cost.append, () => {
      const last = this.#log.at(-1)?.position.p ?? 0
      const position = nextPosition(last, Math.floor(this.#queue.now), String(this.#log.length))
      this.#log.push({ position, at: this.#queue.now })
      this.#waiting.push({ position, since: this.#queue.now })
      for (const member of this.#members) {
        // A relay adds a hop and its own read; its members then read from it and not from the store.
        const hops = this.#model.relays > 0 ? this.#hop() + this.#hop() : this.#hop()
        this.#queue.after(hops, () => this.#wake(member))
      }
      this.#read()
    })
  }

  #wake(member: Member): void {
    if (this.#isFrozen(member, () => this.#wake(member))) return
    if (member.isBusy) {
      member.isWoken = true
      return
    }
    member.isBusy = true
    member.isWoken = false
    const { cost } = this.#model
    const missing = this.#log.length - member.applied
    const read = (cost.look + missing * cost.perEntry) * this.#share()
    this.#ask(read, () => {
      this.#apply(member, this.#log.length)
      this.#beat(member, () => {
        member.isBusy = false
        if (member.isWoken) this.#wake(member)
      })
    })
  }

  #beatRegularly(member: Member): void {
    this.#queue.after(this.#model.maxStaleness / 4, () => this.#beatRegularly(member))
    if (this.#isFrozen(member, () => {})) return
    if (!member.isBusy) this.#beat(member, () => {})
  }

  /** The proof dates from before the record is sent. */
  #beat(member: Member, then: () => void): void {
    const sentAt = this.#queue.now
    const position = this.#log[member.applied - 1]?.position ?? { p: 0, tag: '' }
    this.#ask(this.#model.cost.beat, () => {
      if (this.#isFrozen(member, then)) return
      member.record = { ...member.record, position, beats: member.record.beats + 1 }
      if (member.applied === this.#log.length) member.proof = sentAt
      then()
      this.#read()
    })
  }

  #apply(member: Member, count: number): void {
    for (const { at } of this.#log.slice(member.applied, count)) {
      this.#propagation.push(this.#queue.now - at)
    }
    member.applied = Math.max(member.applied, count)
  }

  /** One reading for all receipts that wait: at most one under way. */
  #read(): void {
    if (this.#isReading || this.#waiting.length === 0) return
    this.#isReading = true
    const { cost, members } = this.#model
    this.#call(cost.receipt + members * cost.perMember, () => {
      this.#queue.after(this.#hop(), () => {
        this.#isReading = false
        this.#settle()
        // A look every 50 ms, whether anybody rings or not.
        if (this.#waiting.length > 0) this.#queue.after(50, () => this.#read())
      })
    })
  }

  #settle(): void {
    const readings = this.#members.map(({ record }) => ({ ...record, confirmed: true }))
    const reading = { present: true, members: readings }
    const isDone = ({ position, since }: Waiting) =>
      fleetState(reading, position, this.#queue.now - since, () => 0).pending.length === 0
    // Positions are in order, so the first one that must wait makes all after it wait.
    while (this.#waiting[0] !== undefined && isDone(this.#waiting[0])) {
      const { position, since } = this.#waiting.shift() as Waiting
      this.#receipts.push(this.#queue.now - since)
      this.#covered = position.p
    }
    this.#check()
  }

  /** Whoever has not applied what is covered must be refusing by its lease. */
  #check(): void {
    for (const member of this.#members) {
      const known = this.#log[member.applied - 1]?.position.p ?? 0
      const wouldAccept = this.#age(member) <= this.#model.maxStaleness
      if (known < this.#covered && wouldAccept) this.#violations += 1
    }
  }

  #age(member: Member): number {
    const now = () => this.#queue.now
    const proof = { monotonic: member.proof, wall: member.proof }
    return elapsedSince(proof, { monotonic: now, wall: now })
  }

  #isFrozen(member: Member, onWaking: () => void): boolean {
    if (this.#queue.now >= member.frozenUntil) return false
    this.#queue.at(member.frozenUntil, onWaking)
    return true
  }

  /** A call over the network, there and back. */
  #ask(cost: number, then: () => void): void {
    this.#queue.after(this.#hop(), () =>
      this.#call(cost, () => this.#queue.after(this.#hop(), then)),
    )
  }

  /** The part of the store's work for a read that one member stands for. */
  #share(): number {
    const { relays, members } = this.#model
    return relays > 0 ? relays / members : 1
  }

  #call(cost: number, then: () => void): void {
    this.#calls += 1
    this.#busy += cost
    this.#freeAt = Math.max(this.#freeAt, this.#queue.now) + cost
    this.#queue.at(this.#freeAt, then)
  }

  #hop(): number {
    const { least, most } = this.#model.network
    return least + this.#dice.next() * (most - least)
  }
}
