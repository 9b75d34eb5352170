/** What replicas have, and what a promoted one has lost. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { StoreUnavailableError } from 'signet-jwt'
import { type RedisClient, redisStore } from 'signet-jwt/stores/redis'
import {
  birth,
  ISSUER,
  presentation,
  report,
  revokeToken,
  START,
} from '../../packages/signet/src/stores/contract/material.ts'
import { hasRedis, needRedis } from '../support/need.ts'
import { RedisServer, until } from '../support/redis.ts'
import { clientOf, type Library, libraries, storeOn } from '../support/redis-clients.ts'

interface Pair {
  readonly primary: RedisServer
  readonly replica: RedisServer
  /** A client of one of them. */
  readonly use: (server: RedisServer) => RedisClient
}

async function withReplica(library: Library, body: (pair: Pair) => Promise<void>): Promise<void> {
  const quick = ['--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1']
  const primary = await RedisServer.start(...quick)
  const replica = await RedisServer.start('--replicaof', `127.0.0.1 ${primary.port}`)
  // A replica that has been filled is not yet one that follows.
  await until(async () => {
    await primary.cli('SET', 'followed', 'yes')
    return (await replica.cli('GET', 'followed')) === 'yes'
  })
  await until(async () => !/offset=0,/.test(await primary.cli('INFO', 'replication')))
  const ends: (() => void)[] = []
  const use = (server: RedisServer) => {
    const used = clientOf(library, server)
    ends.push(used.end)
    return used.client
  }
  try {
    await body({ primary, replica, use })
  } finally {
    for (const end of ends) end()
    await replica.end()
    await primary.end()
  }
}

if (!hasRedis()) test('the Redis store knows its replicas', (t) => void needRedis(t))
else {
  for (const library of libraries) {
    describe(`the Redis store with ${library}`, () => {
      test('notices that a promoted replica had not got the tail of the log', () =>
        withReplica(library, async ({ primary, replica, use }) => {
          // A clock that stands still makes both servers give the same number: only the tag tells the entries apart.
          const clock = () => new Date(START)
          const before = storeOn(use(primary), clock, 'app:')
          const kept = await revokeToken(before, 'kept')
          await until(async () => (await replica.cli('XLEN', 'app:{log}:stream')) === '1')
          await replica.cli('REPLICAOF', 'NO', 'ONE')
          const lost = await revokeToken(before, 'lost')
          await before.close()
          await primary.kill()

          const after = storeOn(use(replica), clock, 'app:')
          assert.equal((await after.readReceipt(kept.position)).present, true)
          assert.equal((await after.readReceipt(lost.position)).present, false)
          const other = await revokeToken(after, 'other')
          assert.equal(other.position.p, lost.position.p)
          assert.equal((await after.readReceipt(lost.position)).present, false)
          const { state, entries } = await after.beat(report(lost.position))
          assert.equal(state, 'diverged')
          assert.deepEqual(
            entries.map(({ key }) => key),
            ['kept', 'other'],
          )
          // A member that stands on what was lost is not taken for one that has it.
          const { members } = await after.readReceipt(other.position)
          assert.deepEqual(
            members.map(({ position }) => position.p),
            [0],
          )
          await after.close()
        }))

      test('answers with durability only when a replica has the write', () =>
        withReplica(library, async ({ primary, replica, use }) => {
          const durability = { waitReplicas: 1, timeoutMs: 200 }
          const store = redisStore(use(primary), { durability })
          await store.declareIssuer(ISSUER, 3_600_000)
          const row = await store.createSession(birth())
          const asked = presentation(row)
          replica.running.kill('SIGSTOP')
          const started = performance.now()
          // Many at a time share few waits.
          const calls = Array.from({ length: 30 }, (_, i) => revokeToken(store, `t${i}`))
          for (const settled of await Promise.allSettled([store.rotate(asked), ...calls])) {
            assert.equal(settled.status, 'rejected')
            const { reason } = settled as PromiseRejectedResult
            assert.ok(reason instanceof StoreUnavailableError)
            assert.match(reason.message, /0 of 1 replicas had the write within 200 ms/)
          }
          assert.ok(performance.now() - started < 1500, 'the waits were shared')
          replica.running.kill('SIGCONT')
          // The result was not known, and the same attempt learns it.
          await until(async () =>
            store.rotate(asked).then(
              ({ row }) => row?.gen === 1,
              () => false,
            ),
          )
          assert.equal(await replica.cli('XLEN', 'signet:{log}:stream'), '30')
          await store.close()
        }))

      test('does not take the answer of another connection for a replica', () =>
        withReplica(library, async ({ primary, replica, use }) => {
          const store = redisStore(use(primary), {
            durability: { waitReplicas: 1, timeoutMs: 3000 },
          })
          await store.declareIssuer(ISSUER, 3_600_000)
          replica.running.kill('SIGSTOP')
          const call = revokeToken(store, 'one').then(
            () => 'answered',
            (error: unknown) => error,
          )
          await until(async () => /cmd=wait/.test(await primary.cli('CLIENT', 'LIST')))
          await primary.cli('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
          replica.running.kill('SIGCONT')
          assert.ok((await call) instanceof StoreUnavailableError)
          await store.close()
        }))
    })
  }
}
