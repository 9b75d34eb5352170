import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needPython } from '../support/need.ts'
import { rotateBeforeClients } from './outside-clients.ts'

test('jose, jwks-rsa and PyJWT verify through three rotations by the JWKS alone', async (t) => {
  const python = needPython(t)
  if (python === undefined) return
  const tally = await rotateBeforeClients(3, python)
  t.diagnostic(JSON.stringify(tally))
  assert.ok(tally.rotations >= 3 && tally.fetched >= 6)
})
