/** Processes that die between the two steps of a revocation on a Cluster: what they have not said, others say. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { origin } from '../../packages/signet/src/revocation/position.ts'
import { report } from '../../packages/signet/src/stores/contract/material.ts'
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

if (!hasRedis()) test('the Redis store says what a dead process has not', (t) => void needRedis(t))
else {
  describe('on a Cluster of six', { concurrency: true }, () => {
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
  })
}
