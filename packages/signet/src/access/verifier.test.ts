import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  ExpiredTokenError,
  InvalidClaimError,
  InvalidTokenError,
  MissingClaimError,
  RevokedTokenError,
  StaleRevocationsError,
  UnknownKeyError,
} from '../errors.ts'
import { signJws } from '../jose/jws.ts'
import { createKeySet } from '../keys/key-set.ts'
import { secretKey } from '../keys/secret.ts'
import type { LogEntry } from '../revocation/entry.ts'
import { Lease, readClocks } from '../revocation/lease.ts'
import { RevocationIndex } from '../revocation/revocation-index.ts'
import {
  type AccessVerifyOptions,
  createAccessCheck,
  signetProfile,
  type VerifierParts,
} from './verifier.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const seconds = NOW / 1000
const key = secretKey('0123456789abcdefghijklmnopqrstuv', { kid: 'k1' })

function bench(changes: Partial<VerifierParts<unknown>> = {}) {
  const time = { now: NOW, monotonic: 0 }
  const clocks = { monotonic: () => time.monotonic, wall: () => time.now }
  const lease = new Lease(clocks, 30_000)
  lease.renew(readClocks(clocks))
  const index = new RevocationIndex(randomBytes)
  const check = createAccessCheck<unknown>({
    profile: signetProfile,
    issuer: 'iss',
    audience: 'api',
    keys: createKeySet([key]),
    isWithdrawn: (kid) => kid === 'withdrawn',
    index,
    lease,
    maxLife: () => 1_800_000,
    schema: undefined,
    onStale: 'deny',
    now: () => time.now,
    ...changes,
  })
  return { check, index, lease, time }
}

function token(
  changes: Record<string, unknown> = {},
  { typ = 'at+jwt', signer = key } = {},
): string {
  const claims = {
    iss: 'iss',
    sub: 'anna',
    aud: 'api',
    exp: seconds + 600,
    iat: seconds,
    jti: 't1',
    sid: 's1',
    epoch: 5,
    type: 'access',
    role: 'editor',
    ...changes,
  }
  return signJws(JSON.stringify(claims), signer, typ)
}

function entry(changes: Partial<LogEntry>): LogEntry {
  return {
    id: 'e',
    kind: 'token',
    issuer: 'iss',
    key: 't1',
    at: NOW,
    expiresAt: NOW + 3_600_000,
    position: { p: 1, tag: 'a' },
    ...changes,
  }
}

