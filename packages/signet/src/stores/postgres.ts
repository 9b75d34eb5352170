/** The store of many processes on Postgres. */
import { checkOptions, checkSeconds, describe } from '../options.ts'
import { Database } from './postgres/database.ts'
import type { Driver } from './postgres/driver.ts'
import { logSteps } from './postgres/log.ts'
import { PgDriver, type PgPool } from './postgres/pg-driver.ts'
import { type PgliteDatabase, PgliteDriver } from './postgres/pglite-driver.ts'
import { PostgresDriver, type PostgresSql } from './postgres/postgres-driver.ts'
import { revocationSteps } from './postgres/revocations.ts'
import { ringSteps } from './postgres/ring.ts'
import { RotationQueue } from './postgres/rotation-queue.ts'
import { sessionSteps } from './postgres/sessions.ts'
import { WakeUps } from './postgres/wake-ups.ts'
import type { Store } from './store.ts'

export type { PgClient, PgPool } from './postgres/pg-driver.ts'
export type { PgliteDatabase, PgliteQueries } from './postgres/pglite-driver.ts'
export type { PostgresQueries, PostgresSql } from './postgres/postgres-driver.ts'
export type { Store } from './store.ts'

/** A client of the user's own: a pool of `pg`, the `sql` function of `postgres`, or a PGlite database. */
export type PostgresClient = PgPool | PostgresSql | PgliteDatabase

export interface PostgresStoreOptions {
  /** The schema that holds our tables: lower case letters, digits and `_`, at most 40. Default 'signet'. */
  readonly schema?: string
  /** Bound on each call, in seconds: the wait for a connection and for locks included. Default 5, at most 10. */
  readonly timeoutSeconds?: number
  /**
   * Connections keep the statements they have prepared, which saves the server a third of its work. A transaction pooler
   * that does not know prepared statements (PgBouncer before 1.21) is noticed, and nothing is prepared any more; false
   * spares it the attempt. Default true.
   */
  readonly prepare?: boolean
  /**
   * A client of the same kind whose connections go straight to the server, for LISTEN, when the first goes through a
   * transaction pooler. Without one that hears, the log's end is read four times a second instead. Default: the first.
   */
  readonly listener?: PostgresClient
}

/**
 * A store in Postgres 14 or newer, in a schema of its own that it creates and migrates. Nothing is sent before the first
 * call. The client stays the caller's: closing the store does not end it.
 *
 * What can be lost. Every acknowledged step is on the server's disk (synchronous_commit is raised where it is off) and, when
 * synchronous_standby_names is set, on a standby's. With an asynchronous standby a failover loses the last commits: processes
 * that had applied a lost revocation notice, go on refusing and write it again; one that no process had applied is gone. With
 * two primaries at once (a failover without fencing) a receipt from one says nothing about verifiers on the other.
 *
 * Rights. USAGE on the schema; SELECT, INSERT, UPDATE, DELETE on its tables; EXECUTE on its functions. The first start, and
 * the first start of a version with a new migration, also create: CREATE on the database, or ownership of the schema.
 *
 * @param client with `pg`, one connection of the pool is kept for LISTEN, so the pool must have room for two
 */
export function postgresStore(client: PostgresClient, options: PostgresStoreOptions = {}): Store {
  checkOptions('postgresStore', options, ['schema', 'timeoutSeconds', 'prepare', 'listener'])
  const { schema = 'signet', timeoutSeconds = 5, prepare = true, listener = client } = options
  if (typeof schema !== 'string' || !/^[a-z_][a-z0-9_]{0,39}$/.test(schema)) {
    throw new TypeError(
      "'schema' must be up to 40 lower case letters, digits and '_', not beginning with a digit",
    )
  }
  if (typeof prepare !== 'boolean') {
    throw new TypeError(`'prepare' must be true or false, got ${describe(prepare)}`)
  }
  const timeout = checkSeconds('timeoutSeconds', timeoutSeconds, { min: 0.01, max: 10 }) * 1000
  const database = new Database(driverOf(client, listener), { schema, timeout, prepare })
  const wakeUps = new WakeUps(database)
  const rotations = new RotationQueue(database, () => void wakeUps.tell().catch(() => {}))
  return {
    ...sessionSteps(database),
    rotate: (presentation) => rotations.rotate(presentation),
    ...revocationSteps(database),
    ...logSteps(database),
    watch: (onWake) => wakeUps.watch(onWake),
    ...ringSteps(database),
    close: async () => {
      wakeUps.stop()
      database.close()
    },
  }
}

/** The kinds of client are told apart by their shape, since none of them is ever imported. */
function driverOf(client: PostgresClient, listener: PostgresClient): Driver {
  if (isPostgres(client) && isPostgres(listener)) return new PostgresDriver(client, listener)
  if (isPglite(client) && listener === client) return new PgliteDriver(client)
  if (isPg(client) && isPg(listener)) {
    if (client === listener && client.options?.max === 1) {
      throw new TypeError(
        'the pool has room for one connection, and one is kept for LISTEN: give it max: 2 or more, or give postgresStore a pool of its own as `listener`',
      )
    }
    return new PgDriver(client, listener)
  }
  throw new TypeError(
    `postgresStore takes a Pool of 'pg', the sql function of 'postgres' or a PGlite database, got ${describe(client)}; a listener is of the same kind`,
  )
}

function isPostgres(client: unknown): client is PostgresSql {
  return typeof client === 'function' && has(client, 'unsafe', 'begin', 'listen')
}

function isPglite(client: unknown): client is PgliteDatabase {
  return has(client, 'waitReady', 'transaction', 'exec', 'listen')
}

/** A single client of `pg` has these, too; unlike a pool it has no count of its clients. */
function isPg(client: unknown): client is PgPool {
  return has(client, 'connect', 'on', 'totalCount')
}

function has(value: unknown, ...members: readonly string[]): boolean {
  const isHolder = (typeof value === 'object' && value !== null) || typeof value === 'function'
  return isHolder && members.every((member) => member in value)
}
