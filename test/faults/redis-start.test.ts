/** What stands in the way of the Redis store is said at the first call, in words, and without a secret. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { StoreUnavailableError } from 'signet-jwt'
import { type RedisClient, redisStore } from 'signet-jwt/stores/redis'
import { origin } from '../../packages/signet/src/revocation/position.ts'
import {
  birth,
  everyone,
  HOUR,
  ISSUER,
  presentation,
  report,
  revocation,
} from '../../packages/signet/src/stores/contract/material.ts'
import { hasRedis, needRedis } from '../support/need.ts'
import { root } from '../support/npm.ts'
import { RedisServer } from '../support/redis.ts'
import { clientOf, libraries, type TestClient } from '../support/redis-clients.ts'

/** Far more than a refusal takes, and less than a caller's deadline. */
const SOON_MS = 1500

/** The first call fails soon with this. */
async function assertRefused(client: RedisClient, message: RegExp): Promise<Error> {
  const store = redisStore(client)
  const started = performance.now()
  const error = await store.head().then(
    () => assert.fail('the call was answered'),
    (reason: Error) => reason,
  )
  assert.ok(error instanceof StoreUnavailableError, inspect(error))
  assert.match(error.message, message)
  assert.ok(performance.now() - started < SOON_MS, 'it did not take long')
  await store.close()
  return error
}

async function withServer(
  settings: readonly string[],
  body: (server: RedisServer, use: (options?: object) => RedisClient) => Promise<void>,
  library: 'redis' | 'ioredis',
): Promise<void> {
  const server = await RedisServer.start(...settings)
  const used: TestClient[] = []
  try {
    await body(server, (options) => {
      const one = clientOf(library, server, options)
      used.push(one)
      return one.client
    })
  } finally {
    for (const { end } of used) end()
    await server.end()
  }
}

if (!hasRedis()) test('the Redis store says what is in its way', (t) => void needRedis(t))
else {
  for (const library of libraries) {
    describe(`the Redis store with ${library} says at its first call`, () => {
      test('that a password is wrong, and not which', () =>
        withServer(
          ['--requirepass', 'right horse battery'],
          async (_server, use) => {
            const client = use({ password: 'wrong horse battery' })
            const error = await assertRefused(client, /does not accept the user name and password/)
            assert.doesNotMatch(inspect(error, { depth: 9 }), /horse/)
          },
          library,
        ))

      test('that a password is missing', () =>
        withServer(
          ['--requirepass', 'right horse battery'],
          async (_server, use) => {
            await assertRefused(use(), /does not accept the user name and password/)
          },
          library,
        ))

      test('that a right is missing', () =>
        withServer(
          [],
          async (server, use) => {
            await server.cli('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '+@all', '-evalsha')
            const error = await assertRefused(
              use({ username: 'app', password: 'secret' }),
              /lacks a right that the store needs/,
            )
            assert.doesNotMatch(inspect(error, { depth: 9 }), /secret/)
          },
          library,
        ))

      test('that a right is missing of which only some steps would learn', () =>
        withServer(
          [],
          async (server, use) => {
            await server.cli('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '+@all', '-xtrim')
            await assertRefused(
              use({ username: 'app', password: 'secret' }),
              /lacks a right that the store needs.*may not run 'xtrim'/,
            )
            assert.equal(await server.cli('DBSIZE'), '0')
          },
          library,
        ))

      test('nothing, when its user has the rights that the page about stores names', () =>
        withServer(
          [],
          async (server, use) => {
            const page = readFileSync(join(root, 'docs/choosing-a-store.md'), 'utf8')
            const rights = /ACL SETUSER signet on >… (.*)/.exec(page)?.[1]?.split(' ') ?? []
            await server.cli('ACL', 'SETUSER', 'signet', 'on', '>secret', ...rights)
            const store = redisStore(use({ username: 'signet', password: 'secret' }))
            await store.declareIssuer(ISSUER, HOUR)
            const row = await store.createSession(birth())
            const policy = { grace: 0, idleLifetime: HOUR, maxReplays: 1 }
            assert.equal((await store.rotate(presentation(row))).outcome, 'rotated')
            assert.equal((await store.rotate({ ...presentation(row), policy })).outcome, 'reused')
            await store.revoke(revocation(everyone('anna')))
            await new Promise<void>((resolve) => {
              const stop = store.watch(() => {
                stop()
                resolve()
              })
            })
            assert.equal((await store.beat(report(origin))).entries.length, 2)
            await store.sweep(10)
            await store.close()
            assert.equal(await server.cli('ACL', 'LOG'), '')
          },
          library,
        ))

      test('that other keys are not its own', () =>
        withServer(
          [],
          async (server, use) => {
            await server.cli('ACL', 'SETUSER', 'app', 'on', '>secret', '~other:*', '+@all')
            await assertRefused(use({ username: 'app', password: 'secret' }), /lacks a right/)
          },
          library,
        ))

      test('that the server is a replica', () =>
        withServer(
          [],
          async (primary) => {
            const replica = ['--replicaof', `127.0.0.1 ${primary.port}`]
            await withServer(
              replica,
              async (_server, use) => void (await assertRefused(use(), /is a read-only replica/)),
              library,
            )
          },
          library,
        ))

      test('that the server may evict, and serves once it may not', () =>
        withServer(
          ['--maxmemory-policy', 'allkeys-lru'],
          async (server, use) => {
            const client = use()
            await assertRefused(client, /maxmemory-policy is allkeys-lru.*set it to noeviction/)
            await server.cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
            const store = redisStore(client)
            assert.equal((await store.head()).p, 0)
            await store.close()
          },
          library,
        ))

      test('that a newer version wrote the keys', () =>
        withServer(
          [],
          async (server, use) => {
            await server.cli('HSET', 'signet:{log}:meta', 'version', '99')
            await assertRefused(use(), /layout 99, newer than this version/)
            assert.equal(await server.cli('DBSIZE'), '1')
          },
          library,
        ))

      test('that its memory is full', () =>
        withServer(
          ['--maxmemory', '1'],
          async (_server, use) => void (await assertRefused(use(), /its memory is full/)),
          library,
        ))

      test('that nobody is there', () =>
        withServer(
          [],
          async (server, use) => {
            await server.kill()
            await assertRefused(use(), /ECONNREFUSED/)
          },
          library,
        ))
    })
  }
}
