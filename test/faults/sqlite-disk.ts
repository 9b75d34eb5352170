/** Tests for a small disk; the argument is its directory. sqlite-disk.test.ts starts this file where there is one. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import {
  createSignet,
  generateSecret,
  RevokedRefreshTokenError,
  StoreUnavailableError,
} from 'signet-jwt'
import { sqliteStore } from 'signet-jwt/stores/sqlite'

const directory = process.argv[2] as string
const filler = join(directory, 'filler')

async function open(name: string) {
  const path = join(directory, name)
  const store = sqliteStore(path)
  const signet = await createSignet({
    issuer: 'https://issuer.example',
    secret: generateSecret(),
    store,
    storeTimeoutSeconds: 0.3,
  })
  const release = async () => {
    await signet.close()
    await store.close()
    for (const suffix of ['', '-wal', '-shm', '-bell']) rmSync(path + suffix, { force: true })
  }
  return { store, signet, release }
}

/** Leaves no room, not even in the write-ahead log, which would be written again from its beginning. */
function fillDisk(name: string): void {
  const database = new DatabaseSync(join(directory, name))
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  database.close()
  for (let size = 1 << 20; size >= 512; size = size >> 1) {
    for (;;) {
      try {
        writeFileSync(filler, Buffer.alloc(size), { flag: 'a' })
      } catch {
        break
      }
    }
  }
}

function remount(option: 'ro' | 'rw'): void {
  execFileSync('mount', ['-o', `remount,${option}`, directory])
}

/** Calls made side by side until some have failed, sorted by how they ended. */
async function untilSomeFail<T>(call: (index: number) => Promise<T>) {
  const done: T[] = []
  const failed: unknown[] = []
  for (let index = 0; failed.length < 5 && index < 2000; index += 20) {
    const settled = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => call(index + i)))
    for (const each of settled) {
      if (each.status === 'fulfilled') done.push(each.value)
      else failed.push(each.reason)
    }
  }
  for (const error of failed) {
    assert.ok(error instanceof StoreUnavailableError, `${error}`)
    assert.match(error.message, /cannot serve|did not answer/)
  }
  assert.ok(failed.length >= 5, 'the disk never filled up')
  return done
}

test('what fails on a full disk has not happened, what was acknowledged has, and space is all it needs', async () => {
  const { signet, release } = await open('full.db')
  const first = await signet.issue({ subject: 'first', claims: {} })
  fillDisk('full.db')
  const attempted: string[] = []
  const made = await untilSomeFail((index) => {
    attempted.push(`user ${index}`)
    return signet.issue({ subject: `user ${index}`, claims: {} })
  })
  signet.verify(first.accessToken)
  const found: string[] = []
  for (const subject of attempted) {
    const { sessions } = await signet.sessions.list({ subject })
    found.push(...sessions.map(({ sessionId }) => sessionId))
  }
  assert.deepEqual(new Set(found), new Set(made.map(({ sessionId }) => sessionId)))
  rmSync(filler)
  await signet.issue({ subject: 'next', claims: {} })
  assert.equal((await signet.refresh(first.refreshToken)).outcome, 'rotated')
  await release()
})

test('on a full disk a session and its entry in the log are revoked together or not at all', async () => {
  const { store, signet, release } = await open('revoke.db')
  const pairs = await Promise.all(
    Array.from({ length: 300 }, (_, i) => signet.issue({ subject: `user ${i}`, claims: {} })),
  )
  fillDisk('revoke.db')
  await untilSomeFail(async (index) => {
    const { sessionId } = pairs[index % pairs.length] as (typeof pairs)[0]
    await signet.revoke({ sessionId })
  })
  rmSync(filler)
  const { entries } = await store.look({ p: 0, tag: '' })
  const inLog = new Set(entries.map(({ key }) => key))
  assert.ok(inLog.size < pairs.length)
  for (const { sessionId, refreshToken } of pairs) {
    const isOver = (await store.getSession(sessionId))?.row.revokedAt !== undefined
    assert.equal(isOver, inLog.has(sessionId))
    if (isOver) await assert.rejects(signet.refresh(refreshToken), RevokedRefreshTokenError)
    else assert.equal((await signet.refresh(refreshToken)).outcome, 'rotated')
  }
  await release()
})

test('on a read-only disk every call is refused in time and by name, and made writable it serves', async () => {
  const { signet, release } = await open('before.db')
  await signet.issue({ subject: 'anna', claims: {} })
  await release()
  const store = sqliteStore(join(directory, 'read-only.db'))
  remount('ro')
  for (const call of [() => store.head(), () => store.stampSubject('h'), () => open('new.db')]) {
    await assert.rejects(call, (error: Error) => {
      assert.ok(error instanceof StoreUnavailableError)
      assert.match(error.message, /(read-only|new)\.db cannot serve: .*read-only file system/)
      return true
    })
  }
  remount('rw')
  assert.ok((await store.stampSubject('h')).epoch > 0)
  await store.close()
})
