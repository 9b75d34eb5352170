/** 100,000 revocations checked by 8 processes: minutes for each engine. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sharedEngines } from './engines.ts'
import { shakeFleet } from './fleet.ts'

for (const [engine, shared] of Object.entries(sharedEngines)) {
  const title = `of 100,000 revoked tokens none is accepted after its receipt by 8 shaken processes on ${engine}`
  test(title, { timeout: 3_600_000 }, async (t) => {
    const seed = Number(process.env.SIGNET_SEED ?? process.pid)
    const run = { engine, revocations: 100_000, members: 8, atOnce: 1000, seed }
    const tally = await shakeFleet(t, shared, run)
    if (tally === undefined) return
    const { complete, checks, stops, kills } = tally
    assert.ok(complete > 50_000, `only ${complete} receipts were complete`)
    assert.ok(checks > complete, `only ${checks} checks`)
    assert.ok(stops > 20 && kills > 5, `only ${stops} stops and ${kills} kills`)
  })
}
