/**
 * The stores that the attack kit runs against: a line for each engine. `store` gives a new view of the same data, which is
 * what a process that starts again after a crash opens.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import pg from 'pg'
import type { Store } from 'signet-jwt'
import { memoryStore } from 'signet-jwt/stores/memory'
import { sqliteStore } from 'signet-jwt/stores/sqlite'
import { needAsync, needRedis } from './need.ts'
import { clockedStore, newSchema, serverForTests } from './postgres.ts'
import { RedisServer } from './redis.ts'
import { clientOf, storeOn } from './redis-clients.ts'

export interface AttackedStore {
  readonly name: string
  /** Undefined when what it needs is not there; it has then skipped the test (need.ts). What it takes ends with the test. */
  open(t: TestContext, clock: () => Date): Promise<{ store(): Store } | undefined>
}

export const attackedStores: readonly AttackedStore[] = [
  {
    name: 'memory',
    async open(t, clock) {
      const store = memoryStore({ clock })
      t.after(() => store.close())
      return { store: () => store }
    },
  },
  {
    name: 'SQLite',
    async open(t, clock) {
      const directory = mkdtempSync(join(tmpdir(), 'signet-'))
      const opened: Store[] = []
      t.after(async () => {
        for (const store of opened) await store.close()
        rmSync(directory, { recursive: true })
      })
      return {
        store: () => {
          const store = sqliteStore(join(directory, 'signet.db'), { clock })
          opened.push(store)
          return store
        },
      }
    },
  },
  {
    name: 'Postgres',
    async open(t, clock) {
      const server = await needAsync(t, 'PostgreSQL', 'apt-get install postgresql', serverForTests)
      if (server === undefined) return undefined
      const pool = new pg.Pool({ connectionString: server.url })
      const schema = newSchema()
      const store = await clockedStore(pool, (sql) => pool.query(sql), schema, clock)
      t.after(async () => {
        await store.close()
        await pool.query(`DROP SCHEMA ${schema} CASCADE`)
        await pool.end()
        server.remove()
      })
      return { store: () => store }
    },
  },
  {
    name: 'Redis',
    async open(t, clock) {
      if (needRedis(t) === undefined) return undefined
      const server = await RedisServer.start()
      const { client, end } = clientOf('redis', server)
      const store = storeOn(client, clock)
      t.after(async () => {
        await store.close()
        end()
        await server.end()
      })
      return { store: () => store }
    },
  },
]
