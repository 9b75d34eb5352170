import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { prepareDataDirectory } from './data-directory.ts'

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
      const first = prepareDataDirectory(path)
      assert.equal(statSync(path).mode & 0o777, 0o700)
      assert.equal(statSync(first.adminKeyPath).mode & 0o777, 0o600)
      assert.equal(statSync(join(path, 'master.key')).mode & 0o777, 0o600)
      assert.notEqual(first.adminKey, first.masterKey)
      assert.deepEqual(prepareDataDirectory(path), first)
      assert.deepEqual(readdirSync(path).toSorted(), ['admin.key', 'master.key'])
    }),
  )

  it(
    'is refused when others can read it, or a key in it, with the command that helps',
    inDirectory((path) => {
      const { adminKeyPath } = prepareDataDirectory(path)
      chmodSync(adminKeyPath, 0o644)
      assert.throws(
        () => prepareDataDirectory(path),
        /admin\.key is open to other users of this machine.*chmod 600/,
      )
      chmodSync(adminKeyPath, 0o600)
      chmodSync(path, 0o755)
      assert.throws(() => prepareDataDirectory(path), /is open to other users.*chmod 700/)
    }),
  )

  it(
    'never makes a new master key beside a database sealed with another',
    inDirectory((path) => {
      prepareDataDirectory(path)
      writeFileSync(join(path, 'signet.db'), '')
      rmSync(join(path, 'master.key'))
      assert.throws(
        () => prepareDataDirectory(path),
        /holds signet\.db and no master\.key: only the key it was made with opens it/,
      )
    }),
  )

  it(
    'refuses a key that is none',
    inDirectory((path) => {
      const { adminKeyPath } = prepareDataDirectory(path)
      writeFileSync(adminKeyPath, 'short\n', { mode: 0o600 })
      assert.throws(() => prepareDataDirectory(path), /does not hold a key/)
    }),
  )
})
