import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missingFromReason, need, needAsync, needCommand, type Skippable } from './need.ts'

/** A test context that writes down why it was skipped. */
function recorder(): Skippable & { readonly reasons: (string | undefined)[] } {
  const reasons: (string | undefined)[] = []
  return { reasons, skip: (reason) => void reasons.push(reason) }
}

const atHome = {}
const inCi = { CI: 'true' }

test('what is there is handed over and nothing is skipped', () => {
  const t = recorder()
  assert.equal(
    need(t, 'Redis', 'apt-get install redis-server', () => 6379, inCi),
    6379,
  )
  assert.deepEqual(t.reasons, [])
})

test('what is missing skips the test with its name and the way to get it', () => {
  const t = recorder()
  assert.equal(
    need(t, 'Redis', 'apt-get install redis-server', () => undefined, atHome),
    undefined,
  )
  assert.deepEqual(t.reasons, ['needs Redis: apt-get install redis-server'])
})

test('with CI=true what is missing is a failure', async () => {
  const t = recorder()
  const missing = /CI=true.*needs Redis: apt-get install redis-server/
  assert.throws(
    () => need(t, 'Redis', 'apt-get install redis-server', () => undefined, inCi),
    missing,
  )
  await assert.rejects(
    needAsync(t, 'Redis', 'apt-get install redis-server', async () => undefined, inCi),
    missing,
  )
  assert.deepEqual(t.reasons, [])
})

test('a command on the PATH is found', () => {
  assert.equal(needCommand(recorder(), 'node', 'install Node.js'), 'node')
})

test('the reason for a skip can be taken apart again', () => {
  assert.deepEqual(missingFromReason('needs PyJWT: apt-get install python3-jwt'), {
    what: 'PyJWT',
    how: 'apt-get install python3-jwt',
  })
  assert.equal(missingFromReason('not on this platform'), undefined)
})
