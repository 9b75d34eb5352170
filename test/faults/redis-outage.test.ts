/** Wires that are cut, slow or dumb, and servers that stop, die or forget: nothing hangs, nothing is half-done. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { StoreUnavailableError } from 'signet-jwt'
import type { RedisClient } from 'signet-jwt/stores/redis'
import { withDeadline } from '../../packages/signet/src/deadline.ts'
import {
  birth,
  ISSUER,
  presentation,
  revokeToken,
} from '../../packages/signet/src/stores/contract/material.ts'
import type { Store } from '../../packages/signet/src/stores/store.ts'
import { hasRedis, needRedis } from '../support/need.ts'
import { RedisServer, until } from '../support/redis.ts'
import { clientOf, type Library, libraries, storeOn } from '../support/redis-clients.ts'
import { RedisProxy } from '../support/redis-proxy.ts'

interface Line {
  readonly server: RedisServer
  readonly proxy: RedisProxy
  readonly client: RedisClient
  readonly store: Store
}

/** A store behind a wire of the test's own. */
async function onLine(
  library: Library,
  settings: readonly string[],
  body: (line: Line) => Promise<void>,
): Promise<void> {
  const server = await RedisServer.start(...settings)
  const proxy = await RedisProxy.start(server.port)
  const used = clientOf(library, proxy)
  const store = storeOn(used.client)
  try {
    await store.declareIssuer(ISSUER, 3_600_000)
    await body({ server, proxy, client: used.client, store })
  } finally {
    await store.close()
    used.end()
    await proxy.end()
    await server.end()
  }
}

const strict = { grace: 0, idleLifetime: 3_600_000, maxReplays: 100 }

/** Asks until it is answered, as refresh does with one attempt. */
async function persist<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await withDeadline(call, 500)
    } catch (error) {
      assert.ok(error instanceof StoreUnavailableError, String(error))
      assert.ok(tries < 60, 'the store came back')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

if (!hasRedis()) test('the Redis store outlives outages', (t) => void needRedis(t))
else {
  for (const library of libraries) {
    describe(`the Redis store with ${library}`, () => {
      test('is not hurt by a driver that sends a rotation again, even without grace', () =>
        onLine(library, [], async ({ server, proxy, store }) => {
          const { row } = await store.rotate(presentation(await store.createSession(birth())))
          assert.ok(row)
          const asked = { ...presentation(row), policy: strict }
          proxy.holdsAnswers = true
          const first = store.rotate(asked).catch((error: unknown) => error)
          const key = (await server.cli('KEYS', '*:s:*')).trim()
          await until(async () => (await server.cli('HGET', key, 'gen')) === '2')
          // The server has done it, the answer is lost: the driver sends it again, or says that it does not know.
          proxy.holdsAnswers = false
          proxy.cut()
          const outcome = await first
          if (library === 'ioredis') {
            assert.equal((outcome as { outcome: string }).outcome, 'rotated')
          } else assert.ok(outcome instanceof StoreUnavailableError, String(outcome))
          const again = await persist(() => store.rotate(asked))
          assert.equal(again.outcome, 'rotated')
          assert.equal(again.row?.gen, 2)
          const another = await persist(() => store.rotate({ ...asked, attempt: 'another' }))
          assert.equal(another.outcome, 'reused')
        }))

      test('hears that the connection was cut, and serves again', () =>
        onLine(library, [], async ({ proxy, store }) => {
          const woken: number[] = []
          const stop = store.watch(() => woken.push(performance.now()))
          await until(() => woken.length > 0)
          for (let round = 0; round < 5; round++) {
            const calls = Array.from({ length: 20 }, (_, i) => revokeToken(store, `${round} ${i}`))
            setImmediate(() => proxy.cut())
            for (const { status, ...rest } of await Promise.allSettled(calls)) {
              if (status === 'rejected') {
                const { reason } = rest as { reason: unknown }
                assert.ok(reason instanceof StoreUnavailableError, String(reason))
              }
            }
          }
          await persist(() => store.head())
          // The bell has a connection of its own, which was cut as well.
          await new Promise((resolve) => setTimeout(resolve, 500))
          const heard = woken.length
          await persist(() => revokeToken(store, 'last'))
          await until(() => woken.length > heard)
          stop()
        }))

      test('answers within the deadline in use while the server is frozen', () =>
        onLine(library, [], async ({ server, store }) => {
          const row = await store.createSession(birth())
          const asked = { ...presentation(row), policy: strict }
          server.running.kill('SIGSTOP')
          const started = performance.now()
          await assert.rejects(
            withDeadline(() => store.rotate(asked), 200),
            StoreUnavailableError,
          )
          assert.ok(performance.now() - started < 600)
          server.running.kill('SIGCONT')
          // What was sent before arrives late, and then what is sent now: both are the same attempt.
          assert.equal((await persist(() => store.rotate(asked))).row?.gen, 1)
        }))

      test('works over a slow wire', () =>
        onLine(library, [], async ({ proxy, store }) => {
          proxy.latency = 100
          const row = await store.createSession(birth())
          assert.equal((await store.rotate(presentation(row))).outcome, 'rotated')
          await assert.rejects(
            withDeadline(() => store.head(), 50),
            StoreUnavailableError,
          )
          proxy.latency = 0
        }))

      test('finds its scripts again when the server forgets them', () =>
        onLine(library, [], async ({ server, store }) => {
          const row = await store.createSession(birth())
          await server.cli('SCRIPT', 'FLUSH')
          const answers = await Promise.all(
            Array.from({ length: 40 }, () => store.rotate(presentation(row))),
          )
          const rotated = answers.filter(({ outcome }) => outcome === 'rotated')
          assert.equal(rotated.length, 1)
          assert.ok(answers.every(({ row }) => row?.gen === 1))
        }))

      test('loses nothing it acknowledged when a server with appendfsync always is killed', () =>
        onLine(
          library,
          ['--appendonly', 'yes', '--appendfsync', 'always'],
          async ({ server, store }) => {
            const births = Array.from({ length: 50 }, () => birth())
            const rows = await Promise.all(births.map((each) => store.createSession(each)))
            const revoked: string[] = []
            let dead = false
            const work = rows.map(async (row) => {
              const asked = presentation(row)
              await store.rotate(asked)
              if (dead) return
              const sid = row.sid
              const target = { kind: 'session', sid, issuer: ISSUER, reason: undefined } as const
              await store.revoke({ ...target, entryId: `of ${sid}` })
              if (!dead) revoked.push(sid)
            })
            const done = Promise.allSettled(work)
            await until(() => revoked.length > 5)
            await server.kill()
            dead = true
            await server.start()
            await done
            const head = await persist(() => store.head())
            assert.ok(head.p > 0)
            for (const sid of revoked) {
              const found = await persist(() => store.getSession(sid))
              assert.notEqual(found?.row.revokedAt, undefined)
            }
            const report = { id: 'm', position: { p: 0, tag: '' }, maxStaleness: 30_000 }
            const { entries } = await store.beat({ ...report, onStale: 'deny' })
            const said = new Set(entries.map(({ key }) => key))
            assert.deepEqual(
              revoked.filter((sid) => !said.has(sid)),
              [],
            )
          },
        ))
    })
  }
}
