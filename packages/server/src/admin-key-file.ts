/** The file of admin keys: read again whenever it has changed, written whole or not at all. */
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { type AdminKey, adminScopes, describeAdminKey, newAdminKey } from './admin-keys.ts'
import { SetupError } from './setup-error.ts'

const file = z.strictObject({
  keys: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      scopes: z.array(z.enum(adminScopes)),
      hash: z.string().regex(/^[\w-]{43}$/),
      createdAt: z.iso.datetime(),
      revokedAt: z.iso.datetime().exactOptional(),
    }),
  ),
})

export class AdminKeyFile {
  readonly #path: string
  #keys: readonly AdminKey[] = []
  #readAt = ''

  constructor(path: string) {
    this.#path = path
  }

  /** @throws SetupError when the file cannot be read as one of ours */
  list(): readonly AdminKey[] {
    const { mtimeNs, size, ino } = existsSync(this.#path)
      ? statSync(this.#path, { bigint: true })
      : nothing
    const version = `${mtimeNs}:${size}:${ino}`
    if (version !== this.#readAt) {
      this.#keys = size === 0n ? [] : this.#read()
      this.#readAt = version
    }
    return this.#keys
  }

  /** Makes a key and answers it: this is the only time it can be seen. */
  create(name: string, scopes: AdminKey['scopes'], now: Date): { key: string; record: AdminKey } {
    const key = newAdminKey()
    const record = describeAdminKey(key, name, scopes, now)
    this.#write([...this.list(), record])
    return { key, record }
  }

  /** @throws SetupError for an id that no key of the file has */
  revoke(id: string, now: Date): AdminKey {
    const keys = this.list()
    const found = keys.find((key) => key.id === id)
    if (found === undefined) {
      const ids = keys.map((key) => key.id).join(', ') || 'none'
      throw new SetupError(`no admin key has the id ${id}; there are ${ids}`)
    }
    const revoked = { ...found, revokedAt: found.revokedAt ?? now.toISOString() }
    this.#write(keys.map((key) => (key === found ? revoked : key)))
    return revoked
  }

  #read(): readonly AdminKey[] {
    try {
      return file.parse(JSON.parse(readFileSync(this.#path, 'utf8'))).keys
    } catch (error) {
      const why = error instanceof z.ZodError ? z.prettifyError(error) : 'it is not JSON'
      throw new SetupError(`${this.#path} is no file of admin keys: ${why}`)
    }
  }

  #write(keys: readonly AdminKey[]): void {
    const draft = `${this.#path}.${process.pid}.new`
    rmSync(draft, { force: true })
    writeFileSync(draft, `${JSON.stringify({ keys }, null, 2)}\n`, {
      mode: 0o600,
      flag: 'wx',
      flush: true,
    })
    renameSync(draft, this.#path)
  }
}

const nothing = { mtimeNs: 0n, size: 0n, ino: 0n }
