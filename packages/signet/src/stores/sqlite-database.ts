/** The one place that knows node:sqlite: opening, migrating, transactions, and which of its errors mean what. */
import { closeSync, openSync, statSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { SignetError, StoreUnavailableError } from '../errors.ts'
import { sqliteMigrations } from './schema.ts'

/** SQLite result codes (sqlite.org/rescode.html): another connection holds the lock. */
const BUSY = 5
const LOCKED = 6

export class SqliteDatabase {
  readonly #database: DatabaseSync
  readonly #path: string
  readonly #file: string

  /** Opens, and creates if it may, for its owner's eyes only. @throws when another connection is in the way: try again */
  constructor(path: string, { mayCreate }: { readonly mayCreate: boolean }) {
    this.#path = path
    closeSync(openSync(path, mayCreate ? 'a' : 'r+', 0o600))
    // No busy timeout: SQLite would sleep in it and block the event loop; whoever calls us waits and tries again.
    this.#database = new DatabaseSync(path, { timeout: 0 })
    try {
      this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
      this.#migrate()
      this.#file = fileIdentity(path)
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  prepare(sql: string): Statement {
    return new Statement(this.#database.prepare(sql))
  }

  exec(sql: string): void {
    this.#database.exec(sql)
  }

  /** Whether the path still leads to the file that was opened: a file swapped for another answers from the old one for ever. */
  isCurrent(): boolean {
    return fileIdentity(this.#path) === this.#file
  }

  /** Takes a lock for writing at once, so that a transaction never fails half-way for want of one. */
  transaction<T>(body: () => T): T {
    return this.#inside('BEGIN IMMEDIATE', body)
  }

  /** Everything read in the body is of one moment. */
  snapshot<T>(body: () => T): T {
    return this.#inside('BEGIN', body)
  }

  close(): void {
    this.#database.close()
  }

  #inside<T>(begin: string, body: () => T): T {
    this.#database.exec(begin)
    try {
      const result = body()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  #migrate(): void {
    if (this.#version() === sqliteMigrations.length) return
    this.transaction(() => {
      const version = this.#version()
      if (version > sqliteMigrations.length) {
        throw new StoreUnavailableError(
          `the database has schema ${version}, newer than this version of Signet (${sqliteMigrations.length}): upgrade signet-jwt`,
        )
      }
      for (const migration of sqliteMigrations.slice(version)) this.#database.exec(migration)
      this.#database.exec(`PRAGMA user_version = ${sqliteMigrations.length}`)
    })
  }

  #version(): number {
    return this.#database.prepare('PRAGMA user_version').get()?.user_version as number
  }
}

export type SqlValue = string | number | null
export type SqlRow = { readonly [column: string]: SqlValue }

/** A prepared statement; undefined is stored as NULL. */
export class Statement {
  readonly #statement: StatementSync

  constructor(statement: StatementSync) {
    this.#statement = statement
  }

  get(...values: readonly (SqlValue | undefined)[]): SqlRow | undefined {
    return this.#statement.get(...bind(values)) as SqlRow | undefined
  }

  all(...values: readonly (SqlValue | undefined)[]): readonly SqlRow[] {
    return this.#statement.all(...bind(values)) as SqlRow[]
  }

  /** Answers how many rows were changed. */
  run(...values: readonly (SqlValue | undefined)[]): number {
    return Number(this.#statement.run(...bind(values)).changes)
  }
}

function bind(values: readonly (SqlValue | undefined)[]): SQLInputValue[] {
  return values.map((value) => value ?? null)
}

export function mapRow<T>(row: SqlRow | undefined, translate: (row: SqlRow) => T): T | undefined {
  return row === undefined ? undefined : translate(row)
}

/** Whether waiting a little may help. */
export function isBusy(error: unknown): boolean {
  const code = (error as { errcode?: number }).errcode
  return code !== undefined && [BUSY, LOCKED].includes(code & 0xff)
}

/** A failure of the engine as the one error callers know. What a step itself refused passes as it is. */
export function unavailable(path: string, error: unknown): Error {
  if (error instanceof SignetError || error instanceof TypeError || error instanceof RangeError)
    return error
  const reason = isBusy(error)
    ? 'another process has held its lock for too long'
    : (error as Error).message
  return new StoreUnavailableError(`the SQLite store ${path} cannot serve: ${reason}`, {
    cause: error,
  })
}

function fileIdentity(path: string): string {
  const { dev, ino } = statSync(path, { throwIfNoEntry: false }) ?? { dev: 0, ino: 0 }
  return `${dev}:${ino}`
}
