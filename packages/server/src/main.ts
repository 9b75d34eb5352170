#!/usr/bin/env node
/** The command signet-server: reads its settings, opens its data, serves until it is told to stop. */
import { serve } from '@hono/node-server'
import { createSignet } from 'signet-jwt'
import { sqliteStore } from 'signet-jwt/stores/sqlite'
import { createApp } from './app.ts'
import { type Config, help, readConfig } from './config.ts'
import { openDataDirectory } from './data-directory.ts'
import type { CustomClaims } from './route.ts'
import { curlWalk } from './walk.ts'

/** How long requests under way may take to finish when the server is stopped, in milliseconds. */
const DRAIN_MS = 10_000

async function main(): Promise<void> {
  const config = readConfig(process.argv.slice(2), process.env)
  if (config === 'help') return void process.stdout.write(help())
  const directory = openDataDirectory(config.data)
  const store = sqliteStore(directory.database)
  const signet = await createSignet<CustomClaims>({
    issuer: config.issuer ?? `http://localhost:${config.port}`,
    accessLifetimeSeconds: config['access-lifetime'],
    keys: { algorithm: 'ES256', masterKey: directory.masterKey },
    store,
    onEvent: ({ type, error }) => {
      if (type === 'error') logError(error)
    },
  })
  const app = createApp({ signet, config, adminKey: directory.adminKey, onError: logError })
  const server = serve({ fetch: app.fetch, hostname: config.host, port: config.port }, ({ port }) =>
    greet(config, port, directory.adminKeyPath),
  )
  server.on('error', (error) => fail(error))
  const stop = async () => {
    console.log('signet-server is stopping')
    const drained = new Promise((resolve) => server.close(resolve))
    await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, DRAIN_MS).unref())])
    await signet.close()
    await store.close()
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop())
}

function greet({ host }: Config, port: number, adminKeyPath: string): void {
  const origin = `http://${host === '127.0.0.1' || host === '0.0.0.0' ? 'localhost' : host}:${port}`
  console.log(`signet-server listens on ${origin}
the admin key is in ${adminKeyPath}

Try it, in another terminal:

${curlWalk(origin, adminKeyPath)}`)
}

/** Errors go to standard error as one line with their stack; nothing in them is a token or a key. */
function logError(error: unknown): void {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error)
}

function fail(error: unknown): never {
  console.error(`signet-server: ${(error as Error).message}`)
  process.exit(1)
}

main().catch(fail)
