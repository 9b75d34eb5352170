import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createSignet, generateSecret } from '../../index.ts'
import { sqliteStore } from '../../stores/sqlite.ts'
import { runCommand } from '../run.ts'

const START = new Date('2026-01-01T00:00:00Z')

/** A database in which a session was ended, and the command run on it some time later. */
async function inDirectory(
  body: (at: {
    readonly path: string
    readonly sessionId: string
    readonly run: (
      args: readonly string[],
      variables?: Record<string, string>,
    ) => ReturnType<typeof runCommand>
  }) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'signet-'))
  const path = join(directory, 'signet.db')
  const store = sqliteStore(path, { clock: () => START })
  const signet = await createSignet({
    issuer: 'https://issuer.example',
    secret: generateSecret(),
    store,
    clock: () => START,
  })
  const { sessionId } = await signet.issue({ subject: '42', context: { deviceLabel: 'phone' } })
  await signet.revoke({ sessionId }, { reason: '\u001b[2J lost' })
  await signet.close()
  await store.close()
  const run = (args: readonly string[], variables: Record<string, string> = {}) =>
    runCommand(['why', ...args], {
      now: new Date(START.getTime() + 3600_000),
      readInput: () => '',
      readFile: () => '',
      variable: (name) => variables[name],
      colour: false,
    })
  try {
    await body({ path, sessionId, run })
  } finally {
    rmSync(directory, { recursive: true })
  }
}

test('why prints what became of a session, for people and as JSON', () =>
  inDirectory(async ({ path, sessionId, run }) => {
    const { exitCode, output } = await run(['--store', `sqlite:${path}`, sessionId])
    assert.equal(exitCode, 0)
    assert.ok(!existsSync(`${path}-wal`), 'the database was closed')
    assert.match(
      output,
      /^revoked\nSession .* was revoked at 2026-01-01T00:00:00.000Z: " \[2J lost"\.$/m,
    )
    assert.match(
      output,
      /^ {2}2026-01-01T00:00:00.000Z {2}60 min ago {2}revoked {7}0 {2} \[2J lost$/m,
    )
    const json = await run(['--json', sessionId], { SIGNET_STORE: `sqlite://${path}` })
    assert.equal(JSON.parse(json.output).verdict, 'revoked')
  }))

test('why says which store it needs, and makes no database of a typing error', () =>
  inDirectory(async ({ path, sessionId, run }) => {
    assert.match((await run([sessionId])).errors, /--store URL or the variable SIGNET_STORE/)
    assert.match((await run(['--store', path, sessionId])).errors, /must begin with sqlite:/)
    assert.equal((await run(['--store', `sqlite:${path}x`, sessionId])).exitCode, 2)
    assert.ok(!existsSync(`${path}x`))
    assert.equal((await run(['--store', `sqlite:${path}`, '--grace', '1m', sessionId])).exitCode, 2)
    assert.equal((await run(['--store', `sqlite:${path}`, 'nonsense'])).exitCode, 1)
  }))
