/** Several real processes on one SQLite file: what one revokes the others refuse, and nothing acknowledged is lost. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { generateSecret, RevokedRefreshTokenError } from 'signet-jwt'
import { openSignet, type ProcessOptions, SignetProcess } from './support/signet-process.ts'

async function inDirectory(body: (options: ProcessOptions) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'signet-'))
  try {
    await body({ path: join(directory, 'signet.db'), masterKey: generateSecret() })
  } finally {
    rmSync(directory, { recursive: true })
  }
}

test('no process accepts a token after the receipt of its revocation was complete', () =>
  inDirectory(async (options) => {
    await using signet = await openSignet(options)
    const others = await Promise.all([SignetProcess.start(options), SignetProcess.start(options)])
    for (let i = 0; i < 50; i++) {
      const { accessToken, sessionId } = await signet.issue({ subject: `user ${i}` })
      for (const other of others) {
        assert.equal(await other.ask({ do: 'verify', token: accessToken }), 'accepted')
      }
      const receipt = await signet.revoke({ sessionId }, { waitFor: 'fleet' })
      assert.deepEqual([receipt.complete, receipt.appliedBy], [true, 3])
      for (const other of others) {
        assert.equal(await other.ask({ do: 'verify', token: accessToken }), 'RevokedTokenError')
      }
    }
    await Promise.all(others.map((other) => other.end()))
  }))

test('a frozen process makes the receipt incomplete, then counts as refusing, and does refuse when it wakes', () =>
  inDirectory(async (options) => {
    const short = { ...options, maxStalenessSeconds: 0.5 }
    await using signet = await openSignet(short)
    const frozen = await SignetProcess.start(short)
    const { accessToken, sessionId } = await signet.issue({ subject: '42' })
    assert.equal(await frozen.ask({ do: 'verify', token: accessToken }), 'accepted')
    frozen.child.kill('SIGSTOP')
    const early = await signet.revoke({ sessionId }, { waitFor: 'fleet', waitTimeoutSeconds: 0.1 })
    assert.deepEqual([early.complete, early.pending.length], [false, 1])
    const late = await signet.revoke({ sessionId }, { waitFor: 'fleet', waitTimeoutSeconds: 5 })
    assert.deepEqual([late.complete, late.silent], [true, early.pending])
    const answer = frozen.ask({ do: 'verify', token: accessToken })
    frozen.child.kill('SIGCONT')
    assert.match(await answer, /^(RevokedTokenError|StaleRevocationsError)$/)
    await frozen.end()
  }))

test('kill -9 in the middle of issues and revocations loses nothing that was acknowledged', () =>
  inDirectory(async (options) => {
    let [issued, revoked] = [0, 0]
    for (const enough of [50, 500]) {
      const worker = await SignetProcess.start(options)
      void worker.ask({ do: 'work' })
      while (worker.told.length < enough) await new Promise((resolve) => setImmediate(resolve))
      await worker.end('SIGKILL')
      await using signet = await openSignet(options)
      const gone = new Set(worker.told.flatMap((told) => told.revoked ?? []))
      for (const { issued: session } of worker.told) {
        if (session === undefined) continue
        issued++
        if (gone.has(session.sessionId)) {
          revoked++
          await assert.rejects(signet.refresh(session.refreshToken), RevokedRefreshTokenError)
        } else if ((await signet.sessions.get(session.sessionId)) !== undefined) {
          assert.equal((await signet.refresh(session.refreshToken)).outcome, 'rotated')
        }
      }
    }
    assert.ok(issued > 200 && revoked > 80, `saw ${issued} issues and ${revoked} revocations`)
  }))
