/** Fills an index as a busy half hour would, and watches memory and pauses. */
import { randomBytes } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { LogEntry } from '../../packages/signet/src/revocation/entry.ts'
import { RevocationIndex } from '../../packages/signet/src/revocation/revocation-index.ts'

export type Mixture = 'tokens' | 'tokens, sessions and subjects'

export interface Filled {
  readonly index: RevocationIndex
  readonly bytesBefore: number
  readonly bytesPerEntry: number
  readonly insertNs: number
  readonly longestInsertMs: number
}

export const issuer = 'https://id.example'
export const START = 1_800_000_000_000
/** Entries live 31 minutes, and come evenly over half an hour. */
export const SPAN = 1_800_000
export const LIFE = 1_860_000
const SLICE = 1000

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

export function fill(size: number, mixture: Mixture): Filled {
  const before = memory()
  const index = new RevocationIndex(randomBytes)
  let spent = 0
  let longest = 0
  for (let first = 0; first < size; first += SLICE) {
    // Made outside of the measured time, and a thousand at a time: ten million strings are a gigabyte.
    const entries = Array.from({ length: Math.min(SLICE, size - first) }, (_, i) =>
      entryOf(first + i, size, mixture),
    )
    for (const entry of entries) {
      const start = performance.now()
      index.apply(entry)
      const took = performance.now() - start
      spent += took
      longest = Math.max(longest, took)
    }
  }
  if (index.size !== size) throw new Error(`${index.size} entries of ${size} are there`)
  return {
    index,
    bytesBefore: before,
    bytesPerEntry: (memory() - before) / size,
    insertNs: (spent * 1e6) / size,
    longestInsertMs: longest,
  }
}

function entryOf(i: number, size: number, mixture: Mixture): LogEntry {
  const kind = mixture === 'tokens' ? 'token' : (['token', 'session', 'subject'] as const)[i % 3]
  const at = START + Math.floor((i / size) * SPAN)
  return {
    id: '',
    kind: kind as 'token',
    issuer,
    key: kind === 'subject' ? `revoked-${i}` : kind === 'session' ? sessionId() : tokenId(),
    epoch: 2,
    at,
    expiresAt: at + LIFE,
    position: { p: i, tag: '' },
  }
}

/** A UUID in form; a call of randomUUID for each would be most of the time. */
export function tokenId(): string {
  const hex = bytes(16).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

export function sessionId(): string {
  return bytes(30).toString('base64url').slice(0, 38)
}

let pool = randomBytes(2 ** 20)
let used = 0

function bytes(count: number): Buffer {
  if (used + count > pool.length) {
    pool = randomBytes(2 ** 20)
    used = 0
  }
  used += count
  return pool.subarray(used - count, used)
}

/** What is alive after a collection: the heap, and the memory of typed arrays outside of it. */
export function memory(): number {
  collectGarbage()
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
