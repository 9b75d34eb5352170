/** The database as the steps see it: statements in our schema, set up before the first, bounded, with one kind of error. */
import { hash } from 'node:crypto'
import { StoreUnavailableError } from '../../errors.ts'
import type { Driver, Listener, Row, SqlValue } from './driver.ts'
import { unavailable } from './refusal.ts'
import { type Setup, setUp } from './setup.ts'

export interface DatabaseOptions {
  readonly schema: string
  /** Bound on every statement and transaction, in milliseconds. */
  readonly timeout: number
  /** Connections keep the statements they have prepared, until one shows that it does not. */
  readonly prepare: boolean
}

/** Runs one of our statements: its text, written for the schema `signet`, and its parameters. */
export type Query = (sql: string, values?: readonly SqlValue[]) => Promise<readonly Row[]>

export class Database {
  readonly schema: string
  readonly timeout: number
  readonly #driver: Driver
  #prepare: boolean
  readonly #texts = new Map<string, { readonly name: string; readonly text: string }>()
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
      const setup = await this.#setup.catch((error) => this.#setUpAgain(error))
      return await this.#withoutPreparing(() => call(setup))
    } catch (error) {
      throw unavailable(error)
    }
  }

  /**
   * Behind a pooler that lends a connection for one transaction, a statement was prepared on another one than it is called
   * on. Then nothing has been done: it is done again, and nothing is prepared any more.
   */
  async #withoutPreparing<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      if (!isMisplacedStatement(error)) throw error
      this.#prepare = false
      return call()
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
      const text = inSchema(sql, this.schema)
      // A name means the same text in every process and version that may share a connection with this one.
      known = { name: `signet_${hash('sha256', text).slice(0, 32)}`, text }
      this.#texts.set(sql, known)
    }
    return { name: this.#prepare ? known.name : undefined, text: known.text, values }
  }
}

/** SQLSTATEs invalid_sql_statement_name and duplicate_prepared_statement. */
function isMisplacedStatement(error: unknown): boolean {
  return ['26000', '42P05'].includes((error as { readonly code?: string }).code ?? '')
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
