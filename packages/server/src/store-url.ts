/** The store that a URL names: `sqlite:`, `postgres:`, `redis:` and `rediss:`, the last two for a Cluster with `+cluster`. */
import type { Store } from 'signet-jwt'
import { postgresStore } from 'signet-jwt/stores/postgres'
import { redisStore } from 'signet-jwt/stores/redis'
import { sqliteStore } from 'signet-jwt/stores/sqlite'
import { SetupError } from './setup-error.ts'

/** A store with the connections it stands on. */
export interface OpenedStore {
  readonly store: Store
  /** Closes the store, then the connections. */
  close(): Promise<void>
}

/** Told of trouble with a connection between calls: a driver without a listener would end the process. */
export type OnConnectionError = (error: unknown) => void

type Open = (url: URL, onError: OnConnectionError) => Promise<OpenedStore>

/** Drivers are loaded only when they are asked for. */
const engines: { readonly [protocol: string]: Open | undefined } = {
  'sqlite:': openSqlite,
  'postgres:': openPostgres,
  'postgresql:': openPostgres,
  'redis:': openRedis,
  'rediss:': openRedis,
  'redis+cluster:': openCluster,
  'rediss+cluster:': openCluster,
}

/** @throws SetupError for a URL that names no store; it is never repeated, since it may hold a password */
export async function openStore(text: string, onError: OnConnectionError): Promise<OpenedStore> {
  const url = URL.parse(text)
  const open = url === null ? undefined : engines[url.protocol]
  if (url === null || open === undefined) {
    throw new SetupError(
      `the store's URL must begin with one of ${Object.keys(engines).join(', ')}`,
    )
  }
  return open(url, onError)
}

/** `sqlite:path` and `sqlite:///absolute/path`. */
async function openSqlite({ pathname }: URL): Promise<OpenedStore> {
  const store = sqliteStore(decodeURIComponent(pathname))
  return { store, close: () => store.close() }
}

/** The schema may be named by `?schema=`; all other parameters are the driver's. */
async function openPostgres(url: URL, onError: OnConnectionError): Promise<OpenedStore> {
  const { Pool } = (await import('pg')).default
  const schema = url.searchParams.get('schema')
  url.searchParams.delete('schema')
  const pool = new Pool({ connectionString: url.href, max: 10 })
  pool.on('error', onError)
  const store = postgresStore(pool, schema === null ? {} : { schema })
  const close = async () => {
    await store.close()
    await pool.end()
  }
  return { store, close }
}

/** The prefix of all keys may be named by `?prefix=`. */
async function openRedis(url: URL, onError: OnConnectionError): Promise<OpenedStore> {
  const { createClient } = await import('redis')
  const { prefix, plain } = readPrefix(url)
  const client = createClient({ url: plain })
  client.on('error', onError)
  const store = redisStore(client, prefix)
  const close = async () => {
    await store.close()
    client.destroy()
  }
  return { store, close }
}

/** One node suffices to find the others. */
async function openCluster(url: URL, onError: OnConnectionError): Promise<OpenedStore> {
  const { createCluster } = await import('redis')
  const { prefix, plain } = readPrefix(url)
  const { username, password } = url
  const cluster = createCluster({
    rootNodes: [{ url: plain.replace('+cluster', '') }],
    defaults: {
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
    },
  })
  cluster.on('error', onError)
  const store = redisStore(cluster, prefix)
  const close = async () => {
    await store.close()
    cluster.destroy()
  }
  return { store, close }
}

function readPrefix(url: URL): { readonly prefix: { prefix?: string }; readonly plain: string } {
  const prefix = url.searchParams.get('prefix')
  url.searchParams.delete('prefix')
  return { prefix: prefix === null ? {} : { prefix }, plain: url.href }
}
