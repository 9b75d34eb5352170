/** The contract of stores, on one Redis server and on a Cluster of six, with both client libraries. */
import { after, before, describe, test } from 'node:test'
import { storeContract } from 'signet-jwt/stores/contract'
import { hasRedis, needRedis } from '../support/need.ts'
import { RedisCluster, RedisServer } from '../support/redis.ts'
import {
  clientOf,
  clusterClientOf,
  libraries,
  storeOn,
  type TestClient,
} from '../support/redis-clients.ts'

if (!hasRedis()) test('the Redis store keeps the store contract', (t) => void needRedis(t))
else {
  for (const library of libraries) {
    describe('one server', () => {
      let server: RedisServer
      let used: TestClient
      before(async () => {
        server = await RedisServer.start()
        used = clientOf(library, server)
      })
      after(async () => {
        used.end()
        await server.end()
      })
      storeContract(`the Redis store with ${library}`, async (clock) => ({
        store: storeOn(used.client, clock),
        release: async () => {},
      }))
    })
  }

  describe('a Cluster of six', { timeout: 120_000 }, () => {
    let cluster: RedisCluster
    before(async () => {
      cluster = await RedisCluster.start()
    })
    after(() => cluster.end())

    for (const library of libraries) {
      describe(library, () => {
        let used: TestClient
        before(() => {
          used = clusterClientOf(library, cluster)
        })
        after(() => used.end())
        storeContract(`the Redis Cluster store with ${library}`, async (clock) => ({
          store: storeOn(used.client, clock),
          release: async () => {},
        }))
      })
    }
  })
}
