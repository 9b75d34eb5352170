/** `pg` (node-postgres) and what is shaped like it: a pool that lends out connections. */
import {
  type Driver,
  type Listener,
  type Row,
  type Run,
  type Statement,
  TimeoutError,
  within,
} from './driver.ts'

/** The part of `pg.Pool` that is used. */
export interface PgPool {
  connect(): Promise<PgClient>
  on(event: 'error', listener: (error: Error) => void): unknown
  readonly options?: { readonly max?: number | undefined } | undefined
}

/** The part of `pg.PoolClient` that is used. */
export interface PgClient {
  query(query: {
    readonly text: string
    readonly values?: unknown[]
    readonly name?: string
  }): Promise<{ readonly rows: readonly unknown[] }>
  release(destroy?: boolean): void
  // biome-ignore lint/suspicious/noExplicitAny: the listeners of an emitter take what its events bring
  on(event: string, listener: (...values: any[]) => void): unknown
  // biome-ignore lint/suspicious/noExplicitAny: as above
  removeListener(event: string, listener: (...values: any[]) => void): unknown
  unref?(): void
}

const ignore = () => {}

export class PgDriver implements Driver {
  readonly #pool: PgPool
  readonly #listeners: PgPool

  /** @param listeners lends out the connection that listens; behind a transaction pooler another pool than `pool` */
  constructor(pool: PgPool, listeners: PgPool) {
    this.#pool = pool
    this.#listeners = listeners
    // Without a listener, an idle connection that dies with its server would end the process.
    pool.on('error', ignore)
    if (listeners !== pool) listeners.on('error', ignore)
  }

  run(statement: Statement, timeout: number): Promise<readonly Row[]> {
    return this.#lend(timeout, (run) => run(statement))
  }

  transaction<T>(settings: string, timeout: number, body: (run: Run) => Promise<T>): Promise<T> {
    return this.#lend(timeout, async (run, client) => {
      await client.query({ text: `BEGIN ISOLATION LEVEL READ COMMITTED; ${settings}` })
      try {
        const result = await body(run)
        await client.query({ text: 'COMMIT' })
        return result
      } catch (error) {
        await client.query({ text: 'ROLLBACK' })
        throw error
      }
    })
  }

  /** A connection for as long as `body` takes. One that is late or broken does not go back to the pool. */
  #lend<T>(timeout: number, body: (run: Run, client: PgClient) => Promise<T>): Promise<T> {
    let isOver = false
    let giveBack: (destroy: boolean) => void = ignore
    const work = async () => {
      const client = await this.#pool.connect()
      if (isOver) {
        client.release()
        throw new TimeoutError('the connection came too late')
      }
      client.on('error', ignore)
      giveBack = (destroy) => {
        giveBack = ignore
        client.release(destroy)
        // A client that is being destroyed may still speak of its end.
        if (!destroy) client.removeListener('error', ignore)
      }
      try {
        const result = await body((statement) => runOn(client, statement), client)
        giveBack(false)
        return result
      } catch (error) {
        giveBack(!leavesConnectionUsable(error))
        throw error
      }
    }
    return within(work(), timeout, () => {
      isOver = true
      giveBack(true)
    })
  }

  async listen(channel: string, { onHeard, onLost }: Listener): Promise<() => void> {
    const client = await this.#listeners.connect()
    let isOver = false
    const end = () => {
      if (isOver) return
      isOver = true
      client.release(true)
    }
    const lost = () => {
      if (isOver) return
      end()
      onLost()
    }
    client.on('notification', ({ payload }: { readonly payload?: string }) =>
      onHeard(payload ?? ''),
    )
    client.on('error', lost)
    client.on('end', lost)
    // Waiting for news is no reason for a process to go on living.
    client.unref?.()
    try {
      await client.query({ text: `LISTEN "${channel}"` })
    } catch (error) {
      end()
      throw error
    }
    return end
  }
}

async function runOn(client: PgClient, { name, text, values }: Statement): Promise<readonly Row[]> {
  const query = { text, values: [...values], ...(name === undefined ? {} : { name }) }
  return (await client.query(query)).rows as readonly Row[]
}

/** An error that the server sent (it has an SQLSTATE of five characters) leaves a good connection, but for its farewells. */
function leavesConnectionUsable(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('57P')
}
