/** Two servers on one store, by its URL: what several machines behind a balancer are. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import pg from 'pg'
import { needAsync, needCommand } from '../support/need.ts'
import { newSchema, serverForTests } from '../support/postgres.ts'
import { RedisServer } from '../support/redis.ts'
import { clientOf, startProcess, temporaryDirectory } from './server-process.ts'

async function twoServers(t: TestContext, store: string) {
  const directories = [temporaryDirectory(), temporaryDirectory()] as const
  const masterKeyFile = join(directories[0].path, 'shared.key')
  writeFileSync(masterKeyFile, randomBytes(32).toString('hex'), { mode: 0o600 })
  const storeFile = join(directories[0].path, 'store.url')
  writeFileSync(storeFile, store, { mode: 0o600 })
  const flags = [
    '--store-file',
    storeFile,
    '--master-key-file',
    masterKeyFile,
    '--log-level',
    'error',
  ]
  const servers = await Promise.all(directories.map(({ path }) => startProcess(path, flags)))
  t.after(async () => {
    await Promise.all(servers.map((server) => server.stop('SIGKILL')))
    for (const directory of directories) directory.remove()
  })
  return servers
}

async function shareSessions(t: TestContext, store: string): Promise<void> {
  const [one, two] = await twoServers(t, store)
  assert.ok(one && two)
  const first = clientOf(one)
  const second = clientOf(two)
  const login = await first.login('anna', { role: 'editor' })
  assert.equal((await second.whoami(login.accessToken)).status, 200)
  const refreshed = await second.refresh(login.refreshToken)
  assert.equal(refreshed.status, 200)
  const { access_token: token, refresh_token: next } = (await refreshed.json()) as {
    readonly [name: string]: string
  }
  const revoked = await first.post('/v1/revocations', { subject: 'anna', waitFor: 'fleet' })
  const receipt = (await revoked.json()) as { complete: boolean; appliedBy: number }
  assert.deepEqual([receipt.complete, receipt.appliedBy], [true, 2])
  assert.equal((await second.whoami(token ?? '')).status, 401)
  assert.equal((await first.refresh(next ?? '')).status, 400)
  assert.equal(one.errors() + two.errors(), '')
}

test('two servers on Postgres share sessions, and a receipt waits for both', async (t) => {
  const how = 'apt-get install postgresql, and a server as SIGNET_TEST_POSTGRES says'
  const server = await needAsync(t, 'PostgreSQL', how, serverForTests)
  if (server === undefined) return
  const schema = newSchema()
  const url = new URL(server.url)
  url.searchParams.set('schema', schema)
  t.after(async () => {
    const client = new pg.Client(server.url)
    await client.connect()
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
    await client.end()
    server.remove()
  })
  await shareSessions(t, url.href)
})

test('two servers on Redis share sessions, and a receipt waits for both', async (t) => {
  if (needCommand(t, 'redis-server', 'apt-get install redis-server') === undefined) return
  const redis = await RedisServer.start()
  t.after(() => redis.end())
  await shareSessions(t, `redis://127.0.0.1:${redis.port}?prefix=test:`)
})

test('a store that is not there, or no store at all, is said in a sentence without its password', async (t) => {
  const directory = temporaryDirectory()
  t.after(() => directory.remove())
  const says = async (store: string, complaint: RegExp) => {
    const flags = ['--store', store, '--log-level', 'error']
    await assert.rejects(startProcess(directory.path, flags), (error: Error) => {
      assert.match(error.message, complaint)
      assert.doesNotMatch(error.message, /hunter2|\n {4}at /)
      return true
    })
  }
  await says('mysql://a:hunter2@b/c', /must begin with one of sqlite:, postgres:/)
  await says('redis://:hunter2@127.0.0.1:1', /store/i)
  await says('postgres://a:hunter2@127.0.0.1:1/b', /store/i)
})
