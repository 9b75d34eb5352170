/** Postgres for tests: the server of the machine with a schema for each test, and servers of a test's own. */
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { type PostgresClient, postgresStore, type Store } from 'signet-jwt/stores/postgres'
import { freePort } from './free-port.ts'
import { need, type Skippable } from './need.ts'

/** The server of the machine, with a database that tests may make schemas in. */
const machineUrl = process.env.SIGNET_TEST_POSTGRES ?? 'postgres://root@127.0.0.1:5432/test'

/** A server for tests that do it no harm: the machine's when it runs, else one of our own; undefined: there is none. */
export async function serverForTests(): Promise<
  { readonly url: string; readonly remove: () => void } | undefined
> {
  if (await answers(machineUrl)) return { url: machineUrl, remove: () => {} }
  const programs = findPrograms()
  if (programs === undefined) return undefined
  const server = await PostgresServer.start(programs)
  return { url: server.url, remove: () => server.remove() }
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2000 })
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}

export function newSchema(): string {
  return `test_${randomBytes(8).toString('hex')}`
}

/** How a client runs a text of statements, whatever its kind. */
export type Execute = (sql: string) => Promise<unknown>

/**
 * A store whose clock is the given one: the schema's `signet_now()` reads a table, and each call writes the clock there
 * first.
 */
export async function clockedStore(
  client: PostgresClient,
  execute: Execute,
  schema: string,
  clock: () => Date,
): Promise<Store> {
  const store = postgresStore(client, { schema })
  await store.head()
  await execute(`
    CREATE TABLE ${schema}.test_clock (ms bigint);
    INSERT INTO ${schema}.test_clock VALUES (${clock().getTime()});
    CREATE OR REPLACE FUNCTION ${schema}.signet_now() RETURNS bigint LANGUAGE sql VOLATILE
      AS 'SELECT ms FROM ${schema}.test_clock'`)
  let written = clock().getTime()
  let writing: Promise<unknown> = Promise.resolve()
  const setClock = () => {
    const now = clock().getTime()
    if (now !== written) {
      written = now
      writing = execute(`UPDATE ${schema}.test_clock SET ms = ${now}`)
    }
    return writing
  }
  const clocked = Object.entries(store).map(([name, method]) => {
    if (name === 'watch' || name === 'close') return [name, method]
    const step = method as (...values: unknown[]) => Promise<unknown>
    return [name, (...values: unknown[]) => setClock().then(() => step(...values))]
  })
  return Object.fromEntries(clocked) as Store
}

/** The folder of the server's programs, which Debian does not put on the PATH. */
export function needPostgresPrograms(t: Skippable): string | undefined {
  return need(t, 'the programs of Postgres', 'apt-get install postgresql', findPrograms)
}

export function findPrograms(): string | undefined {
  const places = [
    '/usr/lib/postgresql/*/bin',
    '/usr/pgsql-*/bin',
    '/opt/homebrew/opt/postgresql*/bin',
  ]
  return globSync(places).toSorted().at(-1)
}

/** A server of a test's own, on a free port of this machine, in a folder that goes with it. */
export class PostgresServer {
  readonly port: number
  readonly password: string = randomBytes(12).toString('hex')
  readonly #programs: string
  readonly #folder: string

  private constructor(programs: string, port: number) {
    this.#programs = programs
    this.port = port
    this.#folder = mkdtempSync(join(tmpdir(), 'signet-postgres-'))
    chmodSync(this.#folder, 0o777)
  }

  /** Made and started; connections by TCP need the password. */
  static async start(programs: string): Promise<PostgresServer> {
    const server = new PostgresServer(programs, await freePort())
    const passwordFile = join(server.#folder, 'password')
    writeFileSync(passwordFile, server.password)
    chmodSync(passwordFile, 0o644)
    const access = ['--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--username=postgres']
    server.#run('initdb', ['--no-sync', '--encoding=UTF8', '--locale=C', ...access])
    server.up()
    return server
  }

  get url(): string {
    return this.urlOf('postgres', this.password)
  }

  urlOf(user: string, password: string): string {
    return `postgres://${user}:${password}@127.0.0.1:${this.port}/postgres`
  }

  up(): void {
    const settings = `-p ${this.port} -k ${this.#folder} -c listen_addresses=127.0.0.1`
    this.#run('pg_ctl', [
      '--wait',
      '--silent',
      `--log=${this.#folder}/log`,
      '-o',
      settings,
      'start',
    ])
  }

