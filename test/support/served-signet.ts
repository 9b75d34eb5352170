/** The real server in a process of its own, as a system to attack over HTTP. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type RotationSystem, tokenEndpointSystem } from 'signet-jwt/testing'
import { startWound } from './wound-process.ts'

const main = new URL('../../packages/server/src/main.ts', import.meta.url).pathname

/** What the server's own settings have as reuseGraceSeconds. */
const GRACE_SECONDS = 10

/** An attack is more than its limit of requests lets anybody send. */
const flags = ['--port', '0', '--oauth-requests-per-minute', '1000000']

export interface ServedSignet extends RotationSystem, AsyncDisposable {
  /** Changes with every crash. */
  tokenUrl(): string
}

/** @param directory empty; its owner removes it after the system is disposed of */
export async function servedSignet(directory: string): Promise<ServedSignet> {
  const data = join(directory, '.signet')
  let woundSeconds = 0
  const start = () => startWound(main, { args: [...flags, '--data-directory', data], woundSeconds })
  let server = await start()
  const key = readFileSync(join(data, 'admin.key'), 'utf8').trim()
  const post = (path: string, body: object) =>
    fetch(server.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const tokenUrl = () => `${server.url}/oauth/token`
  const system = tokenEndpointSystem({
    name: 'signet-server over HTTP',
    graceSeconds: GRACE_SECONDS,
    tokenUrl,
    async issue(subject, context) {
      const answer = await post('/v1/sessions', { subject, ...(context && { context }) })
      if (answer.status !== 201) throw new Error(`a log-in was answered ${answer.status}`)
      return (await answer.json()) as { accessToken: string; refreshToken: string }
    },
    async authenticate(accessToken) {
      const headers = { authorization: `Bearer ${accessToken}` }
      const answer = await fetch(`${server.url}/v1/whoami`, { headers })
      await answer.body?.cancel()
      return answer.status === 200
    },
    async windSeconds(seconds) {
      woundSeconds += seconds
      await server.windSeconds(seconds)
      // A jump of the wall clock ends the lease. Any entry in the log brings the next beat, and with it a new one.
      await post('/v1/revocations', { tokenId: `wound ${woundSeconds}` })
      await untilReady(server.url)
    },
    crashes: {
      points: ['1 ms after the request', '4 ms after the request', '10 ms after the request'],
      async crash(point, refreshToken, context) {
        const answer = system.refresh(refreshToken, context)
        await pause(Number.parseInt(point, 10))
        await server.stop('SIGKILL')
        await answer
        server = await start()
      },
    },
  })
  return { ...system, tokenUrl, [Symbol.asyncDispose]: () => server.stop() }
}

async function untilReady(url: string): Promise<void> {
  for (;;) {
    const answer = await fetch(`${url}/readyz`)
    await answer.body?.cancel()
    if (answer.status === 200) return
    await pause(5)
  }
}
