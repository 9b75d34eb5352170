/**
 * Ten minutes of mixed load on one server whose store is killed twice: no wrong answer, nothing but 503 while the store is
 * away, no memory lost, and a log without a secret. SIGNET_SOAK_SECONDS makes it shorter.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needCommand } from '../support/need.ts'
import { RedisServer } from '../support/redis.ts'
import { heapMeter } from './heap.ts'
import { startProcess, temporaryDirectory } from './server-process.ts'
import { SoakUser, type Tally } from './soak-user.ts'

const SECONDS = Number(process.env.SIGNET_SOAK_SECONDS ?? 600)
const USERS = 16
/** How long the store stays away each time: less than the grace, within which a client may repeat itself. */
const AWAY_MS = 4000

test('mixed load with the store killed twice', { timeout: (SECONDS + 120) * 1000 }, async (t) => {
  if (needCommand(t, 'redis-server', 'apt-get install redis-server') === undefined) return
  const redis = await RedisServer.start('--appendonly', 'yes', '--appendfsync', 'always')
  t.after(() => redis.end())
  const directory = temporaryDirectory()
  t.after(() => directory.remove())
  const limits = ['--oauth-requests-per-minute', '1000000']
  const server = await startProcess(
    directory.path,
    ['--store', redis.url, ...limits],
    ['--inspect=127.0.0.1:0'],
  )
  t.after(() => server.stop('SIGKILL'))
  const heap = await heapMeter(server.errors)
  const tally: Tally = { requests: 0, unavailable: 0 }
  const endsAt = performance.now() + SECONDS * 1000
  const users = Array.from(
    { length: USERS },
    (_, place) => new SoakUser(server, `user ${place}`, tally),
  )
  const work = Promise.all(users.map((user) => user.act(() => performance.now() < endsAt)))

  const sizes: number[] = []
  const share = (SECONDS * 1000) / 10
  for (let tenth = 1; tenth <= 10; tenth++) {
    await Promise.race([sleep(share), work])
    if (tenth === 3 || tenth === 6) {
      await redis.kill()
      await sleep(AWAY_MS)
      await redis.start()
    }
    sizes.push(await heap())
    const megabytes = sizes.map((size) => (size / 2 ** 20).toFixed(1)).join(', ')
    t.diagnostic(`${JSON.stringify(tally)}, heap in MB: ${megabytes}`)
  }
  await work
  assert.ok(tally.unavailable > 0, 'the store was killed and nobody noticed')
  // The first fifth fills caches; afterwards the heap stays where it is.
  const settled = sizes.slice(2)
  const growth = Math.max(...settled.slice(-3)) / Math.min(...settled.slice(0, 3))
  assert.ok(growth < 1.25, `the heap grew to ${growth.toFixed(2)} times its size`)
  assert.equal(
    server
      .errors()
      .replaceAll(/^(Debugger|For help|Starting).*$/gm, '')
      .trim(),
    '',
  )
  const log = server.greeting
  for (const secret of users.flatMap((user) => user.secrets())) assert.ok(!log.includes(secret))
})

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
