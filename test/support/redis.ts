/**
 * Redis servers of a test's own: on free ports, in a directory of their own that goes with them, in memory unless asked
 * otherwise. None of them touches a server that is already there.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const running = new Set<ChildProcess>()
// A test that throws before it has ended its servers must not leave them behind.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** One redis-server. */
export class RedisServer {
  readonly port: number
  readonly #settings: readonly string[]
  readonly #directory: string
  #process: ChildProcess | undefined

  private constructor(port: number, settings: readonly string[]) {
    this.port = port
    this.#settings = settings
    this.#directory = mkdtempSync(join(tmpdir(), 'signet-redis-'))
  }

  /** @param settings as on the command line: '--maxmemory-policy', 'allkeys-lru' */
  static async start(...settings: readonly string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), settings)
    await server.start()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  get running(): ChildProcess {
    if (this.#process === undefined) throw new Error('the server does not run')
    return this.#process
  }

  /** Starts it, again after a `kill`, with what it finds in its directory. */
  async start(): Promise<void> {
    const own = ['--port', String(this.port), '--dir', this.#directory, '--bind', '127.0.0.1']
    const volatile = ['--save', '', '--appendonly', 'no', '--daemonize', 'no']
    this.#process = spawn('redis-server', [...own, ...volatile, ...this.#settings], {
      stdio: 'ignore',
    })
    running.add(this.#process)
    await until(async () => /PONG|NOAUTH/.test(await this.cli('PING').catch(() => '')))
  }

  /** Runs redis-cli against it; answers what it prints. */
  async cli(...args: readonly string[]): Promise<string> {
    const { stdout } = await run('redis-cli', ['-p', String(this.port), ...args])
    return stdout.trim()
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill(signal)
    if (signal === 'SIGKILL') child.kill('SIGCONT')
    await exit
    running.delete(child)
  }

  async end(): Promise<void> {
    await this.kill()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

/** Six servers, three of them primaries, the slots spread over them. */
export class RedisCluster {
  readonly servers: readonly RedisServer[]

  private constructor(servers: readonly RedisServer[]) {
    this.servers = servers
  }

  static async start(): Promise<RedisCluster> {
    const settings = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000']
    const servers: RedisServer[] = []
    for (let node = 0; node < 6; node++) servers.push(await RedisServer.start(...settings))
    const cluster = new RedisCluster(servers)
    const addresses = cluster.nodes.map(({ host, port }) => `${host}:${port}`)
    const shape = ['--cluster-replicas', '1', '--cluster-yes']
    await run('redis-cli', ['--cluster', 'create', ...addresses, ...shape])
    await Promise.all(
      servers.map((server) =>
        until(async () => {
          const [info, replication] = await Promise.all([
            server.cli('CLUSTER', 'INFO'),
            server.cli('INFO', 'replication'),
          ])
          const linked =
            /role:master/.test(replication) || /master_link_status:up/.test(replication)
          return /cluster_state:ok/.test(info) && linked
        }),
      ),
    )
    return cluster
  }

  get nodes(): readonly { readonly host: string; readonly port: number }[] {
    return this.servers.map(({ port }) => ({ host: '127.0.0.1', port }))
  }

  /** The primary that holds a key. */
  async primaryOf(key: string): Promise<RedisServer> {
    const slot = Number(await this.servers[0]?.cli('CLUSTER', 'KEYSLOT', key))
    for (const server of this.servers) {
      const mine = (await server.cli('CLUSTER', 'NODES').catch(() => ''))
        .split('\n')
        .find(
          (line) => / myself,master | myself,master,/.test(line) || line.includes('myself,master'),
        )
      const ranges = mine?.split(' ').slice(8) ?? []
      const holds = ranges.some((range) => {
        const [from = '', to = from] = range.split('-')
        return Number(from) <= slot && slot <= Number(to)
      })
      if (holds) return server
    }
    throw new Error(`no primary holds slot ${slot}`)
  }

  /** Whether each of the three primaries has a replica that has all it has. */
  async isReplicated(): Promise<boolean> {
    const states = await Promise.all(
      this.servers.map((server) => server.cli('INFO', 'replication').catch(() => '')),
    )
    const primaries = states.filter((info) => /role:master/.test(info))
    const settled = primaries.filter((info) => {
      const own = /master_repl_offset:(\d+)/.exec(info)?.[1]
      return new RegExp(`state=online,offset=${own},`).test(info)
    })
    return primaries.length === 3 && settled.length === 3
  }

  async end(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.end()))
  }
}

/** A port that was free a moment ago, below those that the system gives to connections, with 10000 above it free for a Cluster's bus. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    if ((await isFree(port)) && (await isFree(port + 10_000))) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** Asks again until the answer is yes. @throws after 20 seconds */
export async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('what was waited for did not come')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
