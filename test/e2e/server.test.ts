import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { clientOf, type ServerProcess, startProcess, temporaryDirectory } from './server-process.ts'

const run = promisify(execFile)

describe('the server as a process', () => {
  let directory: ReturnType<typeof temporaryDirectory>
  let server: ServerProcess

  beforeEach(async () => {
    directory = temporaryDirectory()
    server = await startProcess(directory.path)
  })
  afterEach(async () => {
    if (server.child.exitCode === null && server.child.signalCode === null) {
      await server.stop('SIGKILL')
    }
    directory.remove()
  })

  it('prints nothing secret, and a walk that works as it stands and ends with the refused token', async () => {
    const key = server.admin.authorization.slice('Bearer '.length)
    assert.ok(server.greeting.includes('.signet/admin.key') && !server.greeting.includes(key))
    const walk = server.greeting.split('into another terminal.\n')[1]?.split('Stop with')[0] ?? ''
    const { stdout, stderr } = await run('bash', ['-e', '-u', '-c', walk])
    assert.equal(stderr, '')
    const [, login = '', whoami = '', refreshed = '', receipt = '', refused = ''] =
      stdout.split(/\n\d\. .*\n/)
    assert.match(login, /"accessToken":"eyJ/)
    assert.match(whoami, /"sub":"42".*"role":"editor"/)
    assert.match(refreshed, /"sub":"42".*"role":"editor"/)
    assert.match(receipt, /"complete":true/)
    assert.match(refused, /^HTTP\/1\.1 401 /)
    assert.match(refused, /^www-authenticate: Bearer error="invalid_token"/m)
  })

  it('finishes the request under way when told to stop, and ends with 0', async () => {
    const body = JSON.stringify({ subject: '42' })
    const slow = request(`${server.url}/v1/sessions`, {
      method: 'POST',
      headers: {
        ...server.admin,
        'content-type': 'application/json',
        'content-length': body.length,
      },
    })
    slow.write(body.slice(0, 5))
    // An idle connection must not hold the process; the slow one is known to be there once a later one is answered.
    await fetch(`${server.url}/livez`)
    const stopped = server.stop('SIGTERM')
    await refusedConnection(server.url)
    slow.end(body.slice(5))
    const [response] = await once(slow, 'response')
    assert.equal(response.statusCode, 201)
    response.resume()
    assert.deepEqual(await stopped, [0, null])
    assert.equal(server.errors(), '')
  })

  it('keeps sessions and revocations over a stop by Ctrl-C and a new start', async () => {
    const before = clientOf(server)
    const kept = await before.login('kept', { role: 'editor' })
    const revoked = await before.login('revoked')
    await before.post('/v1/revocations', { subject: 'revoked' })
    assert.deepEqual(await server.stop('SIGINT'), [0, null])
    server = await startProcess(directory.path)
    const after = clientOf(server)
    assert.equal((await after.whoami(kept.accessToken)).status, 200)
    assert.equal((await after.refresh(kept.refreshToken)).status, 200)
    assert.equal((await after.whoami(revoked.accessToken)).status, 401)
    assert.equal((await after.refresh(revoked.refreshToken)).status, 400)
  })

  it('says in one sentence that its port is taken', async () => {
    const other = temporaryDirectory()
    const { port } = new URL(server.url)
    await assert.rejects(startProcess(other.path, ['--port', port]), {
      message: `the server ended at its start: port ${port} is in use: stop what listens there, or choose another with --port\n`,
    })
    other.remove()
  })
})

/** Resolves when nobody accepts connections there any more. */
async function refusedConnection(url: string): Promise<void> {
  for (;;) {
    try {
      await fetch(`${url}/livez`)
    } catch {
      return
    }
  }
}
