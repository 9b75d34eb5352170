/**
 * A set of fingerprints that grows and shrinks without a pause: open addressing within segments of at most 32,768 places,
 * which are rebuilt one at a time, when full or when much in them has expired (extendible hashing, Fagin et al. 1979).
 *
 * A place is ten bytes: two halves of a fingerprint and a bucket, and eight more where entries have an epoch. Between
 * 0.56 and 0.7 of the places are taken, so an entry costs 14.3 to 17.9 bytes (25.7 to 32.1 with an epoch).
 */
import type { ExpiryBuckets } from './expiry-buckets.ts'

const MAX_PLACES = 32_768
const MIN_PLACES = 16
const FULL = 0.7
const AFTER_REBUILD = 0.56
/** A segment is rebuilt when this part of it has expired. */
const MAX_WASTE = 1 / 8
const PREFIXES = 2 ** 32

interface Segment {
  /** How many leading bits all low halves in it have in common. */
  readonly depth: number
  readonly places: number
  /** From the bits behind those to a place. */
  readonly scale: number
  readonly limit: number
  taken: number
  /** 0 is a free place. A miss reads nothing else, and usually one line of memory. */
  readonly lows: Int32Array
  readonly highs: Int32Array
  readonly buckets: Uint16Array
  readonly epochs: Float64Array | undefined
}

export class FingerprintTable {
  readonly #expiry: ExpiryBuckets
  readonly #hasEpochs: boolean
  /** By the first bits of a low half; a segment of fewer bits stands there several times. */
  #directory: Segment[] = []
  #shift = 31
  #taken = 0

  constructor(expiry: ExpiryBuckets, hasEpochs: boolean) {
    this.#expiry = expiry
    this.#hasEpochs = hasEpochs
    this.#clear()
  }

