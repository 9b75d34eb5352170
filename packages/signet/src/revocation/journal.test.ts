import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LogEntry } from './entry.ts'
import { Journal } from './journal.ts'

const entry = (id: string, changes: Partial<LogEntry> = {}): LogEntry => ({
  id,
  kind: 'token',
  issuer: 'iss',
  key: `jti of ${id}`,
  at: 0,
  expiresAt: 1000,
  position: { p: 1, tag: 'tag' },
  ...changes,
})
const ids = (entries: readonly { readonly id: string }[]) => entries.map(({ id }) => id)

describe('a journal', () => {
  it('answers what a log lacks, without what has expired', () => {
    const journal = new Journal()
    for (const each of [entry('a'), entry('b'), entry('c', { expiresAt: 500 })]) {
      journal.remember(each)
    }
    assert.deepEqual(ids(journal.missingFrom(new Set(['a']), 600)), ['b'])
  })

  it('keeps the newest when it is full, and an entry that is written again in its place', () => {
    const journal = new Journal(2)
    for (const id of ['a', 'b', 'a', 'c']) journal.remember(entry(id))
    assert.deepEqual(ids(journal.missingFrom(new Set(), 0)), ['b', 'c'])
  })

  it('leaves rings to the ring', () => {
    const journal = new Journal()
    journal.remember(entry('r', { kind: 'ring', key: '2' }))
    assert.deepEqual(journal.missingFrom(new Set(), 0), [])
  })
})
