/** The follower in Python that docs/followers.md shows, as it stands there, against a real server process. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { readCommandLine } from '../../packages/server/src/config.ts'
import { startServer } from '../../packages/server/src/server.ts'
import { needPython } from '../support/need.ts'

const root = join(import.meta.dirname, '..', '..')
const page = readFileSync(join(root, 'docs/followers.md'), 'utf8')
const [, program = ''] = /^```python follower\.py\n(.*?)^```/ms.exec(page) ?? []

/** Reads a line, does it, prints what came of it. */
const driver = `
import sys
follower = Follower(*sys.argv[1:5])
for line in sys.stdin:
    command, _, rest = line.strip().partition(" ")
    try:
        if command == "report": follower.report(); print("reported", flush=True)
        elif command == "forget": follower.proof = (follower.proof[0] - 31, follower.proof[1]); print("done", flush=True)
        else: print(follower.verify(rest)["sub"], flush=True)
    except Exception as error: print("refused:", error, flush=True)
`

function startPython(t: TestContext, command: string, args: readonly string[]) {
  const child: ChildProcess = spawn(command, ['-c', program + driver, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.after(() => child.kill())
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[
    Symbol.asyncIterator
  ]()
  return async (line: string) => {
    child.stdin?.write(`${line}\n`)
    const { value } = await lines.next()
    return value as string
  }
}

test('the follower in Python refuses when a fleet receipt is complete', async (t) => {
  const command = needPython(t)
  if (command === undefined) return
  const dataDirectory = mkdtempSync(join(tmpdir(), 'signet-python-'))
  const issuer = 'https://signet.example'
  const flags = ['--port', '0', '--data-directory', dataDirectory, '--issuer', issuer]
  const line = readCommandLine([...flags, '--log-level', 'silent'], {})
  assert.ok(line.command === 'serve')
  const server = await startServer(line.config)
  t.after(async () => {
    await server.close()
    rmSync(dataDirectory, { recursive: true })
  })
  const { adminKey } = server.directory
  const post = async (path: string, body: unknown) => {
    const response = await fetch(server.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return (await response.json()) as { readonly [name: string]: never }
  }
  const ask = startPython(t, command, [server.url, adminKey, issuer, issuer])
  const anna = await post('/v1/sessions', { subject: 'anna' })
  const bert = await post('/v1/sessions', { subject: 'bert' })
  assert.match(await ask(`verify ${anna.accessToken}`), /nothing has been heard of revocations/)
  assert.equal(await ask('report'), 'reported')
  assert.equal(await ask(`verify ${anna.accessToken}`), 'anna')

  let isSettled = false
  const receipt = post('/v1/revocations', { subject: 'anna', waitFor: 'fleet' })
  const settled = () => {
    isSettled = true
  }
  receipt.then(settled, settled)
  while (!isSettled) assert.equal(await ask('report'), 'reported')
  const { complete, appliedBy } = await receipt
  assert.equal(complete, true)
  assert.equal(appliedBy, 2)
  assert.match(await ask(`verify ${anna.accessToken}`), /has been revoked/)
  assert.equal(await ask(`verify ${bert.accessToken}`), 'bert')

  assert.equal(await ask('forget'), 'done')
  assert.match(await ask(`verify ${bert.accessToken}`), /nothing has been heard of revocations/)
})
