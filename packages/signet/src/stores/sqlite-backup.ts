/** A copy of a SQLite store that is in use. */
import { closeSync, openSync, rmSync, statSync } from 'node:fs'
import { backup, DatabaseSync } from 'node:sqlite'
import { StoreUnavailableError } from '../errors.ts'
import { checkText } from '../options.ts'
import { sqliteMigrations } from './schema.ts'

export interface SqliteBackup {
  readonly bytes: number
  readonly sessions: number
  /** Entries of the revocation log. */
  readonly entries: number
}

/** More pages than a database has: all of it is copied in one step, so that writers do not make it begin again. */
const ALL_PAGES = 2 ** 31 - 1

/**
 * Copies the store in `path` to the new file `target`, as it stands at one moment. Processes may go on using it. The copy is
 * for its owner's eyes only, and has been read through and found whole.
 *
 * @throws StoreUnavailableError when there is no store in `path`, when `target` is there already, or when the copy is not
 *   whole; then there is no copy
 */
export async function backupSqlite(path: string, target: string): Promise<SqliteBackup> {
  checkText('path', path)
  checkText('target', target)
  const source = openSource(path)
  try {
    create(target)
    try {
      await backup(source, target, { rate: ALL_PAGES })
      return check(target)
    } catch (error) {
      rmSync(target, { force: true })
      throw failure(`the copy ${target} could not be made`, error)
    }
  } finally {
    source.close()
  }
}

function openSource(path: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    // A path that leads nowhere must not become an empty database.
    statSync(path)
    database = new DatabaseSync(path)
    const version = database.prepare('PRAGMA user_version').get()?.user_version as number
    if (version < 1 || version > sqliteMigrations.length)
      throw new Error(
        `its schema is ${version}, and this version of Signet knows 1 to ${sqliteMigrations.length}`,
      )
    return database
  } catch (error) {
    database?.close()
    throw failure(`there is no Signet store in ${path}`, error)
  }
}

/** Before anything is written to it, so that nobody else can read it in between. */
function create(target: string): void {
  try {
    closeSync(openSync(target, 'wx', 0o600))
  } catch (error) {
    throw failure(`${target} cannot be made`, error)
  }
}

function check(target: string): SqliteBackup {
  const database = new DatabaseSync(target)
  try {
    const value = (sql: string) => Object.values(database.prepare(sql).get() ?? {})[0]
    // A copy is one file: without this it would leave a log beside it wherever it is opened.
    database.exec('PRAGMA journal_mode = DELETE')
    const verdict = value('PRAGMA integrity_check')
    if (verdict !== 'ok') throw new Error(String(verdict))
    return {
      bytes: statSync(target).size,
      sessions: value('SELECT count(*) FROM sessions') as number,
      entries: value('SELECT count(*) FROM log') as number,
    }
  } finally {
    database.close()
  }
}

function failure(what: string, cause: unknown): StoreUnavailableError {
  return new StoreUnavailableError(`${what}: ${(cause as Error).message}`, { cause })
}
