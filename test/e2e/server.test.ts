/** The server as a person meets it: the real process, the printed walk, signals and restarts. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { mustRun, root } from '../support/npm.ts'

interface Running {
  readonly child: ChildProcess
  readonly origin: string
  readonly output: () => string
  readonly adminKey: string
}

const started: ChildProcess[] = []

/** Starts the server on a free port and waits until it says where it listens. */
async function start(data: string): Promise<Running> {
  const main = join(root, 'packages/server/src/main.ts')
  const args = ['--conditions=@signet-jwt/source', '--disable-warning=ExperimentalWarning', main]
  const child = spawn(process.execPath, [
    ...args,
    '--data-directory',
    data,
    '--port',
    '0',
    '--issuer',
    'http://localhost:8700',
  ])
  started.push(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  while (!/Stop with Ctrl-C/.test(output)) {
    assert.equal(child.exitCode, null, output)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const origin = /listens on (\S+)/.exec(output)?.[1] ?? ''
  return {
    child,
    origin,
    output: () => output,
    adminKey: readFileSync(join(data, 'admin.key'), 'utf8').trim(),
  }
}

async function stop({ child }: Running, signal: NodeJS.Signals): Promise<number | null> {
  const exit = once(child, 'exit')
  child.kill(signal)
  const [code] = await exit
  return code
}

/** A directory of the server's own; whatever the test left running is ended. */
async function inDirectory(body: (data: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'signet-'))
  try {
    await body(join(directory, '.signet'))
  } finally {
    for (const child of started.splice(0)) child.kill('SIGKILL')
    rmSync(directory, { recursive: true })
  }
}

async function post(server: Running, path: string, body: object) {
  const response = await fetch(server.origin + path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${server.adminKey}` },
  })
  return { status: response.status, body: (await response.json()) as Record<string, string> }
}

async function whoami(server: Running, token: string | undefined): Promise<number> {
  const headers = { authorization: `Bearer ${token}` }
  return (await fetch(`${server.origin}/v1/whoami`, { headers })).status
}

async function refresh(server: Running, token: string | undefined) {
  const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token ?? '' })
  const response = await fetch(`${server.origin}/oauth/token`, { method: 'POST', body })
  return { status: response.status, body: (await response.json()) as Record<string, string> }
}

test('the walk it prints works as it stands and ends with a refused token', () =>
  inDirectory(async (data) => {
    const server = await start(data)
    assert.ok(!server.output().includes(server.adminKey), 'the key itself is never printed')
    const [, , walk = ''] = /(paste this.*\n\n)([\s\S]*)\nStop with/.exec(server.output()) ?? []
    const printed = mustRun('bash', ['-euo', 'pipefail', '-c', walk], { cwd: root })
    const answers = printed.split('\n').filter((line) => line.startsWith('{'))
    const [, who, again, receipt] = answers.map((line) => JSON.parse(line))
    assert.deepEqual([who.sub, again.role, receipt.complete], ['42', 'editor', true])
    const refused = printed.slice(printed.indexOf('5. The same access token'))
    assert.match(refused, /^HTTP\/1.1 401/m)
    assert.match(refused, /^www-authenticate: Bearer error="invalid_token"/im)
    assert.equal(await stop(server, 'SIGTERM'), 0)
  }))

test('it stops when told, and comes back with its sessions, revocations and keys', () =>
  inDirectory(async (data) => {
    const before = await start(data)
    const kept = (await post(before, '/v1/sessions', { subject: '1', claims: { role: 'editor' } }))
      .body
    const ended = (await post(before, '/v1/sessions', { subject: '2' })).body
    await post(before, '/v1/revocations', { subject: '2' })
    assert.equal(await stop(before, 'SIGINT'), 0)
    const after = await start(data)
    assert.equal(after.adminKey, before.adminKey)
    assert.equal(await whoami(after, kept.accessToken), 200)
    assert.equal(await whoami(after, ended.accessToken), 401)
    assert.equal((await refresh(after, ended.refreshToken)).status, 400)
    assert.equal((await refresh(after, kept.refreshToken)).status, 200)
    await stop(after, 'SIGTERM')
  }))

test('kill -9 in the middle of 1,000 log-ins and log-outs loses nothing that was acknowledged', () =>
  inDirectory(async (data) => {
    const before = await start(data)
    const sessions: { token: string | undefined; state: 'kept' | 'asked' | 'revoked' }[] = []
    const one = async (i: number) => {
      const { status, body } = await post(before, '/v1/sessions', { subject: `user ${i}` })
      if (status !== 201) return
      const session: (typeof sessions)[number] = { token: body.refreshToken, state: 'kept' }
      sessions.push(session)
      if (i % 2 === 0) return
      session.state = 'asked'
      const revoked = await post(before, '/v1/revocations', { sessionId: body.sessionId })
      if (revoked.status === 200) session.state = 'revoked'
    }
    let next = 0
    const worker = async () => {
      while (next < 1000 && !before.child.killed) {
        await one(next++).catch(() => {})
        if (sessions.length > 400) before.child.kill('SIGKILL')
      }
    }
    const exit = once(before.child, 'exit')
    await Promise.all(Array.from({ length: 16 }, worker))
    await exit
    const after = await start(data)
    const count = (state: string) => sessions.filter((each) => each.state === state).length
    assert.ok(
      count('kept') > 150 && count('revoked') > 150,
      `${count('kept')}, ${count('revoked')}`,
    )
    for (const { token, state } of sessions) {
      // One that was asked for and never acknowledged may have been carried out or not.
      if (state === 'asked') continue
      assert.equal((await refresh(after, token)).status, state === 'kept' ? 200 : 400, state)
    }
    await stop(after, 'SIGTERM')
  }))

test('odd requests get a 4xx, and the server lives on', () =>
  inDirectory(async (data) => {
    const server = await start(data)
    const paths = [
      '/',
      '/v1/sessions',
      '/v1/whoami',
      '/oauth/token',
      '/v1/sessions/%00',
      '/%',
      '/v1/../livez',
      '/v1/sessions/x?y=%ff',
    ]
    const bodies = [
      '',
      '{',
      '[]',
      'null',
      '"x"',
      '{"a":'.repeat(2000),
      'grant_type=refresh_token&refresh_token=%00',
      '\u0000',
      'x'.repeat(100_000),
    ]
    const types = [
      'application/json',
      'application/x-www-form-urlencoded',
      'text/plain',
      'multipart/form-data; boundary=x',
      '',
    ]
    const keys = [`Bearer ${server.adminKey}`, 'Bearer x', 'Basic eDp4', '']
    for (const path of paths) {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
        for (const [i, body] of bodies.entries()) {
          const headers = {
            'content-type': types[i % types.length] ?? '',
            authorization: keys[i % keys.length] ?? '',
          }
          const response = await fetch(server.origin + path, {
            method,
            headers,
            ...(method === 'GET' ? {} : { body }),
          })
          await response.arrayBuffer()
          assert.ok(response.status < 500, `${method} ${path} with body ${i}: ${response.status}`)
        }
      }
    }
    assert.equal((await fetch(`${server.origin}/readyz`)).status, 200)
    assert.ok(!/Error/.test(server.output()), server.output())
    await stop(server, 'SIGTERM')
  }))
