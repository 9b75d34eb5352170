import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { prepareDataDirectory } from './data-directory.ts'
import { SetupError } from './setup-error.ts'

describe('prepareDataDirectory', () => {
  let parent: string
  let path: string
  const prepare = (masterKeyFile = '') =>
    prepareDataDirectory({ dataDirectory: path, masterKeyFile })
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'signet-'))
    path = join(parent, '.signet')
  })
  afterEach(() => rmSync(parent, { recursive: true }))

  const mode = (file: string) => statSync(join(path, file)).mode & 0o777
  function refuses(complaint: RegExp) {
    const isSaid = (error: unknown) => error instanceof SetupError && complaint.test(error.message)
    assert.throws(() => prepare(), isSaid)
  }

  it('makes the directory and its keys for the owner alone, and keeps them', () => {
    const first = prepare()
    assert.deepEqual([mode('.'), mode('master.key'), mode('admin.key')], [0o700, 0o600, 0o600])
    assert.match(first.adminKey, /^signet_admin_[0-9a-f]{64}$/)
    assert.deepEqual(prepare(), first)
  })

  it('refuses a directory or a key that others can read', () => {
    prepare()
    chmodSync(join(path, 'admin.key'), 0o640)
    refuses(/admin\.key is open to other users.*chmod 600/)
    chmodSync(join(path, 'admin.key'), 0o600)
    chmodSync(path, 0o755)
    refuses(/directory .* is open to other users.*chmod 700/)
  })

  it('refuses a key file that holds none', () => {
    prepare()
    writeFileSync(join(path, 'admin.key'), '')
    refuses(/admin\.key does not hold a key/)
  })

  it('makes no new master key for an old database', () => {
    prepare()
    writeFileSync(join(path, 'signet.db'), '')
    rmSync(join(path, 'master.key'))
    refuses(/no master\.key/)
  })

  it('takes a master key from elsewhere, and makes none there', () => {
    const elsewhere = join(parent, 'shared.key')
    assert.throws(() => prepare(elsewhere), /shared\.key is not there; make a key/)
    writeFileSync(elsewhere, `${'0123456789abcdef'.repeat(4)}\n`, { mode: 0o600 })
    assert.equal(prepare(elsewhere).masterKey, '0123456789abcdef'.repeat(4))
    chmodSync(elsewhere, 0o644)
    assert.throws(() => prepare(elsewhere), /open to other users/)
  })
})
