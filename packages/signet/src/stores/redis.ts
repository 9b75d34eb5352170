/** The store of many processes on Redis, Valkey or a Cluster of them. */
import { checkOptions, describe } from '../options.ts'
import { system } from '../system.ts'
import { driverOf, type RedisClient } from './redis/client.ts'
import { openRedisStore } from './redis/redis-store.ts'
import type { Durability } from './redis/replicas.ts'
import type { Store } from './store.ts'

export type { RedisClient } from './redis/client.ts'
export type { Durability } from './redis/replicas.ts'

export interface RedisStoreOptions {
  /** What all keys begin with. Default `signet:`. Without braces, which would say where in a Cluster they lie. */
  readonly prefix?: string
  /** Makes an acknowledged write one that replicas have. Default: the primary alone acknowledges. */
  readonly durability?: Durability
}

/**
 * A store in Redis 7 or newer, in Valkey, or in a Cluster of either. The client stays yours to close, after the store.
 *
 * The server is checked at the first call, which says what is wrong with it: its version, its `maxmemory-policy` (it must
 * be `noeviction`), a replica in the place of a primary, missing rights. Reads that block get a connection of their own.
 *
 * Which acknowledged writes can be lost is the server's to say. With `appendfsync always` and one server: none. With
 * `everysec`: those of the last second, when the machine dies. Without persistence: all, when the server restarts. With
 * replicas: what a primary had not yet sent on when it died; `durability` answers only once `waitReplicas` of them have
 * it, and then it is lost only if those die with it. A primary that is cut off and still takes writes would renew leases
 * beside the new one: set `min-replicas-to-write` to 1 or more, or `durability`. Verifiers notice lost writes by the tags
 * of positions, and write again what they still know (docs/choosing-a-store.md).
 *
 * @param client of `redis` (createClient, createCluster) or `ioredis` (Redis, Cluster), version 5 or newer; opened if need be
 * @throws TypeError or RangeError naming the option
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): Store {
  checkOptions('redisStore', options, ['prefix', 'durability'])
  const { prefix = 'signet:', durability } = options
  return openRedisStore({
    driver: driverOf(client),
    prefix: checkPrefix(prefix),
    durability: durability === undefined ? undefined : checkDurability(durability),
    clock: undefined,
    uuid: system.uuid,
    randomBytes: system.randomBytes,
  })
}

function checkPrefix(prefix: unknown): string {
  if (typeof prefix !== 'string') {
    throw new TypeError(`'prefix' must be a string, got ${describe(prefix)}`)
  }
  if (/[{}]/.test(prefix)) {
    throw new RangeError("'prefix' must not contain braces: they say where in a Cluster a key lies")
  }
  return prefix
}

function checkDurability(durability: Durability): Durability {
  checkOptions('redisStore durability', durability, ['waitReplicas', 'timeoutMs'])
  return {
    waitReplicas: checkCount('waitReplicas', durability.waitReplicas, 1, 100),
    timeoutMs: checkCount('timeoutMs', durability.timeoutMs, 1, 60_000),
  }
}

function checkCount(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw new TypeError(`'${name}' must be a whole number, got ${describe(value)}`)
  }
  if (value < min || value > max) {
    throw new RangeError(`'${name}' must be from ${min} to ${max}, got ${value}`)
  }
  return value
}
