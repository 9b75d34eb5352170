/** A real nginx in front of a service in Python that knows nothing of tokens: deploy/nginx.conf, with other ports. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { freePort } from '../support/free-port.ts'
import { needCommand } from '../support/need.ts'
import { clientOf, startProcess } from './server-process.ts'

const service = `
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        who = " ".join([self.headers.get("x-auth-subject", "-"), self.headers.get("x-auth-role", "-"), self.headers.get("authorization", "-")])
        self.send_response(200); self.send_header("content-length", str(len(who))); self.end_headers(); self.wfile.write(who.encode())
    def log_message(self, *a): pass
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Service).serve_forever()
`

function start(t: TestContext, command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  t.after(() => child.kill())
  return child
}

async function listening(port: number): Promise<void> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)
    if (answer !== undefined) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('a revocation reaches a service behind nginx that has no code for it', async (t) => {
  const nginx = needCommand(t, 'nginx', 'apt-get install nginx-light')
  const python = needCommand(t, 'python3', 'apt-get install python3')
  if (nginx === undefined || python === undefined) return
  const directory = mkdtempSync(join(tmpdir(), 'signet-nginx-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const signet = await startProcess(directory)
  t.after(() => signet.child.kill('SIGKILL'))
  const [front, behind] = [await freePort(), await freePort()]
  const shipped = readFileSync(new URL('../../deploy/nginx.conf', import.meta.url), 'utf8')
  const configuration = shipped
    .replace('127.0.0.1:8700;', `127.0.0.1:${new URL(signet.url).port};`)
    .replace('127.0.0.1:9000;', `127.0.0.1:${behind};`)
    .replace('127.0.0.1:8080;', `127.0.0.1:${front};`)
  const path = join(directory, 'nginx.conf')
  writeFileSync(path, configuration)
  start(t, python, ['-c', service, String(behind)])
  await listening(behind)
  start(t, nginx, ['-p', directory, '-c', path, '-g', 'daemon off;'])
  await listening(front)

  const client = clientOf(signet)
  const get = async (token: string | undefined, headers = {}) => {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const response = await fetch(`http://127.0.0.1:${front}/`, {
      headers: { ...headers, ...authorization },
    })
    return { status: response.status, body: await response.text(), headers: response.headers }
  }
  const { accessToken } = await client.login('anna', { role: 'editor' })
  assert.deepEqual((await get(accessToken)).body, 'anna editor -')
  const forged = await get(accessToken, { 'x-auth-subject': 'root', 'x-auth-role': 'admin' })
  assert.equal(forged.body, 'anna editor -', "a client's own headers do not get through")
  const missing = await get(undefined)
  assert.equal(missing.status, 401)
  assert.match(missing.headers.get('www-authenticate') ?? '', /^Bearer/)
  assert.equal((await get('nonsense')).status, 401)

  await client.post('/v1/revocations', { subject: 'anna', waitFor: 'fleet' })
  assert.equal((await get(accessToken)).status, 401)

  const { accessToken: other } = await client.login('bert')
  assert.equal((await get(other)).status, 200)
  await signet.stop('SIGTERM')
  const away = await get(other)
  assert.equal(away.status, 503, 'a token that cannot be checked is not called bad')
  assert.equal(away.headers.get('retry-after'), '1')
})

test('what is shipped for nginx is valid', (t) => {
  const nginx = needCommand(t, 'nginx', 'apt-get install nginx-light')
  if (nginx === undefined) return
  const path = new URL('../../deploy/nginx.conf', import.meta.url).pathname
  const prefix = mkdtempSync(join(tmpdir(), 'signet-nginx-'))
  t.after(() => rmSync(prefix, { recursive: true }))
  const { status, stderr } = spawnSync(nginx, ['-t', '-p', prefix, '-c', path], {
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
})
