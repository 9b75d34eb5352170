/** The Postgres store through PgBouncer, which lends a connection for one transaction. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import pg from 'pg'
import { postgresStore } from 'signet-jwt/stores/postgres'
import {
  birth,
  presentation,
  revokeToken,
} from '../../packages/signet/src/stores/contract/material.ts'
import { needCommand } from '../support/need.ts'
import { needPostgresPrograms, PgBouncer, PostgresServer } from '../support/postgres.ts'

async function pooled(
  t: TestContext,
  body: (pools: { readonly pooled: pg.Pool; readonly direct: pg.Pool }) => Promise<void>,
): Promise<void> {
  const programs = needPostgresPrograms(t)
  const program = needCommand(t, 'pgbouncer', 'apt-get install pgbouncer')
  if (programs === undefined || program === undefined) return
  const server = await PostgresServer.start(programs)
  const bouncer = await PgBouncer.start(program, server)
  const pools = {
    pooled: new pg.Pool({ connectionString: bouncer.urlFor(server), max: 12 }),
    direct: new pg.Pool({ connectionString: server.url, max: 2 }),
  }
  for (const pool of Object.values(pools)) pool.on('error', () => {})
  try {
    await body(pools)
  } finally {
    await Promise.all(Object.values(pools).map((pool) => pool.end()))
    bouncer.remove()
    server.remove()
  }
}

test('steps by many connections through a transaction pooler are the same steps', (t) =>
  pooled(t, async ({ pooled }) => {
    // Two stores share the pooler's connections and prepare the same statements, until they notice.
    const stores = [postgresStore(pooled), postgresStore(pooled)] as const
    const born = await Promise.all(
      Array.from({ length: 40 }, (_, i) => stores[i % 2 === 0 ? 0 : 1].createSession(birth())),
    )
    for (let gen = 0; gen < 5; gen++) {
      const answers = await Promise.all(
        born.map((row, i) =>
          stores[(i + gen) % 2 === 0 ? 0 : 1].rotate({ ...presentation(row), gen }),
        ),
      )
      for (const answer of answers) {
        assert.deepEqual([answer.outcome, answer.row?.gen], ['rotated', gen + 1])
      }
    }
    const { position } = await revokeToken(stores[0], 'one')
    assert.deepEqual(await stores[1].head(), position)
    for (const store of stores) await store.close()
  }))

test('without a direct connection the end of the log is read, and with one it is heard', (t) =>
  pooled(t, async ({ pooled, direct }) => {
    for (const options of [{}, { listener: direct }]) {
      const store = postgresStore(pooled, options)
      await store.head()
      let woken = 0
      const stop = store.watch(() => woken++)
      const wakeAfter = async (step: () => Promise<unknown>) => {
        await new Promise((resolve) => setTimeout(resolve, 600))
        const before = woken
        const start = performance.now()
        await step()
        while (woken === before) await new Promise((resolve) => setTimeout(resolve, 1))
        return performance.now() - start
      }
      const waited = await wakeAfter(() => revokeToken(store, 'one'))
      assert.ok(waited < 5000, `${waited} ms`)
      stop()
      await store.close()
    }
  }))
