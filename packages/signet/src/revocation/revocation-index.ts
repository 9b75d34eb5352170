/**
 * What has been revoked and matters still, in memory. The set only grows until its entries expire; applying one twice
 * changes nothing, so the log may be read again from anywhere.
 *
 * Names are held as keyed fingerprints of 64 bits (docs/decisions/0014). Another name with the same one is refused
 * though nobody revoked it: with ten million entries one look-up in 1.8 * 10^12. A revoked one is always found.
 */
import type { RandomBytes } from '../system.ts'
import type { LogEntry } from './entry.ts'
import { bucketEnd, ExpiryBuckets } from './expiry-buckets.ts'
import { Fingerprints } from './fingerprint.ts'
import { FingerprintTable } from './fingerprint-table.ts'
import { TailFilter } from './tail-filter.ts'

/** What of a token decides whether it is revoked. */
export interface TokenIdentity {
  readonly issuer: string
  readonly subject: string | undefined
  readonly tokenId: string | undefined
  readonly sessionId: string | undefined
  /** The stamp of the subject copied at birth; a token without one is older than every stamp. */
  readonly epoch: number
}

/** The entries of one kind. */
interface Shelf {
  readonly table: FingerprintTable
  readonly filter: TailFilter
}

/** Where sweeping goes on; behind the last table there is nothing left to do. */
interface Cursor {
  table: number
  prefix: number
}

export class RevocationIndex {
  readonly #fingerprints: Fingerprints
  readonly #expiry = new ExpiryBuckets()
  readonly #tokens = newShelf(this.#expiry, false)
  readonly #sessions = newShelf(this.#expiry, false)
  readonly #subjects = newShelf(this.#expiry, true)
  readonly #shelves = [this.#tokens, this.#sessions, this.#subjects]
  readonly #cursor: Cursor = { table: this.#shelves.length, prefix: 0 }
  #purgedThrough = 0
  #version = 0

  /** @param randomBytes of the keys of the fingerprints, which nobody must know or guess */
  constructor(randomBytes: RandomBytes) {
    this.#fingerprints = new Fingerprints(randomBytes)
  }

  /** Grows with every change; a cached verification is good only under the version it was made at. */
  get version(): number {
    return this.#version
  }

  get size(): number {
    return this.#expiry.size
  }

  /**
   * Claim seconds up to which entries may have been dropped. A token that expires at or before this must be refused
   * whatever the clock says: its entry may be gone, and a clock set back would bring it to life again.
   */
  get purgedThroughSeconds(): number {
    return this.#purgedThrough / 1000
  }

  apply({ kind, issuer, key, at, expiresAt, epoch = 0 }: LogEntry): void {
    if (kind === 'ring') return
    const shelf = { token: this.#tokens, session: this.#sessions, subject: this.#subjects }[kind]
    const end = bucketEnd(at, expiresAt)
    const low = this.#fingerprints.low(this.#fingerprints.lowOfIssuer(issuer), key)
    const high = this.#fingerprints.high(issuer, key)
    shelf.filter.add(key, end)
    if (shelf.table.put(low, high, end, epoch)) this.#version++
  }

  /** By what the token is revoked, or undefined. */
  revokes(of: TokenIdentity): 'token' | 'session' | 'subject' | undefined {
    const ofIssuer = this.#fingerprints.lowOfIssuer(of.issuer)
    // All fingerprints, then all first looks: they wait for memory at the same time, not in turn.
    const token = this.#lowFor(this.#tokens, ofIssuer, of.tokenId)
    const session = this.#lowFor(this.#sessions, ofIssuer, of.sessionId)
    const subject = this.#lowFor(this.#subjects, ofIssuer, of.subject)
    const first = this.#tokens.table.peek(token)
    const second = this.#sessions.table.peek(session)
    const third = this.#subjects.table.peek(subject)
    const mayBeToken = this.#tokens.table.mayHold(token, first)
    const mayBeSession = this.#sessions.table.mayHold(session, second)
    const mayBeSubject = this.#subjects.table.mayHold(subject, third)
    if (mayBeToken && this.#epochOf(this.#tokens, token, of.issuer, of.tokenId) !== undefined)
      return 'token'
    if (
      mayBeSession &&
      this.#epochOf(this.#sessions, session, of.issuer, of.sessionId) !== undefined
    )
      return 'session'
    if (
      mayBeSubject &&
      of.epoch < (this.#epochOf(this.#subjects, subject, of.issuer, of.subject) ?? 0)
    )
      return 'subject'
    return undefined
  }

  /**
   * Drops what expired before `now`, in milliseconds. That is done with one step; the memory is given back by this and
   * the following calls, less than a millisecond's worth in each.
   *
   * @returns whether there is more to give back
   */
  purge(now: number): boolean {
    const dropped = this.#expiry.drop(now)
    if (dropped !== undefined) {
      // Tokens covered by an entry die ENTRY_MARGIN_MS before it does; the whole bucket is counted all the same.
      this.#purgedThrough = Math.max(this.#purgedThrough, dropped)
      this.#version++
      for (const { filter } of this.#shelves) filter.drop(now)
      this.#cursor.table = 0
      this.#cursor.prefix = 0
    }
    return this.#sweep()
  }

  /** 0, which is in no table, when there is nothing to look for or nothing to find. */
  #lowFor({ filter }: Shelf, ofIssuer: number, name: string | undefined): number {
    const isSought = name !== undefined && filter.mayHold(name)
    return isSought ? this.#fingerprints.low(ofIssuer, name) : 0
  }

  #epochOf({ table }: Shelf, low: number, issuer: string, name = ''): number | undefined {
    return table.find(low, this.#fingerprints.high(issuer, name))
  }

  #sweep(): boolean {
    const table = this.#shelves[this.#cursor.table]?.table
    if (table === undefined || this.#expiry.waste === 0) return false
    const next = table.sweep(this.#cursor.prefix)
    const isLast = next === 2 ** 32
    this.#cursor.prefix = isLast ? 0 : next
    if (isLast) this.#cursor.table++
    return this.#cursor.table < this.#shelves.length
  }
}

function newShelf(expiry: ExpiryBuckets, hasEpochs: boolean): Shelf {
  return { table: new FingerprintTable(expiry, hasEpochs), filter: new TailFilter() }
}
