/** What the tests of the contract are made of: a clock that stands still, and births, presentations and revocations. */
import { hash } from 'node:crypto'
import { it } from 'node:test'
import type { RingDocument } from '../../keys/ring-store.ts'
import type { BeatReport } from '../../revocation/log-store.ts'
import type { Position } from '../../revocation/position.ts'
import type { Presentation } from '../../sessions/rotation.ts'
import { subjectHash } from '../../sessions/session-id.ts'
import type { SessionRow } from '../../sessions/session-row.ts'
import type { Birth, Revocation, Revoked } from '../../sessions/session-store.ts'
import type { Store } from '../store.ts'

/** Makes an empty store whose clock is the given one; `release` frees what it stood on. */
export type MakeStore = (clock: () => Date) => Promise<{
  readonly store: Store
  readonly release: () => Promise<void>
}>

export const ISSUER = 'https://issuer.example'
export const START: number = Date.parse('2026-01-01T00:00:00Z')
export const MINUTE: number = 60_000
export const HOUR: number = 60 * MINUTE
export const GRACE: number = 10_000
export const IDLE: number = 14 * 24 * HOUR

export interface Bench {
  readonly store: Store
  now: number
}

/** A test with a store of its own and a clock that stands still until it is moved. */
export function on(
  makeStore: MakeStore,
  title: string,
  body: (bench: Bench) => Promise<void>,
): void {
  it(title, async () => {
    let now = START
    const { store, release } = await makeStore(() => new Date(now))
    const bench = {
      store,
      get now() {
        return now
      },
      set now(value: number) {
        now = value
      },
    }
    try {
      await store.declareIssuer(ISSUER, HOUR)
      await body(bench)
    } finally {
      await store.close()
      await release()
    }
  })
}

export function birth(changes: Partial<Birth> = {}): Birth {
  return {
    issuer: ISSUER,
    sid: newSid('anna'),
    subject: 'anna',
    claims: '{"role":"editor"}',
    audience: '"https://api.example"',
    scope: 'read write',
    client: undefined,
    cnf: undefined,
    context: '{}',
    secretHash: 'hash of the session secret',
    contextHash: 'phone',
    macKid: 'mac-1',
    attempt: newId(),
    idleLifetime: IDLE,
    absoluteLifetime: 90 * 24 * HOUR,
    maxPerSubject: 100,
    ...changes,
  }
}

export function presentation(row: SessionRow): Presentation {
  return {
    issuer: ISSUER,
    sid: row.sid,
    gen: row.gen,
    secretHash: row.secretHash,
    client: row.client,
    cnf: row.cnf,
    contextHash: row.contextHash,
    device: 'phone',
    attempt: newId(),
    macKid: 'mac-1',
    claims: undefined,
    policy: { grace: GRACE, idleLifetime: IDLE, maxReplays: 100 },
    entryId: newId(),
  }
}

/** What a revocation names, without what all of them have. */
export type Target = Without<Revocation, 'issuer' | 'reason' | 'entryId'>

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

export function revocation(what: Target & { readonly reason?: string }): Revocation {
  return { issuer: ISSUER, entryId: newId(), reason: undefined, ...what } as Revocation
}

export function everyone(subject: string): Extract<Target, { kind: 'subject' }> {
  return { kind: 'subject', subject, hs: subjectHash(ISSUER, subject), keepSid: undefined }
}

export function revokeToken(store: Store, tokenId: string): Promise<Revoked> {
  return store.revoke(revocation({ kind: 'token', tokenId, expiresAt: undefined }))
}

export function report(position: Position): BeatReport {
  return { id: 'member', position, maxStaleness: 30_000, onStale: 'deny' }
}

export function ringOf(version: number): RingDocument {
  return { version, publicPart: '{}', sealed: { wraps: [], iv: '', data: `ring ${version}` } }
}

let ids = 0
/** Unique within a run, which is all the contract needs; real callers use random ids. */
export function newId(): string {
  return `id-${++ids}`
}

export function newSid(subject: string): string {
  return subjectHash(ISSUER, subject) + String(++ids).padStart(22, '0')
}

export function sidOf(row: SessionRow): string {
  return row.sid
}

/** The seed comes from the environment to repeat a failed run, else from the process. */
export function seedOfRun(): number {
  return Number(process.env.SIGNET_SEED ?? process.pid)
}

/** Numbers from 0 to 1 that follow from the seed. */
export function numbersFrom(seed: number): () => number {
  let drawn = 0
  return () => Number.parseInt(hash('sha256', `${seed}:${drawn++}`).slice(0, 12), 16) / 16 ** 12
}
