import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ranNothing, skippedLine } from './skips.ts'

const skipped = (skip: string | boolean) => ({ type: 'test:pass', data: { name: 'a test', skip } })

test('one line names each missing thing once, with the way to get it and the number of tests', () => {
  assert.equal(
    skippedLine([
      skipped('needs Redis: apt-get install redis-server'),
      skipped('needs PyJWT: apt-get install python3-jwt'),
      skipped('needs PyJWT: apt-get install python3-jwt'),
    ]),
    'skipped: PyJWT (apt-get install python3-jwt), 2 tests; Redis (apt-get install redis-server), 1 test',
  )
})

test('there is no line when nothing was missing', () => {
  assert.equal(skippedLine([{ type: 'test:pass', data: { name: 'a test' } }]), undefined)
  assert.equal(skippedLine([skipped(true), skipped('only on Windows')]), undefined)
})

test('a run without a single test is told apart from one that passed', () => {
  const file = '/repository/test/empty.test.ts'
  const empty = { type: 'test:pass', data: { name: 'test/empty.test.ts', file } }
  const passed = { type: 'test:pass', data: { name: 'a test', file } }
  assert.equal(ranNothing([]), true)
  assert.equal(ranNothing([empty]), true)
  assert.equal(ranNothing([empty, passed]), false)
  assert.equal(ranNothing([{ ...empty, type: 'test:fail' }]), false)
})
