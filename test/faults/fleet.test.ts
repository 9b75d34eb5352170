import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sharedEngines } from './engines.ts'
import { shakeFleet } from './fleet.ts'

for (const [engine, shared] of Object.entries(sharedEngines)) {
  test(`no token is accepted after a complete receipt by a shaken fleet on ${engine}`, async (t) => {
    const seed = Number(process.env.SIGNET_SEED ?? process.pid)
    const run = { engine, revocations: 400, members: 3, atOnce: 50, seed }
    const tally = await shakeFleet(t, shared, run)
    if (tally === undefined) return
    assert.ok(tally.complete > 0, 'no receipt was complete, so nothing was shown')
  })
}
