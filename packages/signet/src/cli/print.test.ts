import assert from 'node:assert/strict'
import { test } from 'node:test'
import { printable, printDistance } from './print.ts'

test('a distance in time is told in its largest fitting unit', () => {
  for (const [seconds, text] of [
    [0, 'now'],
    [1, 'in 1 s'],
    [-119, '119 s ago'],
    [720, 'in 12 min'],
    [-7200, '2 h ago'],
    [10 * 86_400, 'in 10 days'],
  ] as const) {
    assert.equal(printDistance(seconds), text)
  }
})

test('every character that could command a terminal is escaped, not only the first', () => {
  assert.equal(printable('a\u009bb\u202ec\u200bé😀'), 'a\\u009bb\\u202ec\\u200bé😀')
})
