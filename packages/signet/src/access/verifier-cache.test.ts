import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  ExpiredTokenError,
  InvalidClaimError,
  NotYetValidTokenError,
  RevokedTokenError,
  StaleRevocationsError,
} from '../errors.ts'
import { signJws } from '../jose/jws.ts'
import type { Key } from '../jose/key.ts'
import { createKeySet } from '../keys/key-set.ts'
import { emptyRing, goneAt, type Ring } from '../keys/ring.ts'
import { keySetView } from '../keys/ring-view.ts'
import { secretKey } from '../keys/secret.ts'
import type { LogEntry } from '../revocation/entry.ts'
import { Lease, readClocks } from '../revocation/lease.ts'
import { RevocationIndex } from '../revocation/revocation-index.ts'
import { TokenCache } from './cache.ts'
import type { Verdict } from './verdict.ts'
import { createAccessCheck, signetProfile, type VerifierParts } from './verifier.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const seconds = NOW / 1000
const GONE_AT = NOW + 400_000
/** By so much a key outlives the last token it has signed. */
const MARGIN = 60_000
const named = (kid: string) => secretKey(`0123456789abcdefghijklmnopqrst-${kid}`, { kid })
const keys = { k1: named('k1'), k2: named('k2') }

/** A verifier with a cache and one without, over everything else in common, and hands on all that can change. */
function twins(changes: Partial<VerifierParts<unknown>> = {}) {
  const world = { now: NOW, monotonic: 0, maxLife: 1_800_000, withdrawn: new Set<string>() }
  const clocks = { monotonic: () => world.monotonic, wall: () => world.now }
  const lease = new Lease(clocks, 30_000)
  lease.renew(readClocks(clocks))
  const index = new RevocationIndex(randomBytes)
  let ring = ringOf(['k1', 'k2'])
  const isGood = (kid: string) => {
    const entry = ring.keys.find((key) => key.kid === kid)
    return entry !== undefined && world.now < goneAt(ring, entry)
  }
  const parts: VerifierParts<unknown> = {
    issuer: 'iss',
    audience: 'api',
    profile: signetProfile,
    keys: keySetView({
      ring: () => ring,
      keys: () => Object.values(keys).filter(({ kid }) => isGood(kid as string)),
      get: (kid) => (isGood(kid) ? keys[kid as 'k1'] : undefined),
    }),
    isWithdrawn: (kid) => world.withdrawn.has(kid),
    index,
    lease,
    maxLife: () => world.maxLife,
    schema: undefined,
    onStale: 'deny',
    now: () => world.now,
    ...changes,
  }
  const cache = new TokenCache<Verdict<unknown>>({ maxEntries: 100, maxBytes: 2 ** 20 })
  const setRing = (kids: readonly string[]) => {
    ring = ringOf(kids)
  }
  return {
    world,
    index,
    lease,
    clocks,
    setRing,
    cache,
    check: createAccessCheck<unknown>({ ...parts, cache }),
    plain: createAccessCheck<unknown>(parts),
  }
}

/** k2 is retiring: its tokens are refused some minutes from now, without anybody doing anything. */
function ringOf(kids: readonly string[]): Ring {
  const entries = kids.map((kid) => ({
    kid,
    algorithm: 'HS256' as const,
    purpose: 'access' as const,
    signFrom: 0,
    signUntil: kid === 'k2' ? GONE_AT - MARGIN : undefined,
    material: '',
  }))
  const bounds = { jwksMaxAge: 0, staleness: 0, lifetime: { access: 0, refresh: 0 } }
  return { ...emptyRing(bounds), version: 1, keys: entries }
}

function token(changes: Record<string, unknown> = {}, signer: Key = keys.k1): string {
  const claims = { iss: 'iss', sub: 'anna', aud: 'api', exp: seconds + 600, iat: seconds }
  const ids = { jti: 't1', sid: 's1', epoch: 5, type: 'access', teams: ['a'] }
  return signJws(JSON.stringify({ ...claims, ...ids, ...changes }), signer, 'at+jwt')
}

function entry(changes: Partial<LogEntry>): LogEntry {
  const times = { at: NOW, expiresAt: NOW + 3_600_000 }
  const position = { p: 1, tag: 'a' }
  return { id: 'e', kind: 'token', issuer: 'iss', key: 't1', ...times, position, ...changes }
}

