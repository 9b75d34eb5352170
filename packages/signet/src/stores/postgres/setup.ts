/** What happens before the first statement: is this a server to work with, and has it our schema? */
import { StoreUnavailableError } from '../../errors.ts'
import type { Driver, Row, Run } from './driver.ts'
import { postgresMigrations } from './migrations.ts'

/** PostgreSQL 14 is the oldest whose optimiser and functions the statements were tried with. */
const OLDEST_SERVER = 140_000
/** Creating tables may take longer than any other call. */
const MIGRATION_TIMEOUT_MS = 30_000

/** The catalogs are read as tables: their look-up functions need rights, and remember what was not there a moment ago. */
const serverFacts = `
  SELECT current_setting('server_version_num') AS version,
    current_setting('server_version') AS version_name,
    current_setting('server_encoding') AS encoding,
    current_setting('transaction_isolation') AS isolation,
    current_setting('synchronous_commit') AS commit,
    (pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean)::text AS read_only,
    EXISTS (SELECT FROM pg_namespace WHERE nspname = 'signet')::text AS has_schema,
    EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
      WHERE nspname = 'signet' AND relname = 'migrations')::text AS has_migrations`

export interface Setup {
  /** The server would acknowledge commits it can still lose, unless a transaction asks for more. */
  readonly raiseDurability: boolean
}

/**
 * Checks the server, and brings the schema up to date. Processes that start together do this one after the other, under an
 * advisory lock; where nothing is to be done it takes two reads and no rights to create anything.
 *
 * @throws StoreUnavailableError saying what is wrong and what to do
 */
export async function setUp(
  driver: Driver,
  inSchema: (sql: string) => string,
  timeout: number,
): Promise<Setup> {
  const read = (text: string) =>
    driver.run({ name: undefined, text: inSchema(text), values: [] }, timeout)
  const [facts = {}] = await read(serverFacts)
  checkServer(facts)
  const installed = facts.has_migrations === 'true' ? versionOf(await read(newestMigration)) : 0
  if (installed < postgresMigrations.length) {
    await driver.transaction(inSchema(lockMigrations), MIGRATION_TIMEOUT_MS, (run) =>
      migrate(run, inSchema),
    )
  }
  return { raiseDurability: ['off', 'local', 'remote_write'].includes(String(facts.commit)) }
}

/** @throws StoreUnavailableError when the statements cannot work on such a server */
export function checkServer(facts: Row): void {
  if (Number(facts.version) < OLDEST_SERVER) {
    refuse(`PostgreSQL ${facts.version_name} is too old: Signet needs version 14 or newer`)
  }
  if (facts.read_only === 'true') {
    refuse(
      'the server only reads: it is a standby, or default_transaction_read_only is on; connect to the primary',
    )
  }
  if (facts.encoding !== 'UTF8') {
    refuse(`the database is encoded in ${facts.encoding}: create one with ENCODING 'UTF8'`)
  }
  if (facts.isolation !== 'read committed') {
    refuse(
      `default_transaction_isolation is '${facts.isolation}': set it to 'read committed' for this role, since a step waits for a row's lock and must then see the row as it is`,
    )
  }
}

const lockMigrations = "SELECT pg_advisory_xact_lock(hashtext('signet.migrations'))"
const newestMigration = 'SELECT coalesce(max(version), 0) AS version FROM signet.migrations'

async function migrate(run: Run, inSchema: (sql: string) => string): Promise<void> {
  const does = (text: string, values: readonly string[] = []) =>
    run({ name: undefined, text: inSchema(text), values })
  const [facts = {}] = await does(serverFacts)
  if (facts.has_schema !== 'true') await does('CREATE SCHEMA signet')
  if (facts.has_migrations !== 'true') {
    await does(
      'CREATE TABLE signet.migrations (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
    )
  }
  const installed = versionOf(await does(newestMigration))
  for (const [index, migration] of postgresMigrations.entries()) {
    if (index < installed) continue
    for (const statement of statementsOf(migration)) await does(statement)
    await does('INSERT INTO signet.migrations (version) VALUES ($1::text::integer)', [
      String(index + 1),
    ])
  }
}

/** Drivers send one statement at a time: a migration ends each with a semicolon at the end of a line. */
function statementsOf(migration: string): readonly string[] {
  return migration.split(/;\n/).filter((statement) => statement.trim() !== '')
}

function versionOf(rows: readonly Row[]): number {
  const version = Number(rows[0]?.version)
  if (version > postgresMigrations.length) {
    refuse(
      `the database has schema ${version}, newer than this version of Signet (${postgresMigrations.length}): upgrade signet-jwt`,
    )
  }
  return version
}

function refuse(message: string): never {
  throw new StoreUnavailableError(message)
}
