/** The store of one process that may forget: tests, first steps, and the ephemeral mode. */
import { StoreUnavailableError } from '../errors.ts'
import type { RingDocument } from '../keys/ring-store.ts'
import type { LogEntry } from '../revocation/entry.ts'
import type { MemberRecord } from '../revocation/log-store.ts'
import { origin } from '../revocation/position.ts'
import { subjectHashOf } from '../sessions/session-id.ts'
import type { SessionRow } from '../sessions/session-row.ts'
import { system } from '../system.ts'
import type { Store } from './store.ts'
import { tableStore } from './tables/table-store.ts'
import type { Head, Register, Tables } from './tables/tables.ts'

export interface MemoryStoreOptions {
  /** The store's clock. Default: the system's. */
  readonly clock?: () => Date
}

/** A store in the memory of this process. Everything in it is gone when the process is. */
export function memoryStore({ clock }: MemoryStoreOptions = {}): Store {
  const watchers = new Set<() => void>()
  const wake = () => {
    for (const watcher of watchers) queueMicrotask(watcher)
  }
  const now = clock === undefined ? system.now : () => clock().getTime()
  const tables = memoryTables(now, wake)
  let closed = false
  const run = async <T>(step: (tables: Tables) => T): Promise<T> => {
    if (closed) throw new StoreUnavailableError('the memory store has been closed')
    return step(tables)
  }
  return tableStore({
    run,
    read: run,
    watch: (onWake) => {
      watchers.add(onWake)
      return () => watchers.delete(onWake)
    },
    close: async () => {
      closed = true
      watchers.clear()
    },
    entryId: () => system.uuid(),
  })
}

/** Maps under the tables' names. A step runs synchronously from end to end, which is all the atomicity memory needs. */
function memoryTables(now: () => number, wake: () => void): Tables {
  const members = new Map<string, MemberRecord>()
  const maxLives: Record<string, number> = Object.create(null)
  let ring: RingDocument | undefined
  return {
    now,
    tag: () => Buffer.from(system.randomBytes(8)).toString('hex'),
    wake,
    ...sessionTables(),
    ...logTables(),
    maxLives: () => ({ ...maxLives }),
    setMaxLife: (issuer, maxLife) => {
      maxLives[issuer] = maxLife
    },
    member: (id) => members.get(id),
    members: () => [...members.values()],
    putMember: (record) => members.set(record.id, record),
    deleteMember: (id) => members.delete(id),
    ring: () => ring,
    setRing: (changed) => {
      ring = changed
    },
  }
}

function sessionTables() {
  const sessions = new Map<string, SessionRow>()
  const bySubject = new Map<string, Set<string>>()
  const registers = new Map<string, Register>()
  return {
    session: (sid: string) => sessions.get(sid),
    insertSession: (row: SessionRow) => {
      sessions.set(row.sid, row)
      const hs = subjectHashOf(row.sid)
      const known = bySubject.get(hs)
      if (known === undefined) bySubject.set(hs, new Set([row.sid]))
      else known.add(row.sid)
    },
    updateSession: (row: SessionRow) => sessions.set(row.sid, row),
    deleteSession: (sid: string) => {
      sessions.delete(sid)
      const known = bySubject.get(subjectHashOf(sid))
      known?.delete(sid)
      if (known?.size === 0) bySubject.delete(subjectHashOf(sid))
    },
    sessionsOf: (hs: string) =>
      [...(bySubject.get(hs) ?? [])].map((sid) => sessions.get(sid) as SessionRow),
    endedSessions: (instant: number, limit: number) =>
      sessions
        .values()
        .filter((row) => Math.min(row.revokedAt ?? row.idleAt, row.idleAt) < instant)
        .take(limit)
        .map(({ sid }) => sid)
        .toArray(),
    register: (hs: string) => registers.get(hs) ?? { stamp: 0, cut: 0, neededUntil: 0 },
    setRegister: (hs: string, register: Register) => registers.set(hs, register),
    deleteRegisters: (instant: number, limit: number) => {
      const idle = registers
        .entries()
        .filter(([hs, { neededUntil }]) => neededUntil < instant && !bySubject.has(hs))
        .take(limit)
        .toArray()
      for (const [hs] of idle) registers.delete(hs)
      return idle.length
    },
  }
}

function logTables() {
  const log: LogEntry[] = []
  let head: Head = { position: origin, floor: 0 }
  return {
    head: () => head,
    setHead: (changed: Head) => {
      head = changed
    },
    appendEntry: (entry: LogEntry) => log.push(entry),
    entryAt: (p: number) => {
      const entry = log[firstAfter(log, p - 1)]
      return entry?.position.p === p ? entry : undefined
    },
    entriesAfter: (p: number, limit: number) => {
      const start = firstAfter(log, p)
      return log.slice(start, start + limit)
    },
    removeEntry: (p: number) => {
      const place = firstAfter(log, p - 1)
      if (log[place]?.position.p === p) log.splice(place, 1)
    },
  }
}

/** The place of the first entry after `p`: positions grow, so halving finds it. */
function firstAfter(log: readonly LogEntry[], p: number): number {
  let low = 0
  let high = log.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((log[middle]?.position.p ?? 0) > p) high = middle
    else low = middle + 1
  }
  return low
}