describe('an access check', () => {
  it('answers the claims, frozen through and through', () => {
    const { check } = bench()
    const claims = check(token({ teams: ['a'] })) as Record<string, unknown>
    assert.equal(claims.role, 'editor')
    assert.ok(Object.isFrozen(claims) && Object.isFrozen(claims.teams))
  })

  const refused: readonly [string, string, new (...args: never[]) => Error][] = [
    ['another typ', token({}, { typ: 'rt+jwt' }), InvalidTokenError],
    ['a plain JWT', token({}, { typ: 'JWT' }), InvalidTokenError],
    ['another type', token({ type: 'refresh' }), InvalidClaimError],
    ['another issuer', token({ iss: 'other' }), InvalidClaimError],
    ['another audience', token({ aud: 'other' }), InvalidClaimError],
    ['no expiry', token({ exp: undefined }), MissingClaimError],
    ['no id', token({ jti: undefined }), MissingClaimError],
    ['no subject', token({ sub: undefined }), MissingClaimError],
    ['no issue time', token({ iat: undefined }), MissingClaimError],
    ['an expiry in the past', token({ iat: seconds - 60, exp: seconds }), ExpiredTokenError],
    ['a longer life than its issuer gives', token({ exp: seconds + 1801 }), InvalidTokenError],
    [
      'an unknown key',
      token({}, { signer: secretKey('another secret of thirty-two bytes!', { kid: 'k9' }) }),
      UnknownKeyError,
    ],
  ]
  for (const [what, text, kind] of refused) {
    it(`refuses a token with ${what}`, () => {
      assert.throws(() => bench().check(text), kind)
    })
  }

  it('takes a token whose issuer has a clock a little ahead', () => {
    assert.ok(bench().check(token({ iat: seconds + 60 })))
  })

  it('asks for another audience when the call does', () => {
    const { check } = bench()
    assert.ok(check(token({ aud: ['other', 'more'] }), { audience: 'other' }))
    assert.throws(() => check(token(), { audience: 'other' }), InvalidClaimError)
  })

  it('says that a key was withdrawn, not that it is unknown', () => {
    const signer = secretKey('another secret of thirty-two bytes!', { kid: 'withdrawn' })
    assert.throws(
      () => bench().check(token({}, { signer })),
      (error: RevokedTokenError) => {
        assert.ok(error instanceof RevokedTokenError)
        assert.equal(error.revokedBy, 'key')
        return true
      },
    )
  })

  it('says of a token with a foreign key and another typ that it is of another kind', () => {
    const signer = secretKey('another secret of thirty-two bytes!', { kid: 'k9' })
    assert.throws(
      () => bench().check(token({}, { signer, typ: 'rt+jwt' })),
      (error: InvalidTokenError) => {
        assert.deepEqual([error.constructor, error.claim], [InvalidTokenError, 'typ'])
        return true
      },
    )
  })

  it('refuses what the index holds, from the call after it was applied', () => {
    const { check, index } = bench()
    assert.ok(check(token()))
    index.apply(entry({ kind: 'session', key: 's1' }))
    assert.throws(() => check(token()), RevokedTokenError)
    assert.ok(check(token({ sid: 's2', jti: 't2' })))
  })

  it('counts a token without an epoch as older than every log-out', () => {
    const { check, index } = bench()
    index.apply(entry({ kind: 'subject', key: 'anna', epoch: 1 }))
    assert.throws(() => check(token({ epoch: undefined })), RevokedTokenError)
    assert.ok(check(token({ epoch: 1 })))
  })

  it('refuses everything once its lease is over, and says for how long', () => {
    const { check, time } = bench()
    time.monotonic += 30_001
    assert.throws(
      () => check(token()),
      (error: StaleRevocationsError) => {
        assert.ok(error instanceof StaleRevocationsError)
        assert.equal(error.staleForSeconds, 30.001)
        return true
      },
    )
  })

  it('tells a bad token that it is bad, stale or not', () => {
    const { check, time, index } = bench()
    index.apply(entry({ key: 't1' }))
    time.monotonic += 30_001
    assert.throws(() => check(token({ aud: 'other' })), InvalidClaimError)
    assert.throws(() => check(token()), RevokedTokenError)
  })

  it('goes on when stale only where that was chosen, by the verifier or by the call', () => {
    const lax = bench({ onStale: 'allow' })
    lax.time.monotonic += 30_001
    assert.ok(lax.check(token()))
    assert.throws(() => lax.check(token(), { onStale: 'deny' }), StaleRevocationsError)
    const strict = bench()
    strict.time.monotonic += 30_001
    assert.ok(strict.check(token(), { onStale: 'allow' }))
  })

  it('does not bring a token back to life when the clock is set back behind a purge', () => {
    const { check, index, time } = bench({ maxLife: () => undefined })
    index.apply(entry({ key: 't1', expiresAt: NOW + 120_000 }))
    const dying = token({ exp: seconds + 60 })
    time.now = NOW + 300_000
    index.purge(time.now)
    assert.throws(() => check(dying), ExpiredTokenError)
    time.now = NOW
    assert.throws(() => check(dying), StaleRevocationsError)
  })

  it('refuses misspelt options by name', () => {
    assert.throws(
      () => bench().check(token(), { audiance: 'x' } as AccessVerifyOptions),
      /did you mean 'audience'/,
    )
  })

  it('honours a revocation at the very next call, in whatever order things happen', () => {
    const step = fc.constantFrom('verify a', 'verify b', 'revoke a', 'revoke b')
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { check, index } = bench()
        const tokens = { a: token({ jti: 'a' }), b: token({ jti: 'b' }) }
        const revoked = new Set<string>()
        for (const each of steps) {
          const [verb, name] = each.split(' ') as [string, 'a' | 'b']
          if (verb === 'revoke') {
            index.apply(entry({ key: name }))
            revoked.add(name)
          } else if (revoked.has(name)) assert.throws(() => check(tokens[name]), RevokedTokenError)
          else assert.equal(check(tokens[name]).jti, name)
        }
      }),
    )
  })
})
