/** What the SQLite store does when its disk is full or write-protected. The tests themselves run on such a disk. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { needSmallDisk } from '../support/small-disk.ts'

test('a disk that is full or read-only is a store that is unavailable, and nothing is half done', (t) => {
  const run = needSmallDisk(t)
  if (run === undefined) return
  const { status, stdout, stderr } = run(join(import.meta.dirname, 'sqlite-disk.ts'), 8192)
  assert.equal(status, 0, `${stdout}\n${stderr}`)
  assert.match(stdout, /pass 3/)
})
