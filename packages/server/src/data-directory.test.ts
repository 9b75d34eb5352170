import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { openDataDirectory } from './data-directory.ts'

function inDirectory(body: (path: string) => void): () => void {
  return () => {
    const directory = mkdtempSync(join(tmpdir(), 'signet-'))
    try {
      body(join(directory, 'data'))
    } finally {
      rmSync(directory, { recursive: true })
    }
  }
}

describe('the data directory', () => {
  it(
    'is made for its owner only, with two keys that stay the same',
    inDirectory((path) => {
      const first = openDataDirectory(path)
      assert.equal(statSync(path).mode & 0o777, 0o700)
      assert.equal(statSync(first.adminKeyPath).mode & 0o777, 0o600)
      assert.equal(statSync(join(path, 'master.key')).mode & 0o777, 0o600)
      assert.notEqual(first.adminKey, first.masterKey)
      assert.deepEqual(openDataDirectory(path), first)
      assert.deepEqual(readdirSync(path).toSorted(), ['admin.key', 'master.key'])
    }),
  )

  it(
    'is refused when others can read it, or a key in it, with the command that helps',
    inDirectory((path) => {
      const { adminKeyPath } = openDataDirectory(path)
      chmodSync(adminKeyPath, 0o644)
      assert.throws(
        () => openDataDirectory(path),
        /admin\.key can be read by others \(mode 644\): run chmod go= /,
      )
      chmodSync(adminKeyPath, 0o600)
      chmodSync(path, 0o755)
      assert.throws(() => openDataDirectory(path), /can be read by others/)
    }),
  )

  it(
    'never makes a new master key beside a database sealed with another',
    inDirectory((path) => {
      openDataDirectory(path)
      writeFileSync(join(path, 'signet.db'), '')
      rmSync(join(path, 'master.key'))
      assert.throws(
        () => openDataDirectory(path),
        /master\.key is missing, and without it nobody can open/,
      )
    }),
  )

  it(
    'refuses a key that is none',
    inDirectory((path) => {
      const { adminKeyPath } = openDataDirectory(path)
      writeFileSync(adminKeyPath, 'short\n', { mode: 0o600 })
      assert.throws(() => openDataDirectory(path), /too short to be a key/)
    }),
  )
})
