/**
 * Log-out-everywhere compares no clocks: whatever the clocks do, a session begun a step later goes on, and one begun a step
 * earlier is over. With one clock wound to and fro, with two processes five minutes apart, and with a register that was lost.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createSignet, generateSecret, RevokedRefreshTokenError, type TokenPair } from 'signet-jwt'
import { memoryStore } from 'signet-jwt/stores/memory'
import { sqliteStore } from 'signet-jwt/stores/sqlite'
import { issuer, openSignet, type ProcessOptions, SignetProcess } from './support/signet-process.ts'

const HOUR_MS = 3_600_000
const subject = '42'
const masterKey = generateSecret()

async function inDirectory(body: (path: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'signet-'))
  try {
    await body(join(directory, 'signet.db'))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** What a store loses when the slot of a subject's register fails over, and nothing else. */
function loseRegisters(path: string): void {
  const database = new DatabaseSync(path)
  assert.equal(database.prepare('DELETE FROM registers').run().changes, 1)
  database.close()
}

const step = fc.oneof(
  fc.record({ do: fc.constant('login' as const) }),
  fc.record({ do: fc.constant('log out' as const) }),
  fc.record({ do: fc.constant('log out others' as const), which: fc.nat() }),
  fc.record({ do: fc.constant('end one' as const), which: fc.nat() }),
  fc.record({ do: fc.constant('wind' as const), seconds: fc.integer({ min: -300, max: 300 }) }),
)

describe('log-out-everywhere', () => {
  it('ends what came before it and nothing that came after, however the clock is wound', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 30 }), async (steps) => {
        let now = Date.parse('2026-01-01T00:00:00Z')
        // A key signs from its birth on, so it is made before the clock is wound.
        const clock = () => new Date(now)
        const store = memoryStore({ clock })
        await using signet = await createSignet({
          issuer,
          keys: { algorithm: 'HS256', masterKey },
          store,
          clock,
        })
        now += HOUR_MS
        const sessions: { pair: TokenPair; isAlive: boolean }[] = []
        for (const each of steps) {
          const alive = sessions.filter(({ isAlive }) => isAlive)
          const chosen = 'which' in each ? alive[each.which % alive.length] : undefined
          const { sessionId = '' } = chosen?.pair ?? {}
          if (each.do === 'wind') now += each.seconds * 1000
          if (each.do === 'login') {
            sessions.push({ pair: await signet.issue({ subject }), isAlive: true })
          }
          if (each.do === 'log out') {
            await signet.revoke({ subject })
            for (const session of sessions) session.isAlive = false
          }
          if (chosen === undefined) continue
          const isSpared = each.do === 'log out others'
          await signet.revoke(isSpared ? { othersThan: { subject, sessionId } } : { sessionId })
          for (const session of isSpared ? sessions : [chosen]) session.isAlive = false
          chosen.isAlive = isSpared
        }
        for (const { pair, isAlive } of sessions) {
          const refreshed = signet.refresh(pair.refreshToken)
          if (isAlive) assert.equal((await refreshed).outcome, 'rotated')
          else await assert.rejects(refreshed, RevokedRefreshTokenError)
        }
      }),
      { numRuns: 150 },
    )
  })

  for (const aheadSeconds of [300, -300]) {
    it(`holds between two processes whose clocks are ${aheadSeconds} s apart`, (t) =>
      inDirectory(async (path) => {
        const options: ProcessOptions = { path, masterKey }
        const founder = await openSignet({ ...options, aheadSeconds: -3600 })
        await founder.close()
        await using here = await openSignet(options)
        const there = await SignetProcess.start({ ...options, aheadSeconds })
        t.after(() => there.end())
        const issueThere = async (): Promise<TokenPair> =>
          JSON.parse(await there.ask({ do: 'issue', subject }))
        const refusedBoth = async ({ refreshToken, accessToken }: TokenPair) => {
          await assert.rejects(here.refresh(refreshToken), RevokedRefreshTokenError)
          assert.throws(() => here.verify(accessToken))
          const answers = [
            await there.ask({ do: 'refresh', token: refreshToken }),
            await there.ask({ do: 'verify', token: accessToken }),
          ]
          assert.equal(answers[0], 'RevokedRefreshTokenError')
          assert.notEqual(answers[1], 'accepted')
        }

        // Born there, ended here; born here, ended there: the log-out is later by its step and not by its clock.
        const [bornThere, bornHere] = [await issueThere(), await here.issue({ subject })]
        await here.revoke({ subject }, { waitFor: 'fleet' })
        await refusedBoth(bornThere)
        await refusedBoth(bornHere)
        const second = [await issueThere(), await here.issue({ subject })]
        assert.equal(await there.ask({ do: 'logOut', subject }), '')
        for (const pair of second) await refusedBoth(pair)

        // Logins after it go on, in both.
        const [later, kept] = [await here.issue({ subject }), await issueThere()]
        assert.ok(here.verify(later.accessToken))
        const keep = kept.sessionId
        assert.equal(await there.ask({ do: 'logOut', subject, keep }), '')
        await refusedBoth(later)
        assert.equal(await there.ask({ do: 'refresh', token: kept.refreshToken }), 'rotated')
        const last = await here.issue({ subject })
        assert.equal((await here.refresh(last.refreshToken)).outcome, 'rotated')
        await there.end()
      }))
  }

  it('holds when the register was lost between a login and the next log-out', () =>
    inDirectory(async (path) => {
      await using signet = await openSignet({ path, masterKey })
      await signet.revoke({ subject })
      const before = await signet.issue({ subject })
      loseRegisters(path)
      const between = await signet.issue({ subject })
      assert.ok(signet.verify(between.accessToken), 'a login after the loss is not dead on arrival')
      loseRegisters(path)
      await signet.revoke({ subject })
      for (const { refreshToken, accessToken } of [before, between]) {
        assert.throws(() => signet.verify(accessToken), /the subject was revoked/)
        await assert.rejects(signet.refresh(refreshToken), RevokedRefreshTokenError)
      }
      const after = await signet.issue({ subject })
      assert.equal((await signet.refresh(after.refreshToken)).outcome, 'rotated')
    }))

  it('holds when the register was lost after the log-out, as long as the log has its entry', () =>
    inDirectory(async (path) => {
      await using signet = await openSignet({ path, masterKey })
      const before = await signet.issue({ subject })
      await signet.revoke({ subject })
      loseRegisters(path)
      await assert.rejects(signet.refresh(before.refreshToken), RevokedRefreshTokenError)
      await using restarted = await openSignet({ path, masterKey })
      await assert.rejects(restarted.refresh(before.refreshToken), RevokedRefreshTokenError)
      assert.throws(() => restarted.verify(before.accessToken), /the subject was revoked/)
    }))

  it('spares the token of another session when one token is revoked, whatever the clock', () =>
    inDirectory(async (path) => {
      let now = Date.now() - HOUR_MS
      const clock = () => new Date(now)
      const store = sqliteStore(path, { clock })
      await using signet = await createSignet({
        issuer,
        keys: { algorithm: 'HS256', masterKey },
        store,
        clock,
      })
      now += HOUR_MS
      const [one, other] = [await signet.issue({ subject }), await signet.issue({ subject })]
      now -= 50_000
      await signet.revoke({ token: one.accessToken })
      assert.throws(() => signet.verify(one.accessToken), /the token was revoked/)
      assert.ok(signet.verify(other.accessToken))
      assert.equal((await signet.refresh(one.refreshToken)).outcome, 'rotated')
    }))
})
