/** The database as the steps see it: statements in our schema, set up before the first, bounded, with one kind of error. */
import { StoreUnavailableError } from '../../errors.ts'
import type { Driver, Listener, Row, SqlValue } from './driver.ts'
import { unavailable } from './refusal.ts'
import { type Setup, setUp } from './setup.ts'

export interface DatabaseOptions {
  readonly schema: string
  /** Bound on every statement and transaction, in milliseconds. */
  readonly timeout: number
  /** Connections keep the statements they have prepared. */
  readonly prepare: boolean
}

/** Runs one of our statements: its text, written for the schema `signet`, and its parameters. */
export type Query = (sql: string, values?: readonly SqlValue[]) => Promise<readonly Row[]>

export class Database {
  readonly schema: string
  readonly timeout: number
  readonly #driver: Driver
  readonly #prepare: boolean
  readonly #texts = new Map<string, { readonly name: string | undefined; readonly text: string }>()
  #setup: Promise<Setup> | undefined
  #isClosed = false

  constructor(driver: Driver, { schema, timeout, prepare }: DatabaseOptions) {
    this.#driver = driver
    this.schema = schema
    this.timeout = timeout
    this.#prepare = prepare
  }

  /** Notifications of this store, and of no other in the same database. */
  get channel(): string {
    return `${this.schema}_log`
  }

  /** A statement that changes nothing. */
  read(sql: string, values: readonly SqlValue[] = []): Promise<readonly Row[]> {
    return this.#guarded(() => this.#driver.run(this.#statement(sql, values), this.timeout))
  }

  /** One statement that is a step. Resolves when its changes are durable. */
  write(sql: string, values: readonly SqlValue[] = []): Promise<readonly Row[]> {
    return this.#guarded(({ raiseDurability }) =>
      raiseDurability
        ? this.#transaction((query) => query(sql, values))
        : this.#driver.run(this.#statement(sql, values), this.timeout),
    )
  }

  /** Several statements that are a step. Resolves when its changes are durable. */
  transaction<T>(body: (query: Query) => Promise<T>): Promise<T> {
    return this.#guarded(() => this.#transaction(body))
  }

  listen(listener: Listener): Promise<() => void> {
    return this.#guarded(() => this.#driver.listen(this.channel, listener))
  }

  close(): void {
    this.#isClosed = true
  }

  #transaction<T>(body: (query: Query) => Promise<T>): Promise<T> {
    return this.#driver.transaction(transactionSettings(this.timeout), this.timeout, (run) =>
      body((sql, values = []) => run(this.#statement(sql, values))),
    )
  }

  async #guarded<T>(call: (setup: Setup) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new StoreUnavailableError('the Postgres store has been closed')
    try {
      this.#setup ??= setUp(this.#driver, (sql) => inSchema(sql, this.schema), this.timeout)
      return await call(await this.#setup.catch((error) => this.#setUpAgain(error)))
    } catch (error) {
      throw unavailable(error)
    }
  }

  /** A server that was not ready may be at the next call. */
  #setUpAgain(error: unknown): never {
    this.#setup = undefined
    throw error
  }

  #statement(sql: string, values: readonly SqlValue[]) {
    let known = this.#texts.get(sql)
    if (known === undefined) {
      const name = this.#prepare ? `${this.schema}_${this.#texts.size}` : undefined
      known = { name, text: inSchema(sql, this.schema) }
      this.#texts.set(sql, known)
    }
    return { ...known, values }
  }
}

/** Statements are written for the schema `signet`, which stands before a dot, in quotes, or after SCHEMA. */
function inSchema(sql: string, schema: string): string {
  return schema === 'signet'
    ? sql
    : sql.replace(/\bsignet(?=\.)|(?<=')signet(?=')|(?<=SCHEMA )signet\b/g, schema)
}

/**
 * A process that stands still in the middle of a transaction must not hold the log's lock for ever, and a statement that
 * waited for long must not decide on what it saw before. What the server confirms is made as durable as it is set up to be:
 * to its standbys, too, where it has some to wait for.
 */
function transactionSettings(timeout: number): string {
  return `
    SET LOCAL statement_timeout = ${timeout};
    SET LOCAL idle_in_transaction_session_timeout = ${timeout};
    SELECT set_config('synchronous_commit', 'on', true)
      WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')`
}
