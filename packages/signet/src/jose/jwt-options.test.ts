import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readVerifyOptions } from './jwt-options.ts'

const clock = () => 0
const issuersOf = (options: object, now = clock) => readVerifyOptions(options, now).claims.issuers

test('options that are those of the call before are not read again, and any others are', () => {
  const rules = readVerifyOptions({ issuer: 'a', clockToleranceSeconds: 5 }, clock)
  assert.equal(readVerifyOptions({ clockToleranceSeconds: 5, issuer: 'a' }, clock), rules)
  assert.notEqual(
    readVerifyOptions({ issuer: 'a', clockToleranceSeconds: 5 }, () => 0),
    rules,
  )
  for (const issuer of ['b', ['a'], 'a']) {
    assert.deepEqual(issuersOf({ issuer }), [issuer].flat())
  }
  assert.equal(issuersOf({}), undefined)
  assert.equal(issuersOf({ audience: 'a' }), undefined)
})

test('what the caller changes in an object or a list counts at the next call', () => {
  const options = { issuer: 'a' }
  assert.deepEqual(issuersOf(options), ['a'])
  options.issuer = 'b'
  assert.deepEqual(issuersOf(options), ['b'])
  const issuer = ['a']
  assert.deepEqual(issuersOf({ issuer }), ['a'])
  issuer.push('b')
  assert.deepEqual(issuersOf({ issuer }), ['a', 'b'])
  const now = new Date(0)
  assert.equal(readVerifyOptions({ now }, clock).now(), 0)
  now.setTime(5)
  assert.equal(readVerifyOptions({ now }, clock).now(), 5)
})

test('a mistake is refused also after a call without one', () => {
  for (const [good, bad] of [
    [{}, null],
    [{}, []],
    [{}, { issuer: undefined }],
    [{ issuer: 'a' }, { audience: undefined }],
    [{ issuer: 'a' }, { issuer: 'a', audience: undefined }],
    [{ issuer: 'a' }, { issuer: undefined }],
    [{ issuer: 'a' }, { isuer: 'a' }],
  ] as const) {
    readVerifyOptions(good, clock)
    assert.throws(() => readVerifyOptions(bad as object, clock), TypeError)
  }
})

test('what Object.prototype was given is no option that was read before', () => {
  const prototype = Object.prototype as { issuer?: string }
  readVerifyOptions({ audience: 'a' }, clock)
  try {
    prototype.issuer = 'a'
    const { issuers, audiences } = readVerifyOptions({ issuer: 'a' }, clock).claims
    assert.deepEqual({ issuers, audiences }, { issuers: ['a'], audiences: undefined })
  } finally {
    delete prototype.issuer
  }
})
