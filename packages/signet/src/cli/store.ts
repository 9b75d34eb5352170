/** How commands are given a store: by a URL whose scheme names the engine. */
import { existsSync } from 'node:fs'
import type { ParseArgsOptionsConfig } from 'node:util'
import type { Store } from '../index.ts'
import { type Call, UsageError } from './command.ts'

export const storeOptions: ParseArgsOptionsConfig = { store: { type: 'string' } }

export const storeUsage = '[--store URL]'

const VARIABLE = 'SIGNET_STORE'

/** Each scheme with the way to make its store from the rest of the URL. Engines are loaded only when they are asked for. */
const engines: ReadonlyMap<string, (rest: string) => Promise<Store>> = new Map([
  ['sqlite', openSqlite],
])

/**
 * Runs `work` on the store of --store or SIGNET_STORE, and closes it whatever happens.
 *
 * @throws UsageError when no store is given, or one that no engine is known for
 */
export async function withStore<T>(call: Call, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(call)
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

function openStore({ text, world }: Call): Promise<Store> {
  const url = text('store') ?? world.variable(VARIABLE)
  const known = [...engines.keys()].map((scheme) => `${scheme}:`).join(', ')
  if (url === undefined) {
    throw new UsageError(
      `say which store: --store URL or the variable ${VARIABLE}, for example sqlite:.signet/signet.db`,
    )
  }
  const colon = url.indexOf(':')
  const open = engines.get(url.slice(0, Math.max(0, colon)))
  // A URL may hold a password, so it is not repeated.
  if (open === undefined) throw new UsageError(`the store's URL must begin with ${known}`)
  return open(url.slice(colon + 1))
}

/** `sqlite:path`, `sqlite:/absolute/path` or `sqlite:///absolute/path`. The file must be there: a typing error makes no database. */
async function openSqlite(rest: string): Promise<Store> {
  const path = rest.replace(/^\/\/(?=\/)/, '')
  if (path === '' || !existsSync(path)) throw new UsageError(`there is no database at '${path}'`)
  const { sqliteStore } = await import('../stores/sqlite.ts')
  return sqliteStore(path)
}
