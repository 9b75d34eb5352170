/**
 * What has been revoked and matters still, in memory. The set only grows until its entries expire; applying one twice
 * changes nothing, so the log may be read again from anywhere.
 */
import type { LogEntry } from './entry.ts'

/** What of a token decides whether it is revoked. */
export interface TokenIdentity {
  readonly issuer: string
  readonly subject: string | undefined
  readonly tokenId: string | undefined
  readonly sessionId: string | undefined
  /** The stamp of the subject copied at birth; a token without one is older than every stamp. */
  readonly epoch: number
}

/** Entries are dropped together, a minute's worth at a time. */
const BUCKET_MS = 60_000

interface Mark {
  readonly expiresAt: number
  /** Of a subject: tokens with a smaller epoch are refused. */
  readonly epoch: number
}

export class RevocationIndex {
  readonly #marks = new Map<string, Mark>()
  /** Names of marks by the end of the minute in which they expire. */
  readonly #buckets = new Map<number, string[]>()
  #purgedThrough = 0
  #version = 0

  /** Grows with every change; a cached verification is good only under the version it was made at. */
  get version(): number {
    return this.#version
  }

  get size(): number {
    return this.#marks.size
  }

  /**
   * Claim seconds up to which entries may have been dropped. A token that expires at or before this must be refused
   * whatever the clock says: its entry may be gone, and a clock set back would bring it to life again.
   */
  get purgedThroughSeconds(): number {
    return this.#purgedThrough / 1000
  }

  apply(entry: LogEntry): void {
    if (entry.kind === 'ring') return
    const name = markName(entry.kind, entry.issuer, entry.key)
    const known = this.#marks.get(name)
    const epoch = Math.max(known?.epoch ?? 0, entry.epoch ?? 0)
    const expiresAt = Math.max(known?.expiresAt ?? 0, entry.expiresAt)
    if (known !== undefined && known.epoch === epoch && known.expiresAt === expiresAt) return
    this.#marks.set(name, { expiresAt, epoch })
    this.#bucket(expiresAt).push(name)
    this.#version++
  }

  /** By what the token is revoked, or undefined. */
  revokes(token: TokenIdentity): 'token' | 'session' | 'subject' | undefined {
    if (this.#has('token', token.issuer, token.tokenId)) return 'token'
    if (this.#has('session', token.issuer, token.sessionId)) return 'session'
    if (token.subject === undefined) return undefined
    const subject = this.#marks.get(markName('subject', token.issuer, token.subject))
    return subject !== undefined && token.epoch < subject.epoch ? 'subject' : undefined
  }

  /** Drops what expired before `now`, in milliseconds. */
  purge(now: number): void {
    for (const [end, names] of this.#buckets) {
      if (end > now) continue
      for (const name of names) {
        const mark = this.#marks.get(name)
        if (mark !== undefined && mark.expiresAt <= end) this.#marks.delete(name)
      }
      this.#buckets.delete(end)
      // Tokens covered by an entry die ENTRY_MARGIN_MS before it does; the whole minute is counted all the same.
      this.#purgedThrough = Math.max(this.#purgedThrough, end)
      this.#version++
    }
  }

  #has(kind: 'token' | 'session', issuer: string, key: string | undefined): boolean {
    return key !== undefined && this.#marks.has(markName(kind, issuer, key))
  }

  #bucket(expiresAt: number): string[] {
    const end = Math.ceil(expiresAt / BUCKET_MS) * BUCKET_MS
    let bucket = this.#buckets.get(end)
    if (bucket === undefined) {
      bucket = []
      this.#buckets.set(end, bucket)
    }
    return bucket
  }
}

/** Lengths, not separators, keep issuer and key apart: both may contain any character. */
function markName(kind: string, issuer: string, key: string): string {
  return `${kind}:${issuer.length}:${issuer}:${key}`
}
