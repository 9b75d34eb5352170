/**
 * When entries expire, two bytes an entry. Entries that expire within the same minute share a bucket, and a bucket is
 * dropped as a whole: from then on what lies in it counts as absent, wherever it lies.
 */

const MINUTE_MS = 60_000
/** An entry is kept longer by at most this part of its life, so that long lives need few buckets. */
const PRECISION = 256
/** What two bytes can tell apart. Lives of ten years need about two thousand at a time. */
const MAX_BUCKETS = 65_536

/** The end of the bucket of an entry, in milliseconds: its expiry, rounded up to a minute, or more for a life of hours. */
export function bucketEnd(at: number, expiresAt: number): number {
  const minutes = (expiresAt - at) / MINUTE_MS / PRECISION
  const width = MINUTE_MS * 2 ** Math.max(0, Math.ceil(Math.log2(Math.max(minutes, 1))))
  return Math.ceil(expiresAt / width) * width
}

export class ExpiryBuckets {
  /** Of the buckets that have not been dropped. */
  readonly #byEnd = new Map<number, number>()
  readonly #ends: number[] = []
  readonly #counts: number[] = []
  readonly #dropped: boolean[] = []
  readonly #free: number[] = []
  #size = 0
  #waste = 0

  /** Entries in buckets that have not been dropped. */
  get size(): number {
    return this.#size
  }

  /** Entries of dropped buckets whose places have not been cleared yet. */
  get waste(): number {
    return this.#waste
  }

  isDropped(bucket: number): boolean {
    return this.#dropped[bucket] as boolean
  }

  endOf(bucket: number): number {
    return this.#ends[bucket] as number
  }

  /** Counts an entry in, and answers the bucket it is in. */
  enter(end: number): number {
    const bucket = this.#byEnd.get(end) ?? this.#open(end)
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1
    this.#size++
    return bucket
  }

  /** Counts an entry out that was moved to another bucket, or whose place was cleared. */
  leave(bucket: number): void {
    const left = (this.#counts[bucket] as number) - 1
    this.#counts[bucket] = left
    if (!this.isDropped(bucket)) this.#size--
    else {
      this.#waste--
      if (left === 0) this.#free.push(bucket)
    }
  }

  /** Drops what ended at or before `now`. Answers the latest end dropped, or undefined for none. */
  drop(now: number): number | undefined {
    let latest: number | undefined
    for (const [end, bucket] of this.#byEnd) {
      if (end > now) continue
      const count = this.#counts[bucket] as number
      this.#byEnd.delete(end)
      this.#dropped[bucket] = true
      this.#size -= count
      this.#waste += count
      if (count === 0) this.#free.push(bucket)
      latest = Math.max(latest ?? end, end)
    }
    return latest
  }

  #open(end: number): number {
    const bucket = this.#free.pop() ?? this.#ends.length
    if (bucket === MAX_BUCKETS) throw new RangeError('entries expire at too many different times')
    this.#byEnd.set(end, bucket)
    this.#ends[bucket] = end
    this.#counts[bucket] = 0
    this.#dropped[bucket] = false
    return bucket
  }
}
