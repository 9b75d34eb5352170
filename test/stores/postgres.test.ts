/** The contract on Postgres, by each of the drivers. */
import { after, test } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import postgres from 'postgres'
import { storeContract } from 'signet-jwt/stores/contract'
import {
  clockedStore,
  needPostgresPrograms,
  newSchema,
  serverForTests,
} from '../support/postgres.ts'

const server = await serverForTests()
if (server === undefined) {
  test('the Postgres store on a server', (t) => void needPostgresPrograms(t))
} else {
  after(server.remove)
  storeContract('the Postgres store by pg', async (clock) => {
    const pool = new pg.Pool({ connectionString: server.url })
    const schema = newSchema()
    return {
      store: await clockedStore(pool, (sql) => pool.query(sql), schema, clock),
      release: async () => {
        await pool.query(`DROP SCHEMA ${schema} CASCADE`)
        await pool.end()
      },
    }
  })

  storeContract('the Postgres store by postgres', async (clock) => {
    const sql = postgres(server.url, { onnotice: () => {} })
    const schema = newSchema()
    return {
      store: await clockedStore(sql, (text) => sql.unsafe(text), schema, clock),
      release: async () => {
        await sql.unsafe(`DROP SCHEMA ${schema} CASCADE`)
        await sql.end()
      },
    }
  })
}

// One for all tests: PGlite takes a second to begin.
const pglite = await PGlite.create()
storeContract('the Postgres store by PGlite', async (clock) => {
  const schema = newSchema()
  return {
    store: await clockedStore(pglite, (sql) => pglite.exec(sql), schema, clock),
    release: async () => void (await pglite.exec(`DROP SCHEMA ${schema} CASCADE`)),
  }
})
