/** A Cluster of six whose members die, and processes that die while they speak to it. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { StoreUnavailableError } from 'signet-jwt'
import { withDeadline } from '../../packages/signet/src/deadline.ts'
import { origin } from '../../packages/signet/src/revocation/position.ts'
import {
  birth,
  ISSUER,
  presentation,
  report,
  revokeToken,
} from '../../packages/signet/src/stores/contract/material.ts'
import { Keys, shardOf } from '../../packages/signet/src/stores/redis/keys.ts'
import { hasRedis, needRedis } from '../support/need.ts'
import { RedisCluster, until } from '../support/redis.ts'
import { clusterClientOf, type Library, libraries, storeOn } from '../support/redis-clients.ts'

/** Ends a session in a process that dies on the way to the log. Answers the session's id. */
async function crash(
  library: Library,
  cluster: RedisCluster,
  prefix: string,
  how: 'reuse' | 'revoke',
): Promise<string> {
  const program = join(import.meta.dirname, '../support/redis-crash.ts')
  const port = String(cluster.nodes[0]?.port)
  const child = spawn(
    process.execPath,
    [...process.execArgv, '--conditions=@signet-jwt/source', program, library, port, prefix, how],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_TEST_CONTEXT: undefined } },
  )
  let sid = ''
  child.stdout.on('data', (data: Buffer) => {
    sid += data.toString()
  })
  const [code, signal] = await once(child, 'exit')
  assert.deepEqual([code, signal], [null, 'SIGKILL'])
  return sid
}

if (!hasRedis()) test('the Redis store outlives the nodes of a Cluster', (t) => void needRedis(t))
else {
  describe('on a Cluster of six', { timeout: 120_000 }, () => {
    let cluster: RedisCluster
    before(async () => {
      cluster = await RedisCluster.start()
    })
    after(() => cluster.end())

    for (const library of libraries) {
      for (const how of ['reuse', 'revoke'] as const) {
        test(`a ${how} is said by another process with ${library} when its own was killed half-way`, async () => {
          const prefix = `${library}-${how}:`
          const sid = await crash(library, cluster, prefix, how)
          const keys = new Keys(prefix)
          const box = keys.box(shardOf(sid))
          const shard = await cluster.primaryOf(box)
          const log = await cluster.primaryOf(keys.stream)
          assert.equal(await shard.cli('HLEN', box), '1')
          assert.equal(await log.cli('XLEN', keys.stream), '0')

          const used = clusterClientOf(library, cluster)
          const store = storeOn(used.client, undefined, prefix)
          const said = async () =>
            (await store.beat(report(origin))).entries.map(({ kind, key }) => [kind, key])
          await until(async () => (await said()).length > 0)
          assert.deepEqual(await said(), [['session', sid]])
          await until(async () => (await shard.cli('HLEN', box)) === '0')
          assert.notEqual((await store.getSession(sid))?.row.revokedAt, undefined)
          await store.close()
          used.end()
        })
      }
    }

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
        await until(async () => (await replicasBehind(cluster)) === 0)
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
        await until(async () => (await replicasBehind(cluster)) === 0)
      })
    }
  })
}

/** How many replicas have not yet got what their primary has. */
async function replicasBehind(cluster: RedisCluster): Promise<number> {
  const states = await Promise.all(
    cluster.servers.map((server) => server.cli('INFO', 'replication').catch(() => '')),
  )
  const primaries = states.filter((info) => /role:master/.test(info))
  const behind = primaries.filter((info) => {
    const own = /master_repl_offset:(\d+)/.exec(info)?.[1]
    return !new RegExp(`state=online,offset=${own},`).test(info)
  })
  return primaries.length === 3 ? behind.length : 3
}