describe('a verifier that remembers', () => {
  it('gives every caller the same frozen claims', () => {
    const { check, cache } = twins()
    const text = token()
    const claims = check(text) as { readonly teams?: readonly string[] }
    assert.equal(check(text), claims)
    assert.ok(Object.isFrozen(claims) && Object.isFrozen(claims.teams))
    assert.equal(cache.size, 1)
  })

  it('remembers nothing that it refused', () => {
    const { check, cache, world } = twins()
    assert.throws(() => check(token({ aud: 'other' })), InvalidClaimError)
    assert.throws(() => check(`${token()}x`))
    world.monotonic += 30_001
    assert.throws(() => check(token()), StaleRevocationsError)
    assert.equal(cache.size, 0)
  })

  it('lets a token that was accepted for one audience answer for no other', () => {
    const { check } = twins()
    const text = token()
    check(text)
    assert.throws(() => check(text, { audience: 'other' }), InvalidClaimError)
    assert.throws(() => check(text, Object.freeze({ audience: 'other' })), InvalidClaimError)
    assert.ok(check(text, { audience: ['other', 'api'] }))
    assert.throws(() => check(text, { audience: 'other' }), InvalidClaimError)
    assert.ok(check(text))
  })

  it('reads options anew that may have changed', () => {
    const { check } = twins()
    const options = { audience: 'api' }
    const audiences = Object.freeze({ audience: ['api'] })
    assert.ok(check(token(), options) && check(token(), audiences))
    options.audience = 'other'
    audiences.audience[0] = 'other'
    assert.throws(() => check(token(), options), InvalidClaimError)
    assert.throws(() => check(token(), audiences), InvalidClaimError)
  })

  it('forgets a token that was revoked, and goes on with the others', () => {
    const { check, index, cache } = twins()
    const [first, second] = [token(), token({ jti: 't2', sid: 's2' })]
    check(first)
    const claims = check(second)
    index.apply(entry({ kind: 'session', key: 's1' }))
    assert.throws(() => check(first), RevokedTokenError)
    assert.equal(check(second), claims)
    assert.equal(cache.size, 1)
  })

  it('reads the lease at every hit, and obeys what each call chose', () => {
    const { check, world } = twins()
    const text = token()
    check(text)
    world.monotonic += 30_001
    assert.throws(() => check(text), StaleRevocationsError)
    assert.ok(check(text, { onStale: 'allow' }))
    assert.throws(() => check(text), StaleRevocationsError)
  })

  it('holds a token to its times at every hit', () => {
    const { check, world, lease, clocks } = twins()
    const at = (time: number) => {
      world.now = time
      lease.drop()
      lease.renew(readClocks(clocks))
      return check
    }
    const text = token({ nbf: seconds + 10, iat: seconds + 5 })
    assert.ok(at(NOW + 10_000)(text))
    assert.throws(() => at(NOW + 9_999)(text), NotYetValidTokenError)
    assert.ok(at(NOW + 599_999)(text))
    assert.throws(() => at(NOW + 600_000)(text), ExpiredTokenError)
    const early = token({ iat: seconds + 60 })
    assert.ok(at(NOW)(early))
    assert.throws(() => at(NOW - 1)(early), NotYetValidTokenError)
  })

  it('asks a key set without versions for the key again', () => {
    let present: Key = keys.k1
    const mutable = {
      get keys() {
        return [present]
      },
      get: (kid: string) => (present.kid === kid ? present : undefined),
    }
    const { check } = twins({ keys: mutable })
    const text = token()
    assert.equal(check(text), check(text))
    present = named('k1')
    assert.deepEqual(check(text), check(text))
    present = keys.k2
    assert.throws(() => check(text))
    const nameless = secretKey('0123456789abcdefghijklmnopqrstuv')
    const set = twins({ keys: createKeySet([nameless]) })
    const other = token({}, nameless)
    assert.equal(set.check(other), set.check(other))
  })

  it('finds at any moment what a verifier without a memory finds, in whatever order things happen', () => {
    const which = fc.integer({ min: 0, max: 5 })
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          verify: which,
          audience: fc.constantFrom(undefined, undefined, 'other', 'both'),
          onStale: fc.constantFrom(undefined, undefined, 'allow' as const),
        }),
      },
      fc.record({
        revoke: fc.constantFrom('token' as const, 'session' as const, 'subject' as const),
        of: which,
      }),
      fc.record({ pass: fc.integer({ min: -700_000, max: 700_000 }), isHeard: fc.boolean() }),
      fc.record({ sleep: fc.integer({ min: 0, max: 40_000 }) }),
      fc.record({ act: fc.constantFrom('renew', 'purge', 'drop') }),
      fc.record({ ring: fc.subarray(['k1', 'k2']) }),
      fc.record({ withdraw: fc.constantFrom('k1', 'k2') }),
      fc.record({ maxLife: fc.constantFrom(300_000, 1_800_000) }),
    )
    const tokens = Array.from({ length: 6 }, (_, i) =>
      token(
        {
          jti: `t${i}`,
          sid: `s${i % 3}`,
          sub: `u${i % 2}`,
          aud: i === 4 ? ['api', 'other'] : 'api',
          exp: seconds + 200 + 100 * i,
          iat: seconds + 10 * i,
          ...(i === 5 ? { nbf: seconds + 100 } : {}),
        },
        i % 2 === 0 ? keys.k1 : keys.k2,
      ),
    )
    let hits = 0
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
        const { check, plain, world, index, lease, clocks, setRing, cache } = twins()
        const outcome = (verify: typeof check, text: string, options: object | undefined) => {
          try {
            return verify(text, options)
          } catch (error) {
            return [(error as Error).name, (error as Error).message]
          }
        }
        for (const each of steps) {
          if ('verify' in each) {
            const text = tokens[each.verify] as string
            const audience = each.audience === 'both' ? ['api', 'other'] : each.audience
            const options = {
              ...(audience === undefined ? {} : { audience }),
              ...(each.onStale === undefined ? {} : { onStale: each.onStale }),
            }
            if (cache.get(text) !== undefined) hits++
            const expected = outcome(plain, text, options)
            assert.deepEqual(outcome(check, text, options), expected)
          } else if ('revoke' in each) {
            const names = { token: `t${each.of}`, session: `s${each.of % 3}`, subject: 'u0' }
            index.apply(entry({ kind: each.revoke, key: names[each.revoke], epoch: 9 }))
          } else if ('pass' in each) {
            world.now += each.pass
            world.monotonic++
            if (each.isHeard) lease.renew(readClocks(clocks))
          } else if ('sleep' in each) world.monotonic += each.sleep
          else if ('ring' in each) setRing(each.ring)
          else if ('withdraw' in each) world.withdrawn.add(each.withdraw)
          else if ('maxLife' in each) world.maxLife = each.maxLife
          else if (each.act === 'renew') lease.renew(readClocks(clocks))
          else if (each.act === 'purge') index.purge(world.now)
          else lease.drop()
        }
      }),
      { numRuns: 1000 },
    )
    assert.ok(hits > 300, `only ${hits} looks found something`)
  })
})
