import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { it } from 'node:test'
import { isSessionId, newSessionId, subjectHash, subjectHashOf } from './session-id.ts'

it('begins with the hash of its subject, which names the register', () => {
  const sid = newSessionId('iss', 'anna', randomBytes)
  assert.equal(subjectHashOf(sid), subjectHash('iss', 'anna'))
  assert.equal(isSessionId(sid), true)
  assert.equal(Buffer.from(sid, 'base64url').length, 28)
})

it('is another one each time', () => {
  assert.notEqual(
    newSessionId('iss', 'anna', randomBytes),
    newSessionId('iss', 'anna', randomBytes),
  )
})

it('keeps issuers and subjects apart, also when their names run into each other', () => {
  assert.notEqual(subjectHash('a', 'bc'), subjectHash('ab', 'c'))
  assert.notEqual(subjectHash('a', 'x'), subjectHash('b', 'x'))
})

it('recognises nothing else', () => {
  for (const text of ['', 'short', 'x'.repeat(39), `${'x'.repeat(37)}!`])
    assert.equal(isSessionId(text), false)
})
