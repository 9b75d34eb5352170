import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readRevokeTarget } from './revoke-target.ts'

const read = (target: unknown) => readRevokeTarget(target as never)

describe('a revoke target', () => {
  it('is read in each of its forms', () => {
    assert.deepEqual(read({ token: 'a.b.c' }), { kind: 'credential', token: 'a.b.c' })
    assert.deepEqual(read({ tokenId: 't', expiresAt: new Date(5), issuer: 'i' }), {
      kind: 'token',
      tokenId: 't',
      expiresAt: 5,
      issuer: 'i',
    })
    assert.deepEqual(read({ sessionId: 's' }), {
      kind: 'session',
      sessionId: 's',
      issuer: undefined,
    })
    assert.deepEqual(read({ subject: 'u' }), {
      kind: 'subject',
      subject: 'u',
      keep: undefined,
      issuer: undefined,
    })
    assert.deepEqual(read({ othersThan: { subject: 'u', sessionId: 's' } }), {
      kind: 'subject',
      subject: 'u',
      keep: 's',
      issuer: undefined,
    })
    assert.deepEqual(read({ keyId: 'k' }), { kind: 'key', keyId: 'k' })
    assert.deepEqual(read({ everything: true }), { kind: 'everything' })
  })

  const refused: readonly [string, unknown, RegExp][] = [
    ['nothing', {}, /names exactly one thing, this one none; write one of token, tokenId/],
    ['null', null, /is an object, got null/],
    ['text', 'anna', /is an object, got a string/],
    [
      'two things',
      { subject: 'u', sessionId: 's' },
      /exactly one thing, this one subject and sessionId/,
    ],
    [
      'a misspelt name beside a good one',
      { subject: 'u', isuer: 'x' },
      /with 'subject' cannot have 'isuer'/,
    ],
    [
      'an issuer where none can be',
      { keyId: 'k', issuer: 'i' },
      /with 'keyId' cannot have 'issuer'/,
    ],
    [
      'an expiry where none can be',
      { sessionId: 's', expiresAt: new Date() },
      /cannot have 'expiresAt'/,
    ],
    [
      'a number for a name',
      { subject: 42 },
      /'subject' must be a non-empty string, got the number 42/,
    ],
    [
      'an empty name',
      { sessionId: '' },
      /'sessionId' must be a non-empty string, got an empty string/,
    ],
    ['everything but not true', { everything: 'yes' }, /'everything' must be true/],
    [
      'an invalid date',
      { tokenId: 't', expiresAt: new Date(Number.NaN) },
      /'expiresAt' must be a valid Date/,
    ],
    [
      'others without a session',
      { othersThan: { subject: 'u' } },
      /'othersThan.sessionId' must be/,
    ],
    [
      'others with a foreign member',
      { othersThan: { subject: 'u', sessionId: 's', x: 1 } },
      /cannot have 'x'/,
    ],
  ]
  for (const [what, target, message] of refused) {
    it(`that is ${what} is refused by a TypeError that helps`, () => {
      assert.throws(
        () => read(target),
        (error: Error) => {
          assert.ok(error instanceof TypeError)
          assert.match(error.message, message)
          return true
        },
      )
    })
  }
})
