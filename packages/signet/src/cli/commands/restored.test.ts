import assert from 'node:assert/strict'
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  createSignet,
  generateSecret,
  InvalidRefreshTokenError,
  InvalidTokenError,
  type TokenPair,
} from '../../index.ts'
import { sqliteStore } from '../../stores/sqlite.ts'
import { runCommand } from '../run.ts'

const ISSUER = 'https://issuer.example'
const KEY = generateSecret()

function run(...args: string[]) {
  return runCommand(args, {
    now: new Date(),
    readInput: () => '',
    readFile: () => '',
    variable: (name) => (name === 'KEY' ? KEY : undefined),
    colour: false,
  })
}

type Mode = 'ring' | 'secret'

function open(path: string, mode: Mode) {
  const store = sqliteStore(path)
  const keys =
    mode === 'ring' ? { keys: { algorithm: 'ES256' as const, masterKey: KEY } } : { secret: KEY }
  return createSignet({ issuer: ISSUER, store, ...keys } as Parameters<typeof createSignet>[0])
}

async function inDirectory(body: (path: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'signet-'))
  try {
    await body(join(directory, 'signet.db'))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** A store in which a session was revoked after a copy was made, and which then became that copy again. */
async function restoredStore(path: string, mode: Mode): Promise<TokenPair> {
  const signet = await open(path, mode)
  const pair = await signet.issue({ subject: 'anna' })
  assert.equal((await run('backup', '--store', `sqlite:${path}`, `${path}.copy`)).exitCode, 0)
  await signet.revoke({ sessionId: pair.sessionId })
  await signet.close()
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
  copyFileSync(`${path}.copy`, path)
  return pair
}

test('a backup is whole while the store is in use, for its owner only, and never over another file', () =>
  inDirectory(async (path) => {
    const signet = await open(path, 'ring')
    const pairs: TokenPair[] = []
    for (let i = 0; i < 20; i++) pairs.push(await signet.issue({ subject: `user ${i}` }))
    const writing = Promise.all(pairs.map(({ refreshToken }) => signet.refresh(refreshToken)))
    const made = await run('backup', '--store', `sqlite:${path}`, `${path}.copy`)
    await writing
    assert.match(made.output, /20 sessions and \d+ log entries .* whole/)
    assert.equal(statSync(`${path}.copy`).mode & 0o777, 0o600)
    assert.equal(existsSync(`${path}.copy-wal`), false)
    const copy = readFileSync(`${path}.copy`)
    const again = await run('backup', '--store', `sqlite:${path}`, `${path}.copy`)
    assert.equal(again.exitCode, 1)
    assert.match(again.errors, /cannot be made: EEXIST/)
    assert.deepEqual(readFileSync(`${path}.copy`), copy)
    await signet.close()
    await using other = await open(`${path}.copy`, 'ring')
    for (const { sessionId } of pairs) assert.ok(await other.sessions.get(sessionId))
  }))

test('what is no store is not copied, and leaves nothing', () =>
  inDirectory(async (path) => {
    writeFileSync(path, 'no database')
    const { exitCode, errors } = await run('backup', '--store', `sqlite:${path}`, `${path}.copy`)
    assert.equal(exitCode, 1)
    assert.match(errors, /no Signet store/)
    assert.equal(existsSync(`${path}.copy`), false)
    assert.equal((await run('backup', '--store', `sqlite:${path}.none`, 'x')).exitCode, 2)
    assert.match((await run('backup', '--store', 'redis://h', 'x')).errors, /sqlite: stores/)
    assert.match((await run('backup', '--store', `sqlite:${path}`)).errors, /say where/)
  }))

test('with a key ring, nothing signed before a restore is accepted after it', () =>
  inDirectory(async (path) => {
    const { accessToken, refreshToken } = await restoredStore(path, 'ring')
    const store = ['--store', `sqlite:${path}`, '--issuer', ISSUER, '--master-key-env', 'KEY']
    const { exitCode, output, errors } = await run('restored', ...store)
    assert.equal(exitCode, 0, errors)
    assert.match(output, /No token signed before is accepted any more/)
    await using signet = await open(path, 'ring')
    assert.throws(() => signet.verify(accessToken), InvalidTokenError)
    await assert.rejects(signet.refresh(refreshToken), InvalidRefreshTokenError)
    const { outcome } = await signet.refresh((await signet.issue({ subject: 'anna' })).refreshToken)
    assert.equal(outcome, 'rotated')
  }))

test('with one secret, sessions end and the output says how long access tokens live', () =>
  inDirectory(async (path) => {
    const { refreshToken } = await restoredStore(path, 'secret')
    const store = ['--store', `sqlite:${path}`, '--issuer', ISSUER, '--secret-env', 'KEY']
    const { output } = await run('restored', ...store)
    assert.match(output, /no session can be refreshed/)
    assert.match(output, /deploy a new secret/)
    await using signet = await open(path, 'secret')
    await assert.rejects(signet.refresh(refreshToken), InvalidRefreshTokenError)
  }))

test('sessions that are kept go on, the revoked ones too, and the output says so', () =>
  inDirectory(async (path) => {
    const { refreshToken } = await restoredStore(path, 'ring')
    const { output } = await run('restored', '--store', `sqlite:${path}`, '--sessions', 'keep')
    assert.match(output, /ended after the copy was made is alive again/)
    await using signet = await open(path, 'ring')
    assert.equal((await signet.refresh(refreshToken)).outcome, 'rotated')
  }))

test('restored says what is missing', () =>
  inDirectory(async (path) => {
    await (await open(path, 'ring')).close()
    const store = ['restored', '--store', `sqlite:${path}`]
    assert.match((await run(...store)).errors, /--issuer URL/)
    assert.match((await run(...store, '--issuer', 'i')).errors, /what seals the key ring/)
    assert.match((await run(...store, '--sessions', 'some')).errors, /end or keep/)
    const ring = ['--issuer', ISSUER, '--master-key-env']
    assert.match((await run(...store, ...ring, 'NONE')).errors, /is not set/)
    assert.match((await run(...store, ...ring, 'KEY', '--alg', 'RS256')).errors, /--alg ES256/)
  }))
