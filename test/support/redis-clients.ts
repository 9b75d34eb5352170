/** The clients that the Redis store is tested with, and stores on them. */
import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster } from 'redis'
import type { RedisClient } from 'signet-jwt/stores/redis'
import { driverOf } from '../../packages/signet/src/stores/redis/client.ts'
import { openRedisStore } from '../../packages/signet/src/stores/redis/redis-store.ts'
import type { Store } from '../../packages/signet/src/stores/store.ts'
import { system } from '../../packages/signet/src/system.ts'
import type { RedisCluster } from './redis.ts'

/** A client and how to end it. */
export interface TestClient {
  readonly client: RedisClient
  readonly end: () => void
}

export type Library = 'redis' | 'ioredis'
export const libraries: readonly Library[] = ['redis', 'ioredis']

/** @param server with its options as both libraries call them: `username`, `password` */
export function clientOf(
  library: Library,
  server: { readonly port: number },
  options: object = {},
): TestClient {
  if (library === 'ioredis') {
    const client = new Redis(server.port, '127.0.0.1', options)
    return { client, end: () => client.disconnect() }
  }
  const client = createClient({ url: `redis://127.0.0.1:${server.port}`, ...options })
  return { client, end: () => void (client.isOpen && client.destroy()) }
}

export function clusterClientOf(library: Library, cluster: RedisCluster): TestClient {
  if (library === 'ioredis') {
    const client = new Cluster([...cluster.nodes])
    return { client, end: () => client.disconnect() }
  }
  const client = createCluster({ rootNodes: cluster.servers.map(({ url }) => ({ url })) })
  return { client, end: () => void (client.isOpen && client.destroy()) }
}

let stores = 0

/** A store on a client, empty because nobody else has its prefix. @param clock the time that its scripts are given */
export function storeOn(client: RedisClient, clock?: () => Date, prefix?: string): Store {
  return openRedisStore({
    driver: driverOf(client),
    prefix: prefix ?? newPrefix(),
    durability: undefined,
    clock,
    uuid: system.uuid,
    randomBytes: system.randomBytes,
  })
}

export function newPrefix(): string {
  return `test${++stores}:`
}
