/** The directory of the embedded server: its database, the master key that seals it, and the key of its operator. */
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { generateSecret } from 'signet-jwt'

export interface DataDirectory {
  readonly database: string
  readonly masterKey: string
  readonly adminKey: string
  readonly adminKeyPath: string
}

/**
 * Opens the directory, making what is missing, for its owner's eyes only.
 *
 * @throws Error when it, or a key in it, can be read by others, or when the database is there and its key is not
 */
export function openDataDirectory(path: string): DataDirectory {
  const directory = resolve(path)
  if (!existsSync(directory)) mkdirSync(directory, { recursive: true, mode: 0o700 })
  refuseOpenToOthers(directory)
  const database = join(directory, 'signet.db')
  const masterKeyPath = join(directory, 'master.key')
  const adminKeyPath = join(directory, 'admin.key')
  if (existsSync(database) && !existsSync(masterKeyPath)) {
    throw new Error(
      `${masterKeyPath} is missing, and without it nobody can open ${database}: put it back, or move the database away`,
    )
  }
  return {
    database,
    masterKey: readOrMakeKey(masterKeyPath),
    adminKey: readOrMakeKey(adminKeyPath),
    adminKeyPath,
  }
}

function readOrMakeKey(path: string): string {
  if (!existsSync(path)) makeKey(path)
  refuseOpenToOthers(path)
  const key = readFileSync(path, 'utf8').trim()
  if (key.length < 32)
    throw new Error(`${path} is too short to be a key: delete it to have a new one made`)
  return key
}

/** Written whole and then linked into place: of two servers that start together one makes the key, and both read it. */
function makeKey(path: string): void {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `${generateSecret()}\n`, { mode: 0o600, flag: 'wx' })
  try {
    linkSync(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    unlinkSync(draft)
  }
}

function refuseOpenToOthers(path: string): void {
  // Windows has no such bits; there the directory inherits the rights of its owner's home.
  if (process.platform === 'win32') return
  const { mode } = statSync(path)
  if ((mode & 0o077) === 0) return
  throw new Error(
    `${path} can be read by others (mode ${(mode & 0o777).toString(8)}): run chmod go= ${path}`,
  )
}
