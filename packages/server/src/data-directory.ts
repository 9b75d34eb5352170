/**
 * The directory that holds everything the server must keep: the database, the master key that opens its key ring, and
 * the admin key. Whoever reads the keys can sign tokens, so nobody but the owner may.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { generateSecret } from 'signet-jwt'
import { newAdminKey } from './admin-keys.ts'
import { SetupError } from './setup-error.ts'

export interface DataDirectory {
  readonly path: string
  readonly databasePath: string
  readonly adminKeyPath: string
  /** Further admin keys, as hashes. */
  readonly adminKeysPath: string
  readonly masterKey: string
  readonly adminKey: string
}

/** Where things are; `masterKeyFile` is '' for the data directory's own. */
interface Places {
  readonly dataDirectory: string
  readonly masterKeyFile: string
}

/** Makes what is missing and reads the keys. @throws SetupError when the directory or a file in it cannot be trusted */
export function prepareDataDirectory({ dataDirectory, masterKeyFile }: Places): DataDirectory {
  const path = resolve(dataDirectory)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  if (!statSync(path).isDirectory()) throw new SetupError(`${path} is not a directory`)
  refuseOpenToOthers(path, 'directory', 'chmod 700')
  const databasePath = join(path, 'signet.db')
  const masterKeyPath = masterKeyFile === '' ? join(path, 'master.key') : resolve(masterKeyFile)
  const adminKeyPath = join(path, 'admin.key')
  if (masterKeyFile !== '' && !existsSync(masterKeyPath)) {
    throw new SetupError(`${masterKeyPath} is not there; make a key with: signet secret`)
  }
  if (existsSync(databasePath) && !existsSync(masterKeyPath)) {
    throw new SetupError(
      `${path} holds signet.db and no master.key: only the key it was made with opens it, so put that back, or move signet.db away to begin anew`,
    )
  }
  return {
    path,
    databasePath,
    adminKeyPath,
    adminKeysPath: join(path, 'admin-keys.json'),
    masterKey: readOrMakeKey(masterKeyPath, () => generateSecret()),
    adminKey: readOrMakeKey(adminKeyPath, newAdminKey),
  }
}

function readOrMakeKey(path: string, make: () => string): string {
  if (!existsSync(path)) writeOnce(path, make())
  if (!lstatSync(path).isFile()) throw new SetupError(`${path} is not a regular file`)
  refuseOpenToOthers(path, 'file', 'chmod 600')
  const key = readFileSync(path, 'utf8').trim()
  if (!/^\w{32,200}$/.test(key)) {
    throw new SetupError(`${path} does not hold a key: put the right one back, or remove the file`)
  }
  return key
}

/**
 * Writes a file that is whole or not there, whatever happens meanwhile. When two processes start at once, the second
 * finds the first one's key in place and uses that.
 */
function writeOnce(path: string, key: string): void {
  const draft = `${path}.${process.pid}.new`
  rmSync(draft, { force: true })
  const file = openSync(draft, 'wx', 0o600)
  try {
    writeSync(file, `${key}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  try {
    linkSync(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft)
  }
}

/** Windows has no such bits; there the directory is as private as its parent. */
function refuseOpenToOthers(path: string, kind: 'directory' | 'file', remedy: string): void {
  if (process.platform === 'win32' || (statSync(path).mode & 0o077) === 0) return
  throw new SetupError(
    `the ${kind} ${path} is open to other users of this machine, and keys must not be: ${remedy} '${path}'`,
  )
}
