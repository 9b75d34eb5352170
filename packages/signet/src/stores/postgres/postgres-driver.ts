/** `postgres` (Postgres.js): a function with methods, which keeps its own connections. */
import { type Driver, type Listener, type Row, type Run, type Statement, within } from './driver.ts'

/** The part of `postgres.Sql` that is used. */
export interface PostgresSql extends PostgresQueries {
  begin<T>(options: string, body: (sql: PostgresQueries) => Promise<T>): Promise<unknown>
  listen(
    channel: string,
    onNotify: (payload: string) => void,
  ): Promise<{ unlisten(): Promise<void> }>
}

/** The part that a transaction has, too. */
export interface PostgresQueries {
  unsafe(
    text: string,
    values?: SqlParameter[],
    options?: { readonly prepare?: boolean },
  ): PromiseLike<readonly unknown[]>
}

type SqlParameter = string | null

export class PostgresDriver implements Driver {
  readonly #sql: PostgresSql
  readonly #listeners: PostgresSql

  constructor(sql: PostgresSql, listeners: PostgresSql) {
    this.#sql = sql
    this.#listeners = listeners
  }

  run(statement: Statement, timeout: number): Promise<readonly Row[]> {
    return within(runOn(this.#sql, statement), timeout)
  }

  async transaction<T>(
    settings: string,
    timeout: number,
    body: (run: Run) => Promise<T>,
  ): Promise<T> {
    const work = this.#sql.begin('isolation level read committed', async (sql) => {
      await sql.unsafe(settings)
      return body((statement) => runOn(sql, statement))
    })
    return (await within(work, timeout)) as T
  }

  /** This client listens again by itself when its connection is lost, and does not tell. */
  async listen(channel: string, { onHeard }: Listener): Promise<() => void> {
    const { unlisten } = await this.#listeners.listen(channel, onHeard)
    return () => void unlisten().catch(() => {})
  }
}

async function runOn(
  sql: PostgresQueries,
  { name, text, values }: Statement,
): Promise<readonly Row[]> {
  const rows = await sql.unsafe(text, [...values], { prepare: name !== undefined })
  return rows as readonly Row[]
}
