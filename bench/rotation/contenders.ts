/** Who is measured: each a server in a process of its own, with a token endpoint. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKeySet, verify } from 'signet-jwt'
import { type RotationSystem, tokenEndpointSystem } from 'signet-jwt/testing'
import { servedSignet } from '../../test/support/served-signet.ts'
import { startWound } from '../../test/support/wound-process.ts'
import { AUDIENCE, CLIENT_ID } from './servers/seed.ts'

export interface Contender {
  readonly name: string
  readonly isPeer: boolean
  /** The package that bench/package.json brings; a peer whose package is not installed is left out. */
  readonly needs?: string
  /** A Redis; without one that answers, the peer is left out. */
  readonly needsRedis?: string
  open(): Promise<OpenContender>
}

export interface OpenContender {
  readonly system: RotationSystem
  readonly tokenUrl: string
  readonly parameters: { readonly [name: string]: string }
  close(): Promise<void>
}

/** Keys are written under a prefix and removed at the end. */
const REDIS_URL = process.env.SIGNET_BENCH_REDIS ?? 'redis://127.0.0.1:6379'

export const contenders: readonly Contender[] = [
  { name: 'signet-server, SQLite', isPeer: false, open: openSignetServer },
  embedded('signet embedded, SQLite', ['--store', 'sqlite'], 10),
  embedded('signet embedded, memory', ['--store', 'memory'], 10),
  embedded('signet embedded, memory, no grace', ['--store', 'memory', '--grace', '0'], 0),
  oidcProvider('oidc-provider, memory', []),
  oidcProvider('oidc-provider, Redis', ['--redis', REDIS_URL]),
  betterAuth('better-auth, SQLite', 0),
  betterAuth('better-auth, SQLite, reuse interval 10 s', 10),
]

function oidcProvider(name: string, args: readonly string[]): Contender {
  const served = { name, graceSeconds: 0, tokenPath: '/token', jwksPath: '/jwks' }
  return {
    name,
    isPeer: true,
    needs: 'oidc-provider',
    ...(args.length > 0 && { needsRedis: REDIS_URL }),
    open: () => openSeeded('oidc-provider.mjs', args, served),
  }
}

function betterAuth(name: string, graceSeconds: number): Contender {
  return {
    name,
    isPeer: true,
    needs: '@better-auth/oauth-provider',
    open: () =>
      openSeeded('better-auth.mjs', ['--reuse', String(graceSeconds)], {
        name,
        graceSeconds,
        tokenPath: '/api/auth/oauth2/token',
        jwksPath: '/api/auth/jwks',
      }),
  }
}

function embedded(name: string, args: readonly string[], graceSeconds: number): Contender {
  const open = () =>
    openSeeded('signet-embedded.ts', args, { name, graceSeconds, tokenPath: '/token' })
  return { name, isPeer: false, open }
}

async function openSignetServer(): Promise<OpenContender> {
  const directory = mkdtempSync(join(tmpdir(), 'signet-bench-'))
  const system = await servedSignet(directory)
  return {
    system,
    tokenUrl: system.tokenUrl(),
    parameters: {},
    close: async () => {
      await system[Symbol.asyncDispose]()
      rmSync(directory, { recursive: true })
    },
  }
}

interface Seeded {
  readonly name: string
  readonly graceSeconds: number
  readonly tokenPath: string
  /** Where services get the keys to check access tokens with; without it they ask the server. */
  readonly jwksPath?: string
}

async function openSeeded(
  program: string,
  args: readonly string[],
  { name, graceSeconds, tokenPath, jwksPath }: Seeded,
): Promise<OpenContender> {
  const server = await startWound(new URL(`servers/${program}`, import.meta.url).pathname, { args })
  const parameters = { client_id: CLIENT_ID }
  const tokenUrl = server.url + tokenPath
  let aheadMs = 0
  const system = tokenEndpointSystem({
    name,
    graceSeconds,
    tokenUrl,
    parameters,
    async issue(subject) {
      const query = new URLSearchParams({ subject })
      const refreshToken = await text(`${server.url}/bench/seed?${query}`)
      // The first refresh stands for the code exchange: it gives an access token beside the refresh token.
      const first = await system.refresh(refreshToken)
      if (first.kind !== 'granted') throw new Error(`${name}: the first refresh was ${first.kind}`)
      return first.pair
    },
    authenticate: async (accessToken) =>
      jwksPath === undefined
        ? (await text(`${server.url}/bench/authenticate?token=${accessToken}`)) === 'true'
        : verifies(accessToken, JSON.parse(await text(server.url + jwksPath)), aheadMs),
    async windSeconds(seconds) {
      aheadMs += seconds * 1000
      await server.windSeconds(seconds)
      await text(`${server.url}/bench/settle`)
    },
  })
  return { system, tokenUrl, parameters, close: () => server.stop() }
}

/** What a service does with the JWT of an issuer that has no other way to ask: signature, audience, times. */
function verifies(accessToken: string, jwks: { keys: object[] }, aheadMs: number): boolean {
  try {
    const now = new Date(Date.now() + aheadMs)
    verify(accessToken, createKeySet(jwks), { audience: AUDIENCE, now })
    return true
  } catch {
    return false
  }
}

async function text(url: string): Promise<string> {
  const answer = await fetch(url)
  const body = await answer.text()
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}: ${body}`)
  return body
}
