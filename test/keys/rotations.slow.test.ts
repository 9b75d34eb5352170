import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rotateUnderLoad } from './rotations.ts'

test('a hundred rotations at one a second, four issuers: no valid token is refused, no withdrawn one accepted', async (t) => {
  const tally = await rotateUnderLoad(100)
  t.diagnostic(JSON.stringify(tally))
  assert.ok(tally.rotations >= 100 && tally.withdrawn >= 19)
  assert.ok(tally.verified > 2000 && tally.refreshed > 200)
})
