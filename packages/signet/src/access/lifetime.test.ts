import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { ExpiredTokenError, RevokedTokenError, StaleRevocationsError } from '../errors.ts'
import type { LogEntry } from '../revocation/entry.ts'
import { Lease, readClocks } from '../revocation/lease.ts'
import { RevocationIndex } from '../revocation/revocation-index.ts'
import type { AccessClaims } from './access-claims.ts'
import { Lifetimes } from './lifetime.ts'
import { rememberKid } from './signing-key.ts'
import { checkAgain, signetProfile } from './verifier.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const LEASE = 30_000

/** Signals over an index, a lease and clocks that stand still until they are moved. */
function bench(t: TestContext, onStale: 'deny' | 'allow' = 'deny') {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const time = { now: NOW, monotonic: 0 }
  const lease = new Lease({ monotonic: () => time.monotonic, wall: () => 0 }, LEASE)
  const renew = () => lease.renew(readClocks({ monotonic: () => time.monotonic, wall: () => 0 }))
  renew()
  const index = new RevocationIndex(randomBytes)
  const withdrawn = new Set<string>()
  const asked: string[] = []
  const common = { isWithdrawn: (kid: string) => withdrawn.has(kid), lease, now: () => time.now }
  const parts = {
    ...common,
    issuer: 'iss',
    audience: 'api',
    profile: signetProfile,
    keys: { keys: [], get: () => undefined },
    index,
    maxLife: () => undefined,
    schema: undefined,
    onStale,
  }
  const lifetimes = new Lifetimes({
    ...common,
    maxStaleness: LEASE,
    check: (claims, how) => {
      asked.push(claims.jti)
      checkAgain(claims, parts, how)
    },
  })
  const listeners = new Set<(entry: LogEntry) => void>()
  lifetimes.follow(listeners)
  const apply = (entry: Partial<LogEntry>) => {
    const whole = { issuer: 'iss', id: '', at: 0, expiresAt: NOW * 2, ...entry } as LogEntry
    index.apply(whole)
    asked.splice(0)
    for (const listener of listeners) listener(whole)
  }
  /** Time passes for both clocks and for the timer. */
  const pass = (milliseconds: number) => {
    time.now += milliseconds
    time.monotonic += milliseconds
    t.mock.timers.tick(milliseconds)
  }
  return { lifetimes, time, renew, apply, pass, withdrawn, asked, listeners }
}

function claimsOf(changes: Partial<AccessClaims<unknown>> = {}, kid = 'k1'): AccessClaims<unknown> {
  const claims = {
    iss: 'iss',
    sub: 'anna',
    aud: 'api',
    exp: NOW / 1000 + 600,
    iat: NOW / 1000,
    jti: 't1',
    sid: 's1',
    epoch: 5,
    type: 'access' as const,
    ...changes,
  }
  rememberKid(claims, kid)
  return Object.freeze(claims)
}

