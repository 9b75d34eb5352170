import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import {
  clientOf,
  type Login,
  type ServerProcess,
  startProcess,
  temporaryDirectory,
} from './server-process.ts'

const OPERATIONS = 1000
const WORKERS = 16

/** What the server had acknowledged when it was killed. */
interface Acknowledged {
  readonly alive: Login[]
  readonly revoked: Login[]
}

describe('a server that is killed in the middle of its work', () => {
  const directory = temporaryDirectory()
  let server: ServerProcess
  after(async () => {
    await server.stop('SIGKILL')
    directory.remove()
  })

  it('has kept every session and every revocation it has acknowledged', async () => {
    server = await startProcess(directory.path)
    const { alive, revoked } = await workUntilKilled(server)
    assert.ok(alive.length > 50 && revoked.length > 50, `${alive.length} and ${revoked.length}`)
    server = await startProcess(directory.path)
    const { whoami, refresh } = clientOf(server)
    await inParallel(revoked, async ({ accessToken, refreshToken }) => {
      assert.equal((await whoami(accessToken)).status, 401)
      assert.equal((await refresh(refreshToken)).status, 400)
    })
    await inParallel(alive, async ({ accessToken, refreshToken }) => {
      assert.equal((await whoami(accessToken)).status, 200)
      assert.equal((await refresh(refreshToken)).status, 200)
    })
  })
})

/** Every second login is revoked, by turns as a session and as a subject; half-way through comes the kill. */
async function workUntilKilled(server: ServerProcess): Promise<Acknowledged> {
  const { login, post } = clientOf(server)
  const alive: Login[] = []
  const revoked: Login[] = []
  let acknowledged = 0
  const acknowledge = (list: Login[], session: Login) => {
    list.push(session)
    if (++acknowledged === OPERATIONS / 2) server.child.kill('SIGKILL')
  }
  let next = 0
  const work = async () => {
    while (next < OPERATIONS) {
      const number = next++
      const subject = `user-${number}`
      const session = await login(subject)
      if (number % 2 === 0) {
        acknowledge(alive, session)
        continue
      }
      const target = number % 4 === 1 ? { sessionId: session.sessionId } : { subject }
      const response = await post('/v1/revocations', target)
      assert.equal(response.status, 200)
      acknowledge(revoked, session)
    }
  }
  const outcomes = await Promise.allSettled(Array.from({ length: WORKERS }, work))
  await server.stop('SIGKILL')
  for (const outcome of outcomes) {
    // A request that the kill cut off fails in fetch; anything else is a finding.
    if (outcome.status === 'rejected')
      assert.match(String(outcome.reason), /fetch failed|terminated/)
  }
  return { alive, revoked }
}

async function inParallel<T>(items: readonly T[], check: (item: T) => Promise<void>) {
  const queue = [...items]
  const work = async () => {
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) await check(item)
  }
  await Promise.all(Array.from({ length: WORKERS }, work))
}
