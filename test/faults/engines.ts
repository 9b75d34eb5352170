/** The engines that processes of a test share, by name: a parent makes one, and its children open the same. One more is a line. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { openStore } from '../../packages/server/src/store-url.ts'
import { sqliteStore } from '../../packages/signet/src/stores/sqlite.ts'
import type { Store } from '../../packages/signet/src/stores/store.ts'
import { hasRedis } from '../support/need.ts'
import { newSchema, serverForTests } from '../support/postgres.ts'
import { RedisServer } from '../support/redis.ts'

/** Text that a child can be given: the name of the engine, a space, and where it is. */
export type EnginePlace = string

export interface SharedEngine {
  /** An empty place, removed by `remove`; undefined when what it needs is not on the machine. */
  make(): Promise<{ readonly place: string; readonly remove: () => Promise<void> } | undefined>
  open(place: string): Promise<Store>
}

export const sharedEngines: { readonly [name: string]: SharedEngine } = {
  SQLite: {
    async make() {
      const directory = mkdtempSync(join(tmpdir(), 'signet-fleet-'))
      return {
        place: join(directory, 'signet.db'),
        remove: async () => rmSync(directory, { recursive: true }),
      }
    },
    open: async (path) => sqliteStore(path),
  },
  Postgres: {
    async make() {
      const server = await serverForTests()
      if (server === undefined) return undefined
      const schema = newSchema()
      const url = new URL(server.url)
      url.searchParams.set('schema', schema)
      const remove = async () => {
        const client = new pg.Client(server.url)
        await client.connect()
        await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
        await client.end()
        server.remove()
      }
      return { place: url.href, remove }
    },
    open: openByUrl,
  },
  Redis: {
    async make() {
      if (!hasRedis()) return undefined
      const server = await RedisServer.start()
      return { place: server.url, remove: () => server.end() }
    },
    open: openByUrl,
  },
}

async function openByUrl(url: string): Promise<Store> {
  const { store, close } = await openStore(url, () => {})
  return { ...store, close }
}

export function openEngine(place: EnginePlace): Promise<Store> {
  const space = place.indexOf(' ')
  const engine = sharedEngines[place.slice(0, space)]
  if (engine === undefined) throw new TypeError(`there is no engine in '${place}'`)
  return engine.open(place.slice(space + 1))
}
