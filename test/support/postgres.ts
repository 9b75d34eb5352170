/** Postgres for tests: the server of the machine with a schema for each test, and servers of a test's own. */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { type PostgresClient, postgresStore, type Store } from 'signet-jwt/stores/postgres'

/** How a client runs a text of statements, whatever its kind. */
export type Execute = (sql: string) => Promise<unknown>

export function newSchema(): string {
  return `test_${randomBytes(8).toString('hex')}`
}

/**
 * A store whose clock is the given one: the schema's `signet_now()` reads a table, and each call writes the clock there
 * first.
 */
export async function clockedStore(
  client: PostgresClient,
  execute: Execute,
  schema: string,
  clock: () => Date,
): Promise<Store> {
  const store = postgresStore(client, { schema })
  await store.head()
  await execute(`
    CREATE TABLE ${schema}.test_clock (ms bigint);
    INSERT INTO ${schema}.test_clock VALUES (${clock().getTime()});
    CREATE OR REPLACE FUNCTION ${schema}.signet_now() RETURNS bigint LANGUAGE sql VOLATILE
      AS 'SELECT ms FROM ${schema}.test_clock'`)
  let written = clock().getTime()
  let writing: Promise<unknown> = Promise.resolve()
  const setClock = () => {
    const now = clock().getTime()
    if (now !== written) {
      written = now
      writing = execute(`UPDATE ${schema}.test_clock SET ms = ${now}`)
    }
    return writing
  }
  const clocked = Object.entries(store).map(([name, method]) => {
    if (name === 'watch' || name === 'close') return [name, method]
    const step = method as (...values: unknown[]) => Promise<unknown>
    return [name, (...values: unknown[]) => setClock().then(() => step(...values))]
  })
  return Object.fromEntries(clocked) as Store
}

/** The server of the machine: DATABASE_URL, or the local one with a database `test`. */
export const serverUrl = process.env.SIGNET_TEST_POSTGRES ?? 'postgres://root@127.0.0.1:5432/test'

export async function isServerThere(): Promise<boolean> {
  const client = new pg.Client({ connectionString: serverUrl, connectionTimeoutMillis: 2000 })
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}
