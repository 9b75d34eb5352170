/** Bad days of the Postgres store: each is a clear refusal in time, nothing hangs, and it serves again by itself. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { inspect } from 'node:util'
import pg from 'pg'
import { StoreUnavailableError } from 'signet-jwt'
import { type PgPool, postgresStore, type Store } from 'signet-jwt/stores/postgres'
import {
  birth,
  everyone,
  presentation,
  report,
  revocation,
  revokeToken,
} from '../../packages/signet/src/stores/contract/material.ts'
import {
  findPrograms,
  needPostgresPrograms,
  newSchema,
  PostgresServer,
} from '../support/postgres.ts'
import { SlowWire } from '../support/slow-wire.ts'

const origin = { p: 0, tag: '' }

const found = findPrograms()
if (found === undefined) {
  test('the Postgres store on a bad day', (t) => void needPostgresPrograms(t))
} else {
  suite('the Postgres store on a bad day', { timeout: 120_000 }, () => badDays(found))
}

function badDays(programs: string): void {
  let server: PostgresServer
  let admin: pg.Pool

  before(async () => {
    server = await PostgresServer.start(programs)
    admin = poolOf(server.url)
  })

  after(async () => {
    await admin.end()
    server.remove()
  })

  function poolOf(url: string, options: pg.PoolConfig = {}): pg.Pool {
    const pool = new pg.Pool({ connectionString: url, max: 4, ...options })
    pool.on('error', () => {})
    return pool
  }

  /** A store that ends with the test, and how it refuses. */
  async function refusalOf(url: string, call = (store: Store): Promise<unknown> => store.head()) {
    const pool = poolOf(url)
    const store = postgresStore(pool, { timeoutSeconds: 2 })
    try {
      return await call(store).then(
        () => assert.fail('the store served'),
        (error: unknown) => {
          assert.ok(error instanceof StoreUnavailableError, inspect(error))
          assert.ok(!inspect(error, { depth: 9 }).includes(server.password))
          return error.message
        },
      )
    } finally {
      await store.close()
      await pool.end()
    }
  }

  test('a wrong password is said, and no password is', async () => {
    const message = await refusalOf(server.urlOf('postgres', 'not it'))
    assert.equal(message, 'the Postgres store cannot serve: the server refused the password')
  })

  test('a role without rights learns which ones it needs', async () => {
    const store = postgresStore(admin)
    await store.head()
    await admin.query(`CREATE ROLE nobody LOGIN PASSWORD '${server.password}'`)
    const url = server.urlOf('nobody', server.password)
    assert.match(await refusalOf(url), /the role lacks rights: it needs USAGE on the schema/)
    await admin.query('GRANT USAGE ON SCHEMA signet TO nobody')
    await admin.query(
      'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA signet TO nobody',
    )
    const pool = poolOf(url)
    const humble = postgresStore(pool)
    const row = await humble.createSession(birth())
    assert.equal((await humble.rotate(presentation(row))).outcome, 'rotated')
    await revokeToken(humble, 'one')
    await humble.sweep(10)
    await pool.end()
  })

  test('a standby and a read-only role are told from a primary', async () => {
    const standby = await server.standby()
    try {
      const url = standby.urlOf('postgres', server.password)
      assert.match(await refusalOf(url), /the server only reads: it is a standby/)
    } finally {
      standby.remove()
    }
    await admin.query(`CREATE ROLE reader LOGIN PASSWORD '${server.password}'`)
    await admin.query('ALTER ROLE reader SET default_transaction_read_only = on')
    const message = await refusalOf(server.urlOf('reader', server.password))
    assert.match(message, /default_transaction_read_only is on/)
  })

  test('an isolation level that the statements cannot work with is refused', async () => {
    await admin.query(`CREATE ROLE strict LOGIN PASSWORD '${server.password}'`)
    await admin.query("ALTER ROLE strict SET default_transaction_isolation = 'serializable'")
    const message = await refusalOf(server.urlOf('strict', server.password))
    assert.match(message, /set it to 'read committed' for this role/)
  })

  test('a database in another encoding is refused', async () => {
    await admin.query("CREATE DATABASE old ENCODING 'LATIN1' TEMPLATE template0")
    const message = await refusalOf(server.url.replace(/postgres$/, 'old'))
    assert.match(message, /the database is encoded in LATIN1/)
  })

  test('a schema newer than the code is refused by its number, and left as it is', async () => {
    const schema = newSchema()
    const pool = poolOf(server.url)
    await postgresStore(pool, { schema }).head()
    await pool.query(`INSERT INTO ${schema}.migrations (version) VALUES (99)`)
    await assert.rejects(
      postgresStore(pool, { schema }).head(),
      /the database has schema 99, newer than this version of Signet/,
    )
    await pool.end()
  })

  test('processes that start together make the schema once', async () => {
    const schema = newSchema()
    const pools = Array.from({ length: 6 }, () => poolOf(server.url))
    const heads = await Promise.all(pools.map((pool) => postgresStore(pool, { schema }).head()))
    assert.deepEqual(heads, Array(6).fill(origin))
    for (const pool of pools) await pool.end()
  })

  test('where nothing listens, and where the server is away for a while', async () => {
    const schema = newSchema()
    const pool = poolOf(server.url)
    const store = postgresStore(pool, { schema, timeoutSeconds: 2 })
    const row = await store.createSession(birth())
    server.down()
    await assert.rejects(store.getSession(row.sid), StoreUnavailableError)
    await assert.rejects(store.rotate(presentation(row)), /nobody listens at its address/)
    server.up()
    assert.equal((await store.rotate(presentation(row))).outcome, 'rotated')
    await store.close()
    await pool.end()
  })

  test('a pool whose connections are all lent out is waited for until the deadline', async () => {
    const pool = poolOf(server.url, { max: 2 })
    const store = postgresStore(pool, { schema: newSchema(), timeoutSeconds: 1.5 })
    const row = await store.createSession(birth())
    const lent = [await pool.connect(), await pool.connect()]
    await assert.rejects(store.rotate(presentation(row)), /no answer within 1500 ms/)
    await assert.rejects(store.head(), StoreUnavailableError)
    for (const client of lent) client.release()
    // The presentation that came to nothing has not been kept to be made later.
    assert.equal((await store.getSession(row.sid))?.row.gen, 0)
    assert.equal((await store.rotate(presentation(row))).outcome, 'rotated')
    assert.equal(pool.waitingCount, 0)
    await store.close()
    await pool.end()
  })

  test('a presentation that the network kept for too long changes nothing when it arrives', async () => {
    const wire = await SlowWire.to(server.port)
    const pool = poolOf(server.url.replace(`:${server.port}`, `:${wire.port}`))
    const near = postgresStore(admin, { schema: 'late' })
    const store = postgresStore(pool, { schema: 'late', timeoutSeconds: 1.5 })
    const row = await store.createSession(birth())
    assert.equal((await store.rotate(presentation(row))).outcome, 'rotated')
    wire.hold()
    await assert.rejects(store.rotate({ ...presentation(row), gen: 1 }), StoreUnavailableError)
    assert.equal((await near.rotate({ ...presentation(row), gen: 1 })).outcome, 'rotated')
    wire.release()
    await assert.doesNotReject(async () => {
      while ((await activeStatements()) > 0) await new Promise(setImmediate)
    })
    const after = (await near.getSession(row.sid))?.row
    assert.deepEqual([after?.gen, after?.replays, after?.revokedAt], [2, 0, undefined])
    assert.equal((await store.rotate({ ...presentation(row), gen: 2 })).outcome, 'rotated')
    await store.close()
    await pool.end()
    await wire.close()
  })

  async function activeStatements(): Promise<number> {
    const { rows } = await admin.query(
      "SELECT count(*)::integer AS n FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
    )
    return rows[0].n
  }

  test('a process that stands still before its commit does not hold the log for ever', async () => {
    const pool = poolOf(server.url)
    const options = { schema: newSchema(), timeoutSeconds: 1.5 }
    const store = postgresStore(pool, options)
    await store.head()
    const frozen: pg.PoolClient[] = []
    const stopped = postgresStore(withoutCommits(pool, frozen), options)
    await assert.rejects(revokeToken(stopped, 'one'), /no answer within 1500 ms/)
    await revokeToken(store, 'two')
    const { entries } = await store.look(origin)
    assert.deepEqual(
      entries.map(({ key }) => key),
      ['two'],
    )
    for (const client of frozen) client.release(true)
    await pool.end()
  })

  /** What a process is that was frozen after its last statement: its commit is never sent, its connection stays. */
  function withoutCommits(pool: pg.Pool, frozen: pg.PoolClient[]): PgPool {
    return {
      on: (event, listener) => pool.on(event, listener),
      connect: async () => {
        const client = await pool.connect()
        frozen.push(client)
        const query = client.query.bind(client) as (query: { text: string }) => Promise<never>
        return Object.assign(Object.create(client), {
          query: (asked: { text: string }) =>
            asked.text === 'COMMIT' ? new Promise(() => {}) : query(asked),
          release: () => {},
        })
      },
      totalCount: 0,
    } as PgPool
  }

  test('a listener whose connection is ended listens anew and misses nothing', async () => {
    const pool = poolOf(server.url)
    const store = postgresStore(pool, { schema: newSchema() })
    await store.head()
    let woken = 0
    const stop = store.watch(() => woken++)
    await until(async () => (await listeners()) === 1)
    await admin.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'",
    )
    await until(async () => (await listeners()) === 0)
    await revokeToken(store, 'while nobody listens')
    const before = woken
    await until(async () => (await listeners()) === 1 && woken > before)
    const again = woken
    await revokeToken(store, 'and now')
    await until(async () => woken > again)
    stop()
    await until(async () => (await listeners()) === 0)
    await store.close()
    await pool.end()
  })

  async function listeners(): Promise<number> {
    const { rows } = await admin.query(
      "SELECT count(*)::integer AS n FROM pg_stat_activity WHERE query LIKE 'LISTEN%'",
    )
    return rows[0].n
  }

  test('kill -9 of the server under load loses nothing acknowledged, and the store serves again', async () => {
    const pool = poolOf(server.url)
    const store = postgresStore(pool, { schema: newSchema(), timeoutSeconds: 2 })
    const born = await Promise.all(
      Array.from({ length: 40 }, (_, i) => store.createSession(birth({ maxPerSubject: 1000 + i }))),
    )
    const acknowledged = new Map(born.map(({ sid }) => [sid, 0]))
    const revoked: string[] = []
    let refused = 0
    let isOver = false
    const rotateOn = async (row: (typeof born)[number]) => {
      while (!isOver) {
        const gen = acknowledged.get(row.sid) as number
        try {
          const decision = await store.rotate({ ...presentation(row), gen })
          assert.ok(['rotated', 'repeated'].includes(decision.outcome), decision.outcome)
          acknowledged.set(row.sid, decision.row?.gen as number)
        } catch (error) {
          assert.ok(error instanceof StoreUnavailableError, inspect(error))
          refused++
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
      }
    }
    const revokeOn = async () => {
      for (let i = 0; !isOver; i++) {
        const step = revocation({ kind: 'token', tokenId: `t${i}`, expiresAt: undefined })
        await store.revoke(step).then(
          ({ entry }) => revoked.push(entry.key),
          () => new Promise((resolve) => setTimeout(resolve, 20)),
        )
      }
    }
    const work = Promise.all([...born.map(rotateOn), revokeOn()])
    const progress = () => [...acknowledged.values()].reduce((sum, gen) => sum + gen, 0)
    try {
      await until(async () => progress() > 400 && revoked.length > 20)
      await server.kill()
      await until(async () => refused > 0)
      server.up()
      const restarted = progress()
      await until(async () => progress() > restarted + 200)
    } finally {
      isOver = true
      await work
    }
    for (const [sid, gen] of acknowledged) {
      const row = (await store.getSession(sid))?.row
      assert.ok(row !== undefined && row.gen >= gen, `${row?.gen} after ${gen}`)
      assert.equal(row.revokedAt, undefined)
    }
    const keys = new Set<string>()
    for (let position = origin; ; ) {
      const { entries } = await store.look(position)
      for (const { key } of entries) keys.add(key)
      if (entries.length < 1000) break
      position = entries.at(-1)?.position ?? origin
    }
    assert.deepEqual(
      revoked.filter((key) => !keys.has(key)),
      [],
    )
    await store.close()
    await pool.end()
  })

  test('an entry whose transaction commits late is skipped by nobody', async () => {
    const pool = poolOf(server.url)
    const schema = newSchema()
    const store = postgresStore(pool, { schema, timeoutSeconds: 5 })
    await store.head()
    // A transaction that has taken its place in the log and is held open.
    const slow = await pool.connect()
    await slow.query('BEGIN')
    await slow.query(
      `UPDATE ${schema}.head SET p = greatest(p + 1, ${schema}.signet_now()), tag = 'slow'`,
    )
    await slow.query(
      `INSERT INTO ${schema}.log SELECT p, tag, 'id', 'token', 'i', 'slow', NULL, NULL, p, p + 1000000 FROM ${schema}.head`,
    )
    const fast = revokeToken(store, 'fast')
    const early = await store.beat(report(origin))
    assert.deepEqual(early.entries, [])
    await slow.query('COMMIT')
    slow.release()
    const { position } = await fast
    const late = await store.beat(report(early.head))
    assert.deepEqual(
      late.entries.map(({ key }) => key),
      ['slow', 'fast'],
    )
    assert.deepEqual(late.head, position)
    await pool.end()
  })

  test('a rotation that waited for its row sees an old register, and its tokens die with the old epoch', async () => {
    const pool = poolOf(server.url)
    const schema = newSchema()
    const store = postgresStore(pool, { schema })
    const row = await store.createSession(birth())
    const holder = await pool.connect()
    await holder.query('BEGIN')
    await holder.query(`SELECT FROM ${schema}.sessions WHERE sid = $1 FOR UPDATE`, [row.sid])
    const waiting = store.rotate(presentation(row))
    await until(async () => (await waitingForLocks()) === 1)
    const { entry } = await store.revoke(revocation(everyone('anna')))
    await holder.query('COMMIT')
    holder.release()
    const decision = await waiting
    assert.equal(decision.outcome, 'rotated')
    // Harmless for this alone: an access token copies the session's epoch, which the entry covers.
    assert.ok((decision.row?.epoch as number) < (entry.epoch as number))
    assert.equal((await store.rotate({ ...presentation(row), gen: 1 })).outcome, 'revoked')
    await pool.end()
  })

  async function waitingForLocks(): Promise<number> {
    const { rows } = await admin.query(
      "SELECT count(*)::integer AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
    )
    return rows[0].n
  }

  async function until(holds: () => Promise<boolean>): Promise<void> {
    while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
