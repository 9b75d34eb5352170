/** PGlite: Postgres in this process, with one connection. For tests and for one process. */
import { type Driver, type Listener, type Row, type Run, type Statement, within } from './driver.ts'

/** The part of `PGlite` that is used. */
export interface PgliteDatabase extends PgliteQueries {
  readonly waitReady: Promise<void>
  transaction<T>(body: (transaction: PgliteQueries) => Promise<T>): Promise<T>
  listen(channel: string, onHeard: (payload: string) => void): Promise<() => Promise<void>>
}

/** The part that a transaction has, too. */
export interface PgliteQueries {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>
  exec(text: string): Promise<unknown>
}

export class PgliteDriver implements Driver {
  readonly #database: PgliteDatabase

  constructor(database: PgliteDatabase) {
    this.#database = database
  }

  run(statement: Statement, timeout: number): Promise<readonly Row[]> {
    return within(runOn(this.#database, statement), timeout)
  }

  transaction<T>(settings: string, timeout: number, body: (run: Run) => Promise<T>): Promise<T> {
    const work = this.#database.transaction(async (transaction) => {
      await transaction.exec(settings)
      return body((statement) => runOn(transaction, statement))
    })
    return within(work, timeout)
  }

  async listen(channel: string, { onHeard }: Listener): Promise<() => void> {
    const unlisten = await this.#database.listen(channel, onHeard)
    return () => void unlisten().catch(() => {})
  }
}

async function runOn(
  database: PgliteQueries,
  { text, values }: Statement,
): Promise<readonly Row[]> {
  return (await database.query(text, [...values])).rows as readonly Row[]
}
