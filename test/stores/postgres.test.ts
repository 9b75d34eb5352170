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

// One for all its tests, and made before any other begins: for a second or two it leaves the event loop to nobody.
const pglite = await PGlite.create()

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

storeContract('the Postgres store by PGlite', async (clock) => {
  const schema = newSchema()
  return {
    store: await clockedStore(pglite, (sql) => pglite.exec(sql), schema, clock),
    release: async () => void (await pglite.exec(`DROP SCHEMA ${schema} CASCADE`)),
  }
})