  down(): void {
    this.#run('pg_ctl', ['--wait', '--silent', '--mode=immediate', 'stop'])
  }

  /** kill -9 for the server and all its processes, as when the machine loses power. */
  async kill(): Promise<void> {
    const lock = join(this.#data, 'postmaster.pid')
    const [pid = ''] = readFileSync(lock, 'utf8').split('\n')
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
    const all = [pid, ...children]
    for (const each of all) process.kill(Number(each), 'SIGKILL')
    while (all.some(isRunning)) await new Promise((resolve) => setTimeout(resolve, 5))
    // Nobody may have collected the dead, and the next server would take their numbers for living ones.
    for (const file of [lock, ...globSync(join(this.#folder, '.s.PGSQL.*'))]) rmSync(file)
  }

  /** A copy that follows this server and only reads. */
  async standby(): Promise<PostgresServer> {
    const copy = new PostgresServer(this.#programs, await freePort())
    copy.#run('pg_basebackup', [
      '--no-sync',
      '--checkpoint=fast',
      '--write-recovery-conf',
      `--dbname=${this.url}`,
    ])
    copy.up()
    return copy
  }

  remove(): void {
    try {
      this.down()
    } catch {
      // It was down already.
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get #data(): string {
    return join(this.#folder, 'data')
  }

  /** As the user postgres when the test is root, whom the server refuses to serve. */
  #run(program: string, args: readonly string[]): void {
    const command = [join(this.#programs, program), `--pgdata=${this.#data}`, ...args]
    const [first = '', ...rest] =
      process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--', ...command] : command
    // What a server inherits it keeps open: its output must not be a pipe that somebody waits for.
    const { status, stderr } = spawnSync(first, rest, {
      cwd: this.#folder,
      encoding: 'utf8',
      stdio: program === 'pg_ctl' ? 'ignore' : 'pipe',
    })
    if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`)
  }
}

function isRunning(pid: string): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

/** PgBouncer in front of a server, lending connections for one transaction. */
export class PgBouncer {
  readonly port: number
  readonly #folder: string
  readonly #child: ReturnType<typeof spawn>

  private constructor(port: number, folder: string, child: ReturnType<typeof spawn>) {
    this.port = port
    this.#folder = folder
    this.#child = child
  }

  static async start(program: string, server: PostgresServer): Promise<PgBouncer> {
    const folder = mkdtempSync(join(tmpdir(), 'signet-pgbouncer-'))
    chmodSync(folder, 0o755)
    const port = await freePort()
    const file = (name: string, text: string) => {
      writeFileSync(join(folder, name), text)
      chmodSync(join(folder, name), 0o644)
      return join(folder, name)
    }
    const users = file('users.txt', `"postgres" "${server.password}"\n`)
    const settings = file(
      'pgbouncer.ini',
      `[databases]
* = host=127.0.0.1 port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${users}
pool_mode = transaction
default_pool_size = 4
`,
    )
    const asRoot = process.getuid?.() === 0 ? ['-u', 'postgres'] : []
    const child = spawn(program, [...asRoot, settings], { stdio: 'ignore' })
    const bouncer = new PgBouncer(port, folder, child)
    await bouncer.#answers(server)
    return bouncer
  }

  urlFor(server: PostgresServer): string {
    return `postgres://postgres:${server.password}@127.0.0.1:${this.port}/postgres`
  }

  async #answers(server: PostgresServer): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const client = new pg.Client({ connectionString: this.urlFor(server) })
      try {
        await client.connect()
        return await client.end()
      } catch (error) {
        if (attempt === 50) throw error
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
  }

  remove(): void {
    this.#child.kill('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
