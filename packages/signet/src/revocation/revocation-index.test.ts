import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { LogEntry } from './entry.ts'
import { RevocationIndex, type TokenIdentity } from './revocation-index.ts'

const MINUTE = 60_000

function entry(changes: Partial<LogEntry>): LogEntry {
  return {
    id: 'e',
    kind: 'token',
    issuer: 'iss',
    key: 'k',
    at: 0,
    expiresAt: 10 * MINUTE,
    position: { p: 1, tag: 'a' },
    ...changes,
  }
}

function token(changes: Partial<TokenIdentity> = {}): TokenIdentity {
  return { issuer: 'iss', subject: 's', tokenId: 't', sessionId: 'x', epoch: 5, ...changes }
}

function indexOf(...entries: readonly Partial<LogEntry>[]): RevocationIndex {
  const index = new RevocationIndex()
  for (const each of entries) index.apply(entry(each))
  return index
}

describe('the revocation index', () => {
  it('refuses a token, a session and older tokens of a subject, each by its own kind', () => {
    assert.equal(indexOf({ kind: 'token', key: 't' }).revokes(token()), 'token')
    assert.equal(indexOf({ kind: 'session', key: 'x' }).revokes(token()), 'session')
    assert.equal(indexOf({ kind: 'subject', key: 's', epoch: 6 }).revokes(token()), 'subject')
    assert.equal(indexOf({ kind: 'subject', key: 's', epoch: 5 }).revokes(token()), undefined)
    assert.equal(indexOf({ kind: 'session', key: 't' }).revokes(token()), undefined)
  })

  it('keeps issuers apart, also when their names run into each other', () => {
    assert.equal(indexOf({ issuer: 'other', key: 't' }).revokes(token()), undefined)
    const index = indexOf({ issuer: 'a:1', key: 'b' })
    assert.equal(index.revokes(token({ issuer: 'a', tokenId: '1:b' })), undefined)
  })

  it('treats a token without an epoch as older than every log-out', () => {
    assert.equal(
      indexOf({ kind: 'subject', key: 's', epoch: 1 }).revokes(token({ epoch: 0 })),
      'subject',
    )
  })

  it('keeps the highest epoch of a subject, in whatever order entries come', () => {
    const index = indexOf(
      { kind: 'subject', key: 's', epoch: 9 },
      { kind: 'subject', key: 's', epoch: 3 },
    )
    assert.equal(index.revokes(token({ epoch: 8 })), 'subject')
  })

  it('counts a version for every change and none for a repeat', () => {
    const index = indexOf({ key: 't' })
    const { version } = index
    index.apply(entry({ key: 't' }))
    assert.equal(index.version, version)
    index.apply(entry({ key: 'u' }))
    assert.equal(index.version, version + 1)
  })

  it('forgets an entry after its expiry and says up to when it may have forgotten', () => {
    const index = indexOf({ key: 't', expiresAt: 10 * MINUTE - 1 })
    index.purge(10 * MINUTE - 1)
    assert.equal(index.revokes(token()), 'token')
    assert.equal(index.purgedThroughSeconds, 0)
    index.purge(10 * MINUTE)
    assert.equal(index.revokes(token()), undefined)
    assert.equal(index.size, 0)
    assert.equal(index.purgedThroughSeconds, 600)
  })

  it('keeps an entry whose life was prolonged when its first minute is dropped', () => {
    const index = indexOf({ key: 't', expiresAt: 5 * MINUTE }, { key: 't', expiresAt: 9 * MINUTE })
    index.purge(6 * MINUTE)
    assert.equal(index.revokes(token()), 'token')
    index.purge(9 * MINUTE)
    assert.equal(index.revokes(token()), undefined)
  })

  it('ignores ring entries', () => {
    assert.equal(indexOf({ kind: 'ring', key: '3' }).size, 0)
  })

  it('never lets a token live again: what it refused it refuses, or the token is within what was purged', () => {
    const step = fc.oneof(
      fc.record({
        key: fc.constantFrom('a', 'b', 'c'),
        expiresAt: fc.integer({ min: 1, max: 20 * MINUTE }),
      }),
      fc.record({ purge: fc.integer({ min: 0, max: 20 * MINUTE }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const index = new RevocationIndex()
        const refused = new Map<string, number>()
        for (const each of steps) {
          if ('purge' in each) index.purge(each.purge)
          else {
            index.apply(entry(each))
            refused.set(each.key, Math.max(refused.get(each.key) ?? 0, each.expiresAt))
          }
        }
        for (const [key, expiresAt] of refused) {
          const isRefused = index.revokes(token({ tokenId: key })) === 'token'
          // The latest token the entry covers dies a minute before the entry does.
          assert.ok(isRefused || expiresAt / 1000 <= index.purgedThroughSeconds)
        }
      }),
    )
  })
})
