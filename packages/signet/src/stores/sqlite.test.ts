import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { StoreUnavailableError } from '../errors.ts'
import { origin } from '../revocation/position.ts'
import { subjectHash } from '../sessions/session-id.ts'
import { storeContract } from './contract.ts'
import { sqliteStore } from './sqlite.ts'

storeContract('the SQLite store', async (clock) => {
  const directory = mkdtempSync(join(tmpdir(), 'signet-'))
  return {
    store: sqliteStore(join(directory, 'signet.db'), { clock }),
    release: async () => rmSync(directory, { recursive: true }),
  }
})

describe('the SQLite store', () => {
  const report = { id: 'm', position: origin, maxStaleness: 1000, onStale: 'deny' as const }
  const hs = subjectHash('https://issuer.example', 'anna')

  function inDirectory(
    body: (path: string, directory: string) => Promise<void>,
  ): () => Promise<void> {
    return async () => {
      const directory = mkdtempSync(join(tmpdir(), 'signet-'))
      try {
        await body(join(directory, 'signet.db'), directory)
      } finally {
        rmSync(directory, { recursive: true })
      }
    }
  }

  it(
    'creates its file for the owner only',
    inDirectory(async (path) => {
      const store = sqliteStore(path)
      await store.head()
      assert.equal(statSync(path).mode & 0o777, 0o600)
      assert.equal(statSync(`${path}-wal`).mode & 0o777, 0o600)
      await store.close()
    }),
  )

  it(
    'waits for a lock that another connection gives back',
    inDirectory(async (path) => {
      const store = sqliteStore(path)
      await store.head()
      const other = new DatabaseSync(path)
      other.exec('BEGIN IMMEDIATE')
      const stamped = store.stampSubject(hs)
      setTimeout(() => other.exec('COMMIT'), 50)
      assert.ok((await stamped).epoch > 0)
      other.close()
      await store.close()
    }),
  )

  it(
    'gives up on a lock at its deadline without blocking the process',
    inDirectory(async (path) => {
      const store = sqliteStore(path, { timeoutSeconds: 0.1 })
      await store.head()
      const other = new DatabaseSync(path)
      other.exec('BEGIN IMMEDIATE')
      let ticks = 0
      const timer = setInterval(() => ticks++, 5)
      await assert.rejects(store.stampSubject(hs), (error: Error) => {
        assert.ok(error instanceof StoreUnavailableError)
        assert.match(error.message, /another process has held its lock/)
        return true
      })
      clearInterval(timer)
      assert.ok(ticks > 3, `the event loop turned ${ticks} times`)
      other.exec('ROLLBACK')
      assert.ok((await store.stampSubject(hs)).epoch > 0)
      other.close()
      await store.close()
    }),
  )

  it(
    'refuses a schema newer than it knows by its number',
    inDirectory(async (path) => {
      const other = new DatabaseSync(path)
      other.exec('PRAGMA user_version = 99')
      other.close()
      await assert.rejects(sqliteStore(path).head(), /schema 99, newer than this version/)
    }),
  )

  it(
    'says which file cannot be opened',
    inDirectory(async (_path, directory) => {
      const store = sqliteStore(join(directory, 'missing', 'signet.db'))
      await assert.rejects(store.head(), (error: Error) => {
        assert.ok(error instanceof StoreUnavailableError)
        assert.match(error.message, /missing\/signet\.db cannot serve/)
        return true
      })
    }),
  )

  it(
    'notices that its file was replaced by an older copy',
    inDirectory(async (path) => {
      const store = sqliteStore(path)
      await store.revoke({
        kind: 'token',
        tokenId: 'a',
        expiresAt: undefined,
        issuer: 'i',
        reason: undefined,
        entryId: '1',
      })
      const other = new DatabaseSync(path)
      other.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      other.close()
      copyFileSync(path, `${path}.backup`)
      const lost = await store.revoke({
        kind: 'token',
        tokenId: 'b',
        expiresAt: undefined,
        issuer: 'i',
        reason: undefined,
        entryId: '2',
      })
      rmSync(`${path}-wal`)
      rmSync(`${path}-shm`)
      renameSync(`${path}.backup`, path)
      const reply = await store.beat({ ...report, position: lost.position })
      assert.equal(reply.state, 'diverged')
      assert.deepEqual(
        reply.entries.map(({ key }) => key),
        ['a'],
      )
      await store.close()
    }),
  )

  it(
    'undoes only the step that failed in a shared commit',
    inDirectory(async (path) => {
      const store = sqliteStore(path)
      // A claim text that is no string cannot be stored: that step alone is refused.
      const broken = store.createSession({ sid: hs.padEnd(38, 'x'), claims: {} } as never)
      const good = store.stampSubject(hs)
      await assert.rejects(broken)
      assert.ok((await good).epoch > 0)
      await store.close()
    }),
  )

  it(
    'refuses calls after close and closes once',
    inDirectory(async (path) => {
      const store = sqliteStore(path)
      await store.head()
      await store.close()
      await store.close()
      await assert.rejects(store.head(), StoreUnavailableError)
      await assert.rejects(store.stampSubject(hs), StoreUnavailableError)
    }),
  )

  it('refuses misspelt options', () => {
    assert.throws(
      () => sqliteStore('x.db', { timoutSeconds: 1 } as never),
      /did you mean 'timeoutSeconds'/,
    )
  })
})
