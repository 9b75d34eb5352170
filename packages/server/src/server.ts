/** The server as a running thing: the application on a socket, with the store and the keys of its data directory. */
import { once } from 'node:events'
import type { Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { createSignet, type SignetEvent } from 'signet-jwt'
import { revocationFeed } from 'signet-jwt/http'
import { sqliteStore } from 'signet-jwt/stores/sqlite'
import { AdminKeyFile } from './admin-key-file.ts'
import { firstAdminKey } from './admin-keys.ts'
import { createApp } from './app.ts'
import { type Config, readSecret } from './config.ts'
import { type DataDirectory, prepareDataDirectory } from './data-directory.ts'
import { createLog, type Log } from './log.ts'
import { Metrics } from './metrics.ts'
import { SetupError } from './setup-error.ts'

export interface RunningServer {
  /** Where it can be reached from this machine. */
  readonly url: string
  readonly directory: DataDirectory
  /** Stops accepting, finishes the requests under way, leaves the fleet and closes the store. */
  close(): Promise<void>
}

/** How long requests under way may take to finish when the server is stopped, in milliseconds. */
const DRAIN_MS = 10_000
/** How long a request may take to arrive, in milliseconds. */
const REQUEST_MS = 30_000

/** @throws SetupError for what whoever starts it must put right */
export async function startServer(config: Config): Promise<RunningServer> {
  const directory = prepareDataDirectory(config)
  const tls = readTls(config)
  const log = createLog(config.logLevel)
  const metrics = new Metrics()
  const store = metrics.timed(sqliteStore(directory.databasePath))
  const signet = await createSignet({
    issuer: config.issuer,
    accessLifetimeSeconds: config.accessLifetimeSeconds,
    session: {
      idleLifetimeSeconds: config.sessionIdleLifetimeSeconds,
      absoluteLifetimeSeconds: config.sessionAbsoluteLifetimeSeconds,
      reuseGraceSeconds: config.reuseGraceSeconds,
      maxPerSubject: config.maxSessionsPerSubject,
    },
    revocation: { maxStalenessSeconds: config.maxStalenessSeconds },
    keys: { algorithm: config.algorithm, masterKey: directory.masterKey },
    store,
    onEvent: (event) => tell(event, log, metrics),
  })
  const release = async () => {
    await signet.close()
    await store.close()
  }
  const feed = revocationFeed(store)
  const keyFile = new AdminKeyFile(directory.adminKeysPath)
  const first = firstAdminKey(directory.adminKey)
  const app = createApp(signet, {
    issuer: config.issuer,
    adminKeys: () => [first, ...keyFile.list()],
    feed,
    clients: config.clients,
    oauthRequestsPerMinute: config.oauthRequestsPerMinute,
    hasProxy: config.hasProxy,
    ...{ log, metrics },
  })
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: { requestTimeout: REQUEST_MS, ...tls },
    ...(tls && { createServer: createTlsServer }),
  }) as Server
  try {
    await listen(server, config)
  } catch (error) {
    await release()
    throw error
  }
  const close = async () => {
    // Streams end only when they are told to.
    feed.close()
    await drain(server)
    await release()
  }
  const url = urlOf(server.address() as AddressInfo, config.host, tls !== undefined)
  return { url, directory, close }
}

/** @throws SetupError when one of the two files is missing */
function readTls({ tlsCertificateFile, tlsKeyFile }: Config) {
  if (tlsCertificateFile === '' && tlsKeyFile === '') return undefined
  if (tlsCertificateFile === '' || tlsKeyFile === '') {
    throw new SetupError('TLS needs both --tls-certificate-file and --tls-key-file')
  }
  return { cert: readSecret(tlsCertificateFile), key: readSecret(tlsKeyFile) }
}

async function listen(server: Server, { port, host }: Config): Promise<void> {
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why =
      code === 'EADDRINUSE'
        ? `port ${port} is in use: stop what listens there, or choose another with --port`
        : `cannot listen on ${host}, port ${port} (${code}): see --host and --port`
    throw new SetupError(why)
  }
}

/** Connections that are kept alive between requests would hold the process for as long as their clients like. */
async function drain(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  const sweep = setInterval(() => server.closeIdleConnections(), 50)
  const giveUp = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
  await closed
  clearInterval(sweep)
  clearTimeout(giveUp)
}

/** Each event is counted and goes to the log, those of refreshes only into the count: there are too many. */
function tell(event: SignetEvent, log: Log, metrics: Metrics): void {
  const { type, error, ...fields } = event
  metrics.event(type)
  if (type === 'error') log.error('background', error)
  else if (!quiet.includes(type)) log.event({ type, ...fields })
}

const quiet: readonly SignetEvent['type'][] = ['rotated', 'repeated']

/** A name rather than an address where the server listens for this machine alone, or for everyone. */
function urlOf({ port }: AddressInfo, host: string, isTls: boolean): string {
  const isHere = ['127.0.0.1', '0.0.0.0', '::', '::1'].includes(host)
  const name = host.includes(':') ? `[${host}]` : host
  return `http${isTls ? 's' : ''}://${isHere ? 'localhost' : name}:${port}`
}
