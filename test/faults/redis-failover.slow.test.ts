/** A Cluster of six whose primaries die: the store goes on with what their replicas have. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { StoreUnavailableError } from 'signet-jwt'
import { withDeadline } from '../../packages/signet/src/deadline.ts'
import {
  birth,
  ISSUER,
  presentation,
  revokeToken,
} from '../../packages/signet/src/stores/contract/material.ts'
import { Keys } from '../../packages/signet/src/stores/redis/keys.ts'
import { hasRedis, needRedis } from '../support/need.ts'
import { RedisCluster, until } from '../support/redis.ts'
import { clusterClientOf, libraries, storeOn } from '../support/redis-clients.ts'

if (!hasRedis())
  test('the Redis store outlives the primaries of a Cluster', (t) => void needRedis(t))
else {
  describe('on a Cluster of six', { timeout: 120_000 }, () => {
    let cluster: RedisCluster
    before(async () => {
      cluster = await RedisCluster.start()
    })
    after(() => cluster.end())

    for (const library of libraries) {
      test(`the store with ${library} goes on with the replica when the primary of its log dies`, async () => {
        const prefix = `failover-${library}:`
        const used = clusterClientOf(library, cluster)
        const store = storeOn(used.client, undefined, prefix)
        await store.declareIssuer(ISSUER, 3_600_000)
        const row = await store.createSession(birth())
        let rings = 0
        const stop = store.watch(() => rings++)
        const { position } = await revokeToken(store, 'before')
        const stream = new Keys(prefix).stream
        const primary = await cluster.primaryOf(stream)
        await until(() => cluster.isReplicated())
        await primary.kill()

        const started = performance.now()
        const again = async <T>(call: () => Promise<T>): Promise<T> => {
          for (;;) {
            try {
              return await withDeadline(call, 1000)
            } catch (error) {
              assert.ok(error instanceof StoreUnavailableError, String(error))
              assert.ok(performance.now() - started < 30_000, 'the Cluster came back')
              await new Promise((resolve) => setTimeout(resolve, 100))
            }
          }
        }
        const later = await again(() => revokeToken(store, 'after'))
        assert.ok(later.position.p > position.p)
        // What had reached the replica is still there: nobody need read the log again.
        assert.equal((await again(() => store.look(position))).state, 'ok')
        assert.equal((await again(() => store.rotate(presentation(row)))).row?.gen, 1)
        const heard = rings
        await until(async () => {
          await again(() => revokeToken(store, 'ring'))
          return rings > heard
        })
        stop()
        await store.close()
        used.end()
        await primary.start()
        await until(() => cluster.isReplicated())
      })
    }
  })
}
