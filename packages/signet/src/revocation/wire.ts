/**
 * The log as it goes over HTTP, in JSON: what followers without access to the store read and write. Positions are texts,
 * durations seconds; instants are milliseconds of the store, as in the log.
 */
import type { EntryKind, LogEntry } from './entry.ts'
import type { BeatReply, BeatReport, OnStale, Tail } from './log-store.ts'
import { parsePosition, printPosition } from './position.ts'

export interface WireReport {
  readonly position: string
  readonly maxStalenessSeconds: number
  readonly onStale: OnStale
  /** The ring the follower has; a newer one comes with the answer. 0 for none. */
  readonly ringVersion: number
}

export interface WireEntry {
  readonly position: string
  readonly id: string
  readonly kind: EntryKind
  readonly issuer: string
  readonly key: string
  readonly epoch?: number
  readonly reason?: string
  readonly atMs: number
  readonly expiresAtMs: number
}

/** What verifiers need of the key ring. */
export interface WireRing {
  readonly version: number
  /** Kids that are refused for good. */
  readonly withdrawn: readonly string[]
}

export interface WireTail {
  readonly state: Tail['state']
  readonly head: string
  readonly entries: readonly WireEntry[]
  readonly maxLifetimeSeconds: { readonly [issuer: string]: number }
  readonly ringVersion: number
  readonly ring?: WireRing
  /** How old the knowledge is from which this was answered: a lease dates from so long before the request was sent. */
  readonly ageSeconds: number
  /** Members of the fleet; only in the answer to a report. */
  readonly members?: number
}

export function writeReport(report: BeatReport, ringVersion: number): WireReport {
  const { position, maxStaleness, onStale } = report
  return {
    position: printPosition(position),
    maxStalenessSeconds: maxStaleness / 1000,
    onStale,
    ringVersion,
  }
}

export function writeEntry({ position, at, expiresAt, ...said }: LogEntry): WireEntry {
  return { position: printPosition(position), ...said, atMs: at, expiresAtMs: expiresAt }
}

export function writeTail(tail: Tail | BeatReply, ring: WireRing | undefined): WireTail {
  const { state, head, entries, maxLife, ringVersion } = tail
  const lives = Object.entries(maxLife).map(([issuer, life]) => [issuer, life / 1000])
  return {
    state,
    head: printPosition(head),
    entries: entries.map(writeEntry),
    maxLifetimeSeconds: Object.fromEntries(lives),
    ringVersion,
    ...(ring === undefined ? {} : { ring }),
    ageSeconds: 0,
    ...('members' in tail ? { members: tail.members } : {}),
  }
}

/** @throws TypeError for what is no answer of a feed */
export function readTail(json: unknown): BeatReply & { readonly age: number } {
  const wire = object(json)
  const lives = Object.entries(object(wire.maxLifetimeSeconds)).map(([issuer, life]) => [
    issuer,
    number(life) * 1000,
  ])
  const { state } = wire
  if (state !== 'ok' && state !== 'resync' && state !== 'diverged') throw malformed()
  if (!Array.isArray(wire.entries)) throw malformed()
  return {
    state,
    head: position(wire.head),
    entries: wire.entries.map(readEntry),
    maxLife: Object.fromEntries(lives),
    ringVersion: number(wire.ringVersion),
    members: wire.members === undefined ? 0 : number(wire.members),
    age: number(wire.ageSeconds) * 1000,
  }
}

/** @throws TypeError */
export function readRing(json: unknown): WireRing | undefined {
  const { ring } = object(json)
  if (ring === undefined) return undefined
  const { version, withdrawn } = object(ring)
  if (!Array.isArray(withdrawn)) throw malformed()
  return { version: number(version), withdrawn: withdrawn.map(text) }
}

const kinds: readonly EntryKind[] = ['token', 'session', 'subject', 'ring']

function readEntry(json: unknown): LogEntry {
  const wire = object(json)
  const kind = kinds.find((each) => each === wire.kind)
  // An entry of a kind from a later version may revoke what this one cannot see.
  if (kind === undefined) throw malformed()
  return {
    position: position(wire.position),
    id: text(wire.id),
    kind,
    issuer: text(wire.issuer),
    key: text(wire.key),
    ...(wire.epoch === undefined ? {} : { epoch: number(wire.epoch) }),
    ...(wire.reason === undefined ? {} : { reason: text(wire.reason) }),
    at: number(wire.atMs),
    expiresAt: number(wire.expiresAtMs),
  }
}

function object(value: unknown): { readonly [name: string]: unknown } {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw malformed()
  return value as { readonly [name: string]: unknown }
}

function number(value: unknown): number {
  if (typeof value !== 'number' || !(value >= 0)) throw malformed()
  return value
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw malformed()
  return value
}

function position(value: unknown) {
  const read = parsePosition(text(value))
  if (read === undefined) throw malformed()
  return read
}

function malformed(): TypeError {
  return new TypeError('the answer is not one of a revocation feed')
}
