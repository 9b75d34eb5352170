import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { StoreUnavailableError } from '../errors.ts'
import { origin } from '../revocation/position.ts'
import { subjectHash } from '../sessions/session-id.ts'
import type { SessionRow } from '../sessions/session-row.ts'
import { birth, presentation } from './contract/material.ts'
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
    'makes no new file in the place of one that is gone, and goes on when there is one again',
    inDirectory(async (path) => {
      const store = sqliteStore(path)
      const { epoch } = await store.stampSubject(hs)
      const other = new DatabaseSync(path)
      other.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      other.close()
      copyFileSync(path, `${path}.backup`)
      for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix)
      await assert.rejects(store.stampSubject(hs), /cannot serve: ENOENT/)
      await assert.rejects(store.head(), /cannot serve: ENOENT/)
      assert.equal(existsSync(path), false)
      renameSync(`${path}.backup`, path)
      assert.ok((await store.stampSubject(hs)).epoch >= epoch)
      await store.close()
    }),
  )

  it(
    'keeps a register while a session under it may live, and no longer',
    inDirectory(async (path) => {
      let now = Date.parse('2026-01-01T00:00:00Z')
      const store = sqliteStore(path, { clock: () => new Date(now) })
      const row = await store.createSession(birth())
      const other = new DatabaseSync(path)
      const registers = () => other.prepare('SELECT count(*) AS n FROM registers').get()?.n
      await store.stampSubject(subjectHash('i', 'a token only'))
      now = row.idleAt + 61_000
      assert.equal(await store.sweep(10), 2)
      assert.equal(registers(), 1)
      now = row.absoluteAt + 59_000
      assert.equal(await store.sweep(10), 0)
      now = row.absoluteAt + 61_000
      assert.equal(await store.sweep(10), 1)
      assert.equal(registers(), 0)
      other.close()
      await store.close()
    }),
  )

  it(
    'sweeps a bounded part at a time, past sessions that have been prolonged',
    inDirectory(async (path) => {
      let now = Date.parse('2026-01-01T00:00:00Z')
      const store = sqliteStore(path, { clock: () => new Date(now) })
      const rows: SessionRow[] = []
      for (let i = 0; i < 50; i++) rows.push(await store.createSession(birth({ subject: `${i}` })))
      const [idle, prolonged] = [rows.slice(0, 20), rows.slice(20)]
      now = (rows[0] as SessionRow).idleAt - 1000
      for (const row of prolonged) await store.rotate(presentation(row))
      now += 62_000
      const swept: number[] = []
      for (let i = 0; i < 6; i++) swept.push(await store.sweep(5))
      assert.ok(Math.max(...swept) <= 5)
      assert.equal(
        swept.reduce((sum, each) => sum + each),
        idle.length,
      )
      for (const { sid } of idle) assert.equal(await store.getSession(sid), undefined)
      for (const { sid } of prolonged) assert.ok(await store.getSession(sid))
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
