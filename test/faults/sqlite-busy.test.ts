/** Locks that other processes hold on the file of a SQLite store: waited for, then answered as a store that is unavailable. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { generateSecret, StoreUnavailableError } from 'signet-jwt'
import { sqliteStore } from 'signet-jwt/stores/sqlite'
import { openSignet, SignetProcess } from '../support/signet-process.ts'

async function withFile(body: (path: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'signet-'))
  try {
    await body(join(directory, 'signet.db'))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const holdLock = `
  const { DatabaseSync } = require('node:sqlite')
  const database = new DatabaseSync(process.argv[1])
  database.exec('BEGIN IMMEDIATE')
  console.log('held')
  process.stdin.on('end', () => { database.exec('COMMIT'); database.close() }).resume()`

/** A process that holds the lock for writing until its input ends. */
async function holderOf(path: string): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '-e', holdLock, path],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  return child
}

async function letGo(holder: ChildProcess): Promise<void> {
  const exit = once(holder, 'exit')
  holder.stdin?.end()
  await exit
}

test('a lock that is given back in time delays a step, and no more', () =>
  withFile(async (path) => {
    const store = sqliteStore(path, { timeoutSeconds: 30 })
    await store.head()
    const holder = await holderOf(path)
    let isDone = false
    const stamped = store.stampSubject('h').finally(() => {
      isDone = true
    })
    // Reading needs no lock and goes on beside it.
    for (let i = 0; i < 20; i++) await store.head()
    assert.equal(isDone, false)
    await letGo(holder)
    assert.ok((await stamped).epoch > 0)
    await store.close()
  }))

test('a lock held beyond the deadline makes the store unavailable to everyone who waits, until it is free', () =>
  withFile(async (path) => {
    const store = sqliteStore(path, { timeoutSeconds: 0.1 })
    await store.head()
    const holder = await holderOf(path)
    const waiting = Array.from({ length: 100 }, (_, i) => store.stampSubject(`h${i}`))
    for (const { status, reason } of (await Promise.allSettled(
      waiting,
    )) as PromiseRejectedResult[]) {
      assert.equal(status, 'rejected')
      assert.ok(reason instanceof StoreUnavailableError)
      assert.match(reason.message, /another process has held its lock for too long/)
    }
    await letGo(holder)
    assert.ok((await store.stampSubject('h')).epoch > 0)
    await store.close()
  }))

test('processes that all write at once never hear that the file is busy', () =>
  withFile(async (path) => {
    const options = { path, masterKey: generateSecret() }
    const workers = await Promise.all(Array.from({ length: 3 }, () => SignetProcess.start(options)))
    for (const worker of workers) void worker.ask({ do: 'work' })
    while (workers.some(({ told }) => told.length < 100)) {
      // A worker ends with the first error it meets.
      for (const { child } of workers) assert.equal(child.exitCode, null)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await Promise.all(workers.map((worker) => worker.end()))
    await using signet = await openSignet(options)
    const told = workers.flatMap((worker) => worker.told)
    const gone = new Set(told.map(({ revoked }) => revoked))
    for (const { issued } of told) {
      if (issued === undefined || gone.has(issued.sessionId)) continue
      // A revocation may have been made and not been told any more: its session is over, and nothing is lost.
      const outcome = await signet.refresh(issued.refreshToken).then(
        ({ outcome }) => outcome,
        (error: Error) => error.name,
      )
      assert.match(outcome, /^(rotated|RevokedRefreshTokenError)$/)
    }
  }))
