import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  checkOneOf,
  checkOptions,
  checkSeconds,
  checkText,
  checkTexts,
  describe,
} from './options.ts'

test('an option name that is near a known one is refused with a guess', () => {
  assert.throws(() => checkOptions('verify', { audiance: 'x' }, ['audience', 'issuer']), {
    name: 'TypeError',
    message: "verify: unknown option 'audiance'; did you mean 'audience'?",
  })
})

test('an option name that is near nothing is refused with the list of known ones', () => {
  assert.throws(() => checkOptions('verify', { zebra: 1 }, ['audience', 'issuer']), {
    message: "verify: unknown option 'zebra'; known are audience, issuer",
  })
})

test('an option that is present but undefined is refused', () => {
  assert.throws(
    () => checkOptions('verify', { issuer: undefined }, ['issuer']),
    /'issuer' is undefined/,
  )
})

test('an option may be undefined where its caller says so', () => {
  checkOptions('f', { secret: undefined }, ['secret'], { undefinedIsAbsent: ['secret'] })
})

test('options that are no object are refused', () => {
  for (const options of [null, [], 'HS256', 5]) {
    assert.throws(() => checkOptions('verify', options as object, []), /options must be an object/)
  }
})

test('seconds are finite numbers within bounds', () => {
  assert.equal(checkSeconds('x', 1.5), 1.5)
  for (const value of ['5', Number.NaN, Number.POSITIVE_INFINITY, null]) {
    assert.throws(() => checkSeconds('x', value), { name: 'TypeError' })
  }
  assert.throws(() => checkSeconds('x', -1), {
    name: 'RangeError',
    message: "'x' must be at least 0 seconds, got -1",
  })
  assert.throws(() => checkSeconds('x', 601, { max: 600 }), /from 0 to 600/)
})

test('texts are non-empty strings, and a list of them is not empty', () => {
  assert.deepEqual(checkTexts('issuer', 'a'), ['a'])
  assert.deepEqual(checkTexts('issuer', ['a', 'b']), ['a', 'b'])
  for (const value of ['', 5, /a/])
    assert.throws(() => checkText('issuer', value), { name: 'TypeError' })
  for (const value of [[], ['a', ''], [5]])
    assert.throws(() => checkTexts('issuer', value), { name: 'TypeError' })
})

test('one of a few words names the words', () => {
  assert.throws(
    () => checkOneOf('encoding', 'ascii', ['utf8', 'hex']),
    /'utf8' or 'hex', got a string/,
  )
})

test('a value is described by its kind, never by a text it holds', () => {
  assert.equal(describe('hunter2'), 'a string')
  assert.equal(describe(42), 'the number 42')
  assert.equal(describe(undefined), 'undefined')
  assert.equal(describe({}), 'an object')
  assert.equal(describe([]), 'an empty list')
  assert.equal(describe(new Date(0)), 'a Date')
})