describe('a signal', () => {
  it('fires at expiry, and not before', (t) => {
    const at = bench(t)
    const signal = at.lifetimes.watch(claimsOf())
    const later = at.lifetimes.watch(claimsOf({ jti: 't2', exp: NOW / 1000 + 601 }))
    for (let i = 0; i < 60; i++) {
      assert.equal(signal.aborted, false)
      at.renew()
      at.pass(10_000)
    }
    assert.ok(signal.reason instanceof ExpiredTokenError)
    assert.equal(later.aborted, false)
    at.pass(1000)
    assert.equal(later.aborted, true)
    assert.equal(at.lifetimes.size, 0)
  })

  it('fires in time when its token expires before those watched already', (t) => {
    const at = bench(t)
    const long = at.lifetimes.watch(claimsOf())
    const short = at.lifetimes.watch(claimsOf({ jti: 't2', exp: NOW / 1000 + 5 }))
    at.pass(5000)
    assert.deepEqual([long.aborted, short.aborted], [false, true])
  })

  it('fires with the error of verify when its token, session or subject is revoked', (t) => {
    const at = bench(t)
    const watch = (claims: Partial<AccessClaims<unknown>>) => at.lifetimes.watch(claimsOf(claims))
    const token = watch({ jti: 'a' })
    const session = [watch({ jti: 'b', sid: 'gone' }), watch({ jti: 'c', sid: 'gone' })]
    const older = watch({ jti: 'd', sub: 'bob', sid: 's2' })
    const newer = watch({ jti: 'e', sub: 'bob', sid: 's3', epoch: 8 })
    at.apply({ kind: 'token', key: 'a' })
    assert.deepEqual([token.reason.revokedBy, session[0]?.aborted], ['token', false])
    at.apply({ kind: 'session', key: 'gone' })
    assert.deepEqual(
      session.map(({ reason }) => reason.revokedBy),
      ['session', 'session'],
    )
    at.apply({ kind: 'subject', key: 'bob', epoch: 8 })
    assert.deepEqual([older.reason.revokedBy, newer.aborted], ['subject', false])
    assert.ok(older.reason instanceof RevokedTokenError)
  })

  it('is asked about only when an entry can hit it', (t) => {
    const at = bench(t)
    for (let i = 0; i < 1000; i++) {
      at.lifetimes.watch(claimsOf({ jti: `t${i}`, sid: `s${i}`, sub: `u${i}` }))
    }
    at.apply({ kind: 'session', key: 's7' })
    assert.deepEqual(at.asked, ['t7'])
    at.apply({ kind: 'subject', key: 'nobody', epoch: 9 })
    assert.deepEqual(at.asked, [])
    at.apply({ kind: 'ring', key: '2' })
    assert.deepEqual(at.asked, [])
  })

  it('stays when another issuer has a token of the same id', (t) => {
    const at = bench(t)
    const signal = at.lifetimes.watch(claimsOf())
    at.apply({ kind: 'token', key: 't1', issuer: 'another' })
    assert.equal(signal.aborted, false)
  })

  it('fires when the key that signed its token is withdrawn', (t) => {
    const at = bench(t)
    const [leaked, other] = [at.lifetimes.watch(claimsOf()), at.lifetimes.watch(claimsOf({}, 'k2'))]
    at.withdrawn.add('k1')
    at.apply({ kind: 'ring', key: '2' })
    assert.deepEqual([leaked.reason.revokedBy, other.aborted], ['key', false])
  })

  it('fires when the lease is over, unless staleness is allowed', (t) => {
    const at = bench(t)
    const denied = at.lifetimes.watch(claimsOf())
    const allowed = at.lifetimes.watch(claimsOf(), { onStale: 'allow' })
    at.pass(20_000)
    at.renew()
    at.pass(LEASE)
    assert.equal(denied.aborted, false)
    at.pass(1)
    assert.ok(denied.reason instanceof StaleRevocationsError)
    assert.equal(allowed.aborted, false)
    assert.equal(at.lifetimes.watch(claimsOf()).aborted, true)
  })

  it('goes by what its verifier does about staleness', (t) => {
    const at = bench(t, 'allow')
    const [usual, strict] = [
      at.lifetimes.watch(claimsOf()),
      at.lifetimes.watch(claimsOf(), { onStale: 'deny' }),
    ]
    at.pass(LEASE + 1)
    assert.deepEqual([usual.aborted, strict.aborted], [false, true])
  })

  it('has fired already when the token is over', (t) => {
    const at = bench(t)
    at.apply({ kind: 'session', key: 's1' })
    assert.ok(at.lifetimes.watch(claimsOf()).reason instanceof RevokedTokenError)
    const expired = at.lifetimes.watch(claimsOf({ sid: 's2', exp: NOW / 1000 }))
    assert.ok(expired.reason instanceof ExpiredTokenError)
    assert.equal(at.lifetimes.size, 0)
  })

  it('frees what it held once disposed of, and does not fire', (t) => {
    const at = bench(t)
    const kept = at.lifetimes.watch(claimsOf())
    {
      using signal = at.lifetimes.watch(claimsOf())
      assert.equal(signal.aborted, false)
    }
    const gone = at.lifetimes.watch(claimsOf())
    gone[Symbol.dispose]()
    gone[Symbol.dispose]()
    assert.equal(at.lifetimes.size, 1)
    at.apply({ kind: 'session', key: 's1' })
    assert.deepEqual([kept.aborted, gone.aborted, at.lifetimes.size], [true, false, 0])
  })

  it('fires when its verifier is closed, also one made afterwards', (t) => {
    const at = bench(t)
    const signal = at.lifetimes.watch(claimsOf())
    at.lifetimes.close()
    assert.match(signal.reason.message, /the verifier has been closed/)
    assert.equal(at.lifetimes.watch(claimsOf(), { onStale: 'allow' }).aborted, true)
    assert.equal(at.listeners.size, 0)
  })

  it('is heard of in turns when there are many', async (t) => {
    const at = bench(t)
    const signals = Array.from({ length: 1200 }, () => at.lifetimes.watch(claimsOf()))
    const fired = () => signals.filter(({ aborted }) => aborted).length
    at.apply({ kind: 'session', key: 's1' })
    const counts = [fired()]
    signals.at(-1)?.[Symbol.dispose]()
    for (let turn = 0; turn < 2; turn++) {
      await new Promise((resolve) => setImmediate(resolve))
      counts.push(fired())
    }
    assert.deepEqual(counts, [500, 1000, 1199])
  })

  it('is given for claims of verify only', (t) => {
    const at = bench(t)
    for (const claims of [{ ...claimsOf() }, undefined, Object.freeze({ sub: '42' }), 'eyJ']) {
      assert.throws(() => at.lifetimes.watch(claims as never), /not a copy of them/)
    }
    assert.throws(
      () => at.lifetimes.watch(claimsOf(), { onstale: 'deny' } as never),
      /did you mean 'onStale'/,
    )
    assert.throws(
      () => at.lifetimes.watch(claimsOf(), { onStale: 'open' } as never),
      /'onStale' must be 'deny' or 'allow'/,
    )
  })
})
