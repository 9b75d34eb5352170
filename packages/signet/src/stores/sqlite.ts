/** The store of one machine: one file, any number of processes, every acknowledged change on disk. */
import { resolve } from 'node:path'
import { StoreUnavailableError } from '../errors.ts'
import { checkOptions, checkSeconds, checkText } from '../options.ts'
import { system } from '../system.ts'
import { SqliteBell } from './sqlite-bell.ts'
import { isBusy, SqliteDatabase, unavailable } from './sqlite-database.ts'
import { sqliteTables } from './sqlite-tables.ts'
import type { Store } from './store.ts'
import { type Engine, tableStore } from './tables/table-store.ts'
import type { Tables } from './tables/tables.ts'

export interface SqliteStoreOptions {
  /** How long a step may wait for other processes' locks, in seconds. Default 2. */
  readonly timeoutSeconds?: number
  /** The store's clock, for tests. Default: the system's. */
  readonly clock?: () => Date
}

/**
 * A store in one SQLite file, in WAL mode with full durability. The file is created for its owner only; its directory
 * must exist. Nothing is opened before the first call.
 *
 * @param path a file on a local disk: SQLite's locks do not hold on network file systems
 */
export function sqliteStore(path: string, options: SqliteStoreOptions = {}): Store {
  checkText('path', path)
  checkOptions('sqliteStore', options, ['timeoutSeconds', 'clock'])
  const { timeoutSeconds = 2, clock } = options
  const timeout = checkSeconds('timeoutSeconds', timeoutSeconds, { min: 0.01, max: 60 }) * 1000
  const now = clock === undefined ? system.now : () => clock().getTime()
  return tableStore(new SqliteEngine(resolve(path), timeout, now))
}

interface Job {
  readonly step: (tables: Tables) => unknown
  readonly deadline: number
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

/** Jobs in one commit. More would make everyone in the group wait for the slowest disk write. */
const GROUP_SIZE = 64
/** Pause before asking for a busy lock again, in milliseconds. */
const RETRY_MS = 2

class SqliteEngine implements Engine {
  readonly #path: string
  readonly #timeout: number
  readonly #now: () => number
  #open: { readonly database: SqliteDatabase; readonly tables: Tables } | undefined
  #queue: Job[] = []
  #scheduled = false
  #wasOpen = false
  #closed = false
  readonly #bell: SqliteBell
  #mustRing = false

  constructor(path: string, timeout: number, now: () => number) {
    this.#path = path
    this.#bell = new SqliteBell(`${path}-bell`)
    this.#timeout = timeout
    this.#now = now
  }

  entryId(): string {
    return system.uuid()
  }

  run<T>(step: (tables: Tables) => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const deadline = system.monotonic() + this.#timeout
      this.#queue.push({ step, deadline, resolve: resolve as (result: unknown) => void, reject })
      this.#schedule()
    })
  }

  async read<T>(step: (tables: Tables) => T): Promise<T> {
    const deadline = system.monotonic() + this.#timeout
    for (;;) {
      try {
        const { database, tables } = this.#connection()
        return database.snapshot(() => step(tables))
      } catch (error) {
        if (!isBusy(error) || system.monotonic() >= deadline) throw unavailable(this.#path, error)
        await pause(RETRY_MS)
      }
    }
  }

  watch(onWake: () => void): () => void {
    return this.#bell.listen(onWake)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    while (this.#queue.length > 0) await pause(RETRY_MS)
    this.#closed = true
    this.#bell.close()
    this.#open?.database.close()
    this.#open = undefined
  }

  #schedule(delay = 0): void {
    if (this.#scheduled) return
    this.#scheduled = true
    // Everything asked for in this turn of the event loop shares one commit, and so one wait for the disk.
    if (delay === 0) setImmediate(() => this.#flush())
    else setTimeout(() => this.#flush(), delay)
  }

  #flush(): void {
    this.#scheduled = false
    const group = this.#queue.slice(0, GROUP_SIZE)
    try {
      const { database, tables } = this.#connection()
      const answers = this.#runGroup(database, tables, group)
      this.#queue.splice(0, group.length)
      // Nobody hears anything before COMMIT has returned.
      if (this.#mustRing) this.#bell.ring()
      this.#mustRing = false
      for (const answer of answers) answer()
    } catch (error) {
      this.#settleFailure(group, error)
    }
    if (this.#queue.length > 0) this.#schedule(this.#queue[0] === group[0] ? RETRY_MS : 0)
  }

  /**
   * Runs a group as one transaction. Steps hardly ever throw, and a savepoint costs as much as a statement: only when one
   * has thrown, and all of it is undone, does each get its own.
   */
  #runGroup(database: SqliteDatabase, tables: Tables, group: readonly Job[]): (() => void)[] {
    try {
      const results = database.transaction(() => group.map((job) => job.step(tables)))
      return group.map((job, index) => () => job.resolve(results[index]))
    } catch (error) {
      if (isBusy(error) || group.length === 1) throw error
      return database.transaction(() =>
        group.map((job) => this.#runInSavepoint(database, tables, job)),
      )
    }
  }

  /** Runs one job of a group: if it throws, only its own changes are undone. Answers how to tell the caller after the commit. */
  #runInSavepoint(database: SqliteDatabase, tables: Tables, job: Job): () => void {
    database.exec('SAVEPOINT job')
    try {
      const result = job.step(tables)
      database.exec('RELEASE job')
      return () => job.resolve(result)
    } catch (error) {
      database.exec('ROLLBACK TO job; RELEASE job')
      return () => job.reject(unavailable(this.#path, error))
    }
  }

  /** A busy lock is waited for; any other failure of the whole group is the answer to each, who may try again. */
  #settleFailure(group: readonly Job[], error: unknown): void {
    const now = system.monotonic()
    const over = isBusy(error) ? group.filter((job) => now >= job.deadline) : group
    this.#queue = this.#queue.filter((job) => !over.includes(job))
    for (const job of over) job.reject(unavailable(this.#path, error))
  }

  #connection() {
    if (this.#closed)
      throw new StoreUnavailableError(`the SQLite store ${this.#path} has been closed`)
    if (this.#open !== undefined && !this.#open.database.isCurrent()) {
      this.#open.database.close()
      this.#open = undefined
    }
    if (this.#open === undefined) {
      // A file that is gone while we run is being replaced: a new empty one in its place would be in the way.
      const database = new SqliteDatabase(this.#path, { mayCreate: !this.#wasOpen })
      this.#wasOpen = true
      const tag = () => Buffer.from(system.randomBytes(8)).toString('hex')
      const wake = () => {
        this.#mustRing = true
      }
      this.#open = { database, tables: sqliteTables(database, { now: this.#now, tag, wake }) }
    }
    return this.#open
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
