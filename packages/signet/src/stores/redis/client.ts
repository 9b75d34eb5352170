/** Which library a client comes from, told by its shape. */
import type { Driver, Emitter } from './driver.ts'
import { type IoredisClient, ioredisDriver } from './ioredis.ts'
import { type IoredisCluster, ioredisClusterDriver } from './ioredis-cluster.ts'
import { type NodeRedisClient, nodeRedisDriver } from './node-redis.ts'
import { type NodeRedisCluster, nodeRedisClusterDriver } from './node-redis-cluster.ts'

/** A client, or a client of a Cluster, of `redis` (from version 5 on) or of `ioredis` (from version 5 on). */
export type RedisClient = NodeRedisClient | NodeRedisCluster | IoredisClient | IoredisCluster

/**
 * The client as a driver. If nobody listens for its errors, we do: otherwise a cut connection would end the process.
 * What fails is told to whoever calls the store.
 *
 * @throws TypeError when it is none of them
 */
export function driverOf(client: unknown): Driver {
  const driver = recognise(client)
  const emitter = client as Emitter
  if (emitter.listenerCount('error') === 0) emitter.on('error', () => {})
  return driver
}

function recognise(client: unknown): Driver {
  const has = (...names: string[]) =>
    names.every((name) => typeof (client as Record<string, unknown> | null)?.[name] === 'function')
  if (has('call', 'pipeline', 'duplicate', 'disconnect')) {
    return has('nodes')
      ? ioredisClusterDriver(client as IoredisCluster)
      : ioredisDriver(client as IoredisClient)
  }
  if (has('sendCommand', 'duplicate', 'connect', 'destroy')) {
    return has('nodeClient')
      ? nodeRedisClusterDriver(client as NodeRedisCluster)
      : nodeRedisDriver(client as NodeRedisClient)
  }
  throw new TypeError(
    "redisStore(client): the client must be one that createClient or createCluster of 'redis' made, or a Redis or Cluster of 'ioredis', of version 5 or newer",
  )
}
