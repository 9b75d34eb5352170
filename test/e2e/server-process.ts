/** The real server as a process of its own, in a directory of its own, for tests. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const main = new URL('../../packages/server/src/main.ts', import.meta.url).pathname

export interface ServerProcess {
  readonly child: ChildProcess
  /** Of the line that says where it listens. */
  readonly url: string
  /** Everything it has printed until it listened. */
  readonly greeting: string
  readonly admin: { readonly authorization: string }
  /** What it has written to stderr so far. */
  errors(): string
  /** Sends the signal, and answers the exit code and the signal it ended by. */
  stop(signal: NodeJS.Signals): Promise<readonly [number | null, NodeJS.Signals | null]>
}

/** A new, empty directory; removed by the function that comes with it. */
export function temporaryDirectory(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'signet-'))
  return { path, remove: () => rmSync(path, { recursive: true }) }
}

/** Starts the server on a free port; resolves when it listens. */
export async function startProcess(
  directory: string,
  args: readonly string[] = [],
  nodeFlags: readonly string[] = [],
): Promise<ServerProcess> {
  const flags = ['--port', '0', '--data-directory', join(directory, '.signet'), ...args]
  const own = ['--conditions=@signet-jwt/source', '--disable-warning=ExperimentalWarning']
  const child = spawn(process.execPath, [...own, ...nodeFlags, main, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let greeting = ''
  let errors = ''
  child.stdout.on('data', (chunk) => {
    greeting += chunk
  })
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const exited = once(child, 'exit')
  while (!greeting.includes('Stop with Ctrl-C.')) {
    await Promise.race([once(child.stdout, 'data'), exited])
    if (child.exitCode !== null) throw new Error(`the server ended at its start: ${errors}`)
  }
  const key = readFileSync(join(directory, '.signet', 'admin.key'), 'utf8').trim()
  return {
    child,
    url: /listens on (\S+)/.exec(greeting)?.[1] ?? '',
    greeting,
    admin: { authorization: `Bearer ${key}` },
    errors: () => errors,
    stop: async (signal) => {
      child.kill(signal)
      return (await exited) as [number | null, NodeJS.Signals | null]
    },
  }
}

/** What the tests ask of the server, in a line each. */
export function clientOf({ url, admin }: ServerProcess) {
  const post = (path: string, body: object) =>
    fetch(url + path, {
      method: 'POST',
      headers: { ...admin, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  return {
    post,
    login: async (subject: string, claims: object = {}) => {
      const response = await post('/v1/sessions', { subject, claims })
      if (response.status !== 201) throw new Error(`login answered ${response.status}`)
      return (await response.json()) as Login
    },
    refresh: (refreshToken: string) => {
      const form = { grant_type: 'refresh_token', refresh_token: refreshToken }
      return fetch(`${url}/oauth/token`, { method: 'POST', body: new URLSearchParams(form) })
    },
    whoami: (accessToken: string) =>
      fetch(`${url}/v1/whoami`, { headers: { authorization: `Bearer ${accessToken}` } }),
  }
}

export interface Login {
  readonly accessToken: string
  readonly refreshToken: string
  readonly sessionId: string
}
