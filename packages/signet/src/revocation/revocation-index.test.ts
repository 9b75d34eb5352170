import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
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
  const index = new RevocationIndex(randomBytes)
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

  it('looks for nothing that the token does not have', () => {
    const index = new RevocationIndex(randomBytes)
    for (let i = 0; i < 1000; i++) {
      for (const kind of ['token', 'session', 'subject'] as const) {
        index.apply(entry({ kind, key: `k${i}`, epoch: 9 }))
      }
    }
    const bare = { subject: undefined, tokenId: undefined, sessionId: undefined }
    assert.equal(index.revokes(token(bare)), undefined)
    assert.equal(index.revokes(token({ ...bare, sessionId: 'k7' })), 'session')
  })

  it('finds every one of many entries and refuses nothing else', () => {
    const index = new RevocationIndex(randomBytes)
    const kinds = ['token', 'session', 'subject'] as const
    for (let i = 0; i < 300_000; i++) {
      const expiresAt = (1 + (i % 30)) * MINUTE
      index.apply(entry({ kind: kinds[i % 3] as 'token', key: `name-${i}`, expiresAt, epoch: i }))
    }
    assert.equal(index.size, 300_000)
    const of = (i: number, epoch: number) => {
      const name = `name-${i}`
      return index.revokes({
        issuer: 'iss',
        tokenId: i % 3 === 0 ? name : 'x',
        sessionId: i % 3 === 1 ? name : undefined,
        subject: i % 3 === 2 ? name : 'y',
        epoch,
      })
    }
    for (let i = 0; i < 300_000; i++) {
      assert.equal(of(i, i - 1), kinds[i % 3])
      if (i % 3 === 2) assert.equal(of(i, i), undefined)
      assert.equal(of(i + 300_000, 0), undefined)
    }
    let calls = 1
    while (index.purge(10 * MINUTE)) calls++
    assert.ok(calls > 3, 'the work of one purge was not divided')
    assert.equal(index.size, 200_000)
    for (let i = 0; i < 300_000; i++) {
      assert.equal(of(i, i - 1), i % 30 < 10 ? undefined : kinds[i % 3])
    }
  })

  it('forgets what was dropped at once, before its place is cleared, and takes it anew', () => {
    const index = new RevocationIndex(randomBytes)
    for (let i = 0; i < 1000; i++) index.apply(entry({ key: `k${i}`, expiresAt: MINUTE }))
    index.apply(entry({ key: 't', expiresAt: 2 * MINUTE, kind: 'subject' }))
    index.purge(MINUTE)
    const { version } = index
    assert.equal(index.revokes(token({ tokenId: 'k999' })), undefined)
    index.apply(entry({ key: 'k999', expiresAt: 3 * MINUTE }))
    assert.equal(index.version, version + 1)
    assert.equal(index.revokes(token({ tokenId: 'k999' })), 'token')
    assert.equal(index.size, 2)
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
        const index = new RevocationIndex(randomBytes)
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