  /** What its places take. */
  get bytes(): number {
    const segments = [...new Set(this.#directory)]
    return segments.reduce((sum, { places }) => sum + places * (this.#hasEpochs ? 18 : 10), 0)
  }

  /** What lies where the search for a low half begins. Asked of several tables first, it makes them wait for memory together. */
  peek(low: number): number {
    const segment = this.#segmentOf(low)
    return segment.lows[firstPlace(segment, low)] as number
  }

  /**
   * Whether a low half is there. This answers nearly every question, so that the high half need not be made.
   *
   * @param peeked from `peek`
   */
  mayHold(low: number, peeked: number): boolean {
    return peeked !== 0 && (peeked === low || this.#mayHoldFurther(low))
  }

  #mayHoldFurther(low: number): boolean {
    const segment = this.#segmentOf(low)
    const { lows, places } = segment
    let place = firstPlace(segment, low)
    for (;;) {
      const found = lows[place]
      if (found === 0) return false
      if (found === low) return true
      place = place + 1 === places ? 0 : place + 1
    }
  }

  /** The epoch of an entry, 0 where there are none, or undefined when it is not there or has expired. */
  find(low: number, high: number): number | undefined {
    const segment = this.#segmentOf(low)
    const place = placeOf(segment, low, high)
    if (segment.lows[place] === 0) return undefined
    if (this.#expiry.isDropped(segment.buckets[place] as number)) return undefined
    return segment.epochs === undefined ? 0 : segment.epochs[place]
  }

  /** Adds an entry, or prolongs it and raises its epoch. Answers whether that changed anything. */
  put(low: number, high: number, end: number, epoch: number): boolean {
    let segment = this.#segmentOf(low)
    let place = placeOf(segment, low, high)
    if (segment.lows[place] !== 0) return this.#raise(segment, place, end, epoch)
    if (segment.taken >= segment.limit) {
      this.#rebuild(segment, low)
      segment = this.#segmentOf(low)
      place = placeOf(segment, low, high)
    }
    fill(segment, place, { low, high, bucket: this.#expiry.enter(end), epoch })
    this.#taken++
    return true
  }

  /**
   * Clears the segment of one prefix of 32 bits if enough in it has expired: at most 32,768 places, 0.4 ms.
   *
   * @returns the first prefix behind the segment; 2^32 behind the last
   */
  sweep(prefix: number): number {
    const segment = this.#segmentOf(prefix)
    const dropped = this.#countDropped(segment)
    if (dropped > 0 && dropped >= segment.taken * MAX_WASTE) this.#rebuild(segment, prefix)
    const width = 2 ** (32 - segment.depth)
    const next = (Math.floor(prefix / width) + 1) * width
    if (next === PREFIXES && this.#taken === 0) this.#clear()
    return next
  }

  #clear(): void {
    this.#shift = 31
    this.#directory = [this.#newSegment(1, 0), this.#newSegment(1, 0)]
  }

  #segmentOf(low: number): Segment {
    return this.#directory[low >>> this.#shift] as Segment
  }

  #raise(segment: Segment, place: number, end: number, epoch: number): boolean {
    const { buckets, epochs } = segment
    const bucket = buckets[place] as number
    const isNew = this.#expiry.isDropped(bucket)
    const isLonger = isNew || end > this.#expiry.endOf(bucket)
    const isHigher = epochs !== undefined && (isNew || epoch > (epochs[place] as number))
    if (isLonger) {
      this.#expiry.leave(bucket)
      buckets[place] = this.#expiry.enter(end)
    }
    if (isHigher) epochs[place] = epoch
    return isLonger || isHigher
  }

  #countDropped({ lows, buckets, places }: Segment): number {
    let count = 0
    for (let place = 0; place < places; place++) {
      if (lows[place] !== 0 && this.#expiry.isDropped(buckets[place] as number)) count++
    }
    return count
  }

  /** Puts what has not expired into new places of the right number: one segment, or two when it has outgrown one. */
  #rebuild(segment: Segment, prefix: number): void {
    const kept = segment.taken - this.#countDropped(segment)
    const isSplit = kept >= MAX_PLACES * AFTER_REBUILD
    const depth = isSplit ? segment.depth + 1 : segment.depth
    if (depth > 32 - this.#shift) this.#doubleDirectory()
    const halves = isSplit
      ? [this.#newSegment(depth, kept / 2), this.#newSegment(depth, kept / 2)]
      : [this.#newSegment(depth, kept)]
    this.#move(segment, halves)
    const span = this.#directory.length >>> segment.depth
    const first = ((prefix >>> this.#shift) & -span) >>> 0
    for (let i = 0; i < span; i++) {
      this.#directory[first + i] = halves[Math.floor((i * halves.length) / span)] as Segment
    }
  }

  #move(from: Segment, halves: readonly Segment[]): void {
    const { lows, highs, buckets, epochs, places } = from
    const [only, second = only] = halves as [Segment, Segment?]
    for (let place = 0; place < places; place++) {
      const low = lows[place] as number
      if (low === 0) continue
      const bucket = buckets[place] as number
      if (this.#expiry.isDropped(bucket)) {
        this.#expiry.leave(bucket)
        this.#taken--
        continue
      }
      const to = (low << from.depth) >>> 31 === 0 ? only : second
      let free = firstPlace(to, low)
      while (to.lows[free] !== 0) free = free + 1 === to.places ? 0 : free + 1
      const epoch = epochs === undefined ? 0 : (epochs[place] as number)
      fill(to, free, { low, high: highs[place] as number, bucket, epoch })
    }
  }

  #doubleDirectory(): void {
    this.#directory = this.#directory.flatMap((segment) => [segment, segment])
    this.#shift--
  }

  #newSegment(depth: number, entries: number): Segment {
    const places = Math.max(MIN_PLACES, Math.ceil(entries / AFTER_REBUILD))
    const epochBytes = this.#hasEpochs ? 8 * places : 0
    const memory = new ArrayBuffer(epochBytes + 10 * places)
    return {
      depth,
      places,
      scale: places / PREFIXES,
      limit: Math.floor(places * FULL),
      taken: 0,
      lows: new Int32Array(memory, epochBytes, places),
      highs: new Int32Array(memory, epochBytes + 4 * places, places),
      buckets: new Uint16Array(memory, epochBytes + 8 * places, places),
      epochs: this.#hasEpochs ? new Float64Array(memory, 0, places) : undefined,
    }
  }
}

/** Where the search for a low half begins: the bits behind those that the segment has in common, stretched over it. */
function firstPlace(segment: Segment, low: number): number {
  return Math.floor(((low << segment.depth) >>> 0) * segment.scale)
}

/** The place of a fingerprint, or the free place where the search for it ended. */
function placeOf(segment: Segment, low: number, high: number): number {
  const { lows, highs, places } = segment
  let place = firstPlace(segment, low)
  while (lows[place] !== 0 && (lows[place] !== low || highs[place] !== high)) {
    place = place + 1 === places ? 0 : place + 1
  }
  return place
}

interface Entry {
  readonly low: number
  readonly high: number
  readonly bucket: number
  readonly epoch: number
}

function fill(segment: Segment, place: number, { low, high, bucket, epoch }: Entry): void {
  segment.lows[place] = low
  segment.highs[place] = high
  segment.buckets[place] = bucket
  if (segment.epochs !== undefined) segment.epochs[place] = epoch
  segment.taken++
}
