import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import {
  ExpiredRefreshTokenError,
  ExpiredTokenError,
  InvalidClaimError,
  InvalidRefreshTokenError,
  InvalidSignatureError,
  InvalidTokenError,
  ReusedRefreshTokenError,
  RevokedRefreshTokenError,
  RevokedTokenError,
  StaleRevocationsError,
  StoreUnavailableError,
  SupersededRefreshTokenError,
} from './errors.ts'
import {
  type Claims,
  createSignet,
  decodeUnverified,
  generateKey,
  generateSecret,
  type Schema,
  type Signet,
  type SignetEvent,
  type SignetOptions,
  secretKey,
  sign,
} from './index.ts'
import { memoryStore } from './stores/memory.ts'
import { sqliteStore } from './stores/sqlite.ts'
import type { Store } from './stores/store.ts'

const ISSUER = 'https://issuer.example'
const START = Date.parse('2026-01-01T00:00:00Z')
const masterKey = generateSecret()

/** An issuer on a store whose clock stands still until it is moved, with the events it told. */
async function bench(kind: 'memory' | 'sqlite', options: Partial<SignetOptions<never>> = {}) {
  const time = { now: START }
  const clock = () => new Date(time.now)
  const directory = mkdtempSync(join(tmpdir(), 'signet-'))
  const path = join(directory, 'signet.db')
  const store = kind === 'memory' ? memoryStore({ clock }) : sqliteStore(path, { clock })
  const events: SignetEvent[] = []
  const signet = await createSignet({
    issuer: ISSUER,
    keys: { algorithm: 'ES256', masterKey },
    store,
    clock,
    onEvent: (event) => events.push(event),
    ...(options as object),
  })
  const release = async () => {
    await signet.close()
    await store.close()
    rmSync(directory, { recursive: true })
  }
  return { signet, store, time, events, path, clock, [Symbol.asyncDispose]: release }
}

/** Events are told in a later turn of the event loop. */
const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

/** Another process on the same store: its own ring, follower and index. */
function restart(at: {
  readonly path: string
  readonly clock: () => Date
}): Promise<Signet<Claims>> {
  return createSignet({
    issuer: ISSUER,
    keys: { algorithm: 'ES256', masterKey },
    store: sqliteStore(at.path, { clock: at.clock }),
    clock: at.clock,
  })
}

for (const kind of ['memory', 'sqlite'] as const) {
  describe(`Signet on ${kind}`, () => {
    it('issues a pair whose access token says who, for how long and in which session', async () => {
      await using at = await bench(kind)
      const pair = await at.signet.issue({
        subject: '42',
        claims: { role: 'editor' },
        scope: 'read write',
        clientId: 'app',
      })
      assert.equal(pair.outcome, 'issued')
      assert.equal(pair.expiresInSeconds, 1800)
      const { header, claims } = decodeUnverified(pair.accessToken)
      assert.equal(header.typ, 'at+jwt')
      assert.deepEqual(claims, {
        iss: ISSUER,
        sub: '42',
        aud: ISSUER,
        exp: START / 1000 + 1800,
        iat: START / 1000,
        jti: claims.jti,
        sid: pair.sessionId,
        epoch: START,
        type: 'access',
        scope: 'read write',
        client_id: 'app',
        role: 'editor',
      })
      assert.deepEqual(at.signet.verify(pair.accessToken), claims)
    })

    it('keeps the role through any number of refreshes, and the times those of the store', async () => {
      await using at = await bench(kind)
      let pair = await at.signet.issue({ subject: '42', claims: { role: 'editor' } })
      for (let i = 1; i <= 5; i++) {
        at.time.now += 60_000
        pair = await at.signet.refresh(pair.refreshToken)
        const claims = at.signet.verify(pair.accessToken)
        assert.equal(claims.role, 'editor')
        assert.equal(claims.iat, (START + i * 60_000) / 1000)
      }
    })

    it('answers a repeat inside the grace with the same refresh token and the same token id', async () => {
      await using at = await bench(kind)
      const first = await at.signet.issue({ subject: '42' })
      const second = await at.signet.refresh(first.refreshToken)
      at.time.now += 9000
      const repeated = await at.signet.refresh(first.refreshToken)
      assert.equal(repeated.outcome, 'repeated')
      assert.equal(repeated.refreshToken, second.refreshToken)
      const [a, b] = [second, repeated].map((pair) => decodeUnverified(pair.accessToken).claims)
      assert.deepEqual(a, b)
    })

    it('ends the session when an old refresh token comes back after the grace', async () => {
      await using at = await bench(kind)
      const first = await at.signet.issue({ subject: '42' })
      const second = await at.signet.refresh(first.refreshToken)
      at.time.now += 10_001
      await assert.rejects(
        at.signet.refresh(first.refreshToken),
        (error: ReusedRefreshTokenError) => {
          assert.ok(error instanceof ReusedRefreshTokenError)
          assert.equal(error.sessionId, first.sessionId)
          return true
        },
      )
      await assert.rejects(at.signet.refresh(second.refreshToken), RevokedRefreshTokenError)
      assert.throws(() => at.signet.verify(second.accessToken), RevokedTokenError)
      await nextTurn()
      assert.deepEqual(
        at.events.map(({ type }) => type),
        ['issued', 'rotated', 'reused', 'refused'],
      )
    })

    it('lets one of many simultaneous refreshes rotate, and gives all the same successor', async () => {
      await using at = await bench(kind)
      const first = await at.signet.issue({ subject: '42' })
      const pairs = await Promise.all(
        Array.from({ length: 50 }, () => at.signet.refresh(first.refreshToken)),
      )
      assert.equal(pairs.filter(({ outcome }) => outcome === 'rotated').length, 1)
      assert.equal(new Set(pairs.map((pair) => pair.refreshToken)).size, 1)
    })

    it('with grace 0 lets one of many succeed and ends the session for the rest', async () => {
      await using at = await bench(kind, { session: { reuseGraceSeconds: 0 } })
      const first = await at.signet.issue({ subject: '42' })
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, () => at.signet.refresh(first.refreshToken)),
      )
      // The winner's pair may be refused as well: the session was over before it was signed.
      assert.ok(results.filter(({ status }) => status === 'fulfilled').length <= 1)
      assert.equal(
        results.filter(
          (each) => each.status === 'rejected' && each.reason instanceof ReusedRefreshTokenError,
        ).length,
        1,
      )
    })

    it('logs nobody out when many tabs with different user agents refresh at once', async () => {
      await using at = await bench(kind)
      const first = await at.signet.issue({ subject: '42', context: { userAgent: 'agent 0' } })
      const results = await Promise.allSettled(
        Array.from({ length: 18 }, (_, i) =>
          at.signet.refresh(first.refreshToken, { userAgent: `agent ${i % 3}` }),
        ),
      )
      const pairs = results.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
      const errors = results.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
      assert.equal(pairs.length, 6)
      assert.ok(errors.every((error) => error instanceof SupersededRefreshTokenError))
      await at.signet.refresh(pairs[0]?.refreshToken as string)
    })

    it('refuses a session past its idle or absolute lifetime', async () => {
      await using at = await bench(kind, {
        session: { idleLifetimeSeconds: 100, absoluteLifetimeSeconds: 150 },
      })
      const first = await at.signet.issue({ subject: '42' })
      at.time.now += 90_000
      const second = await at.signet.refresh(first.refreshToken)
      assert.equal(second.accessExpiresAt.getTime(), START + 150_000)
      at.time.now = START + 150_000
      await assert.rejects(at.signet.refresh(second.refreshToken), ExpiredRefreshTokenError)
      const idle = await at.signet.issue({ subject: '42' })
      at.time.now += 100_000
      await assert.rejects(at.signet.refresh(idle.refreshToken), ExpiredRefreshTokenError)
    })

    it('takes a refresh token for no access token, and the reverse', async () => {
      await using at = await bench(kind)
      const pair = await at.signet.issue({ subject: '42' })
      assert.throws(() => at.signet.verify(pair.refreshToken), InvalidTokenError)
      await assert.rejects(at.signet.refresh(pair.accessToken), InvalidRefreshTokenError)
    })

    it('refreshes for the client of the session only', async () => {
      await using at = await bench(kind)
      const pair = await at.signet.issue({ subject: '42', clientId: 'app' })
      await assert.rejects(at.signet.refresh(pair.refreshToken), InvalidRefreshTokenError)
      await assert.rejects(
        at.signet.refresh(pair.refreshToken, { clientId: 'other' }),
        InvalidRefreshTokenError,
      )
      assert.ok(await at.signet.refresh(pair.refreshToken, { clientId: 'app' }))
    })

    it('stores what onRefresh answers', async () => {
      const roles = ['admin', 'guest']
      await using at = await bench(kind, { onRefresh: (() => ({ role: roles.shift() })) as never })
      const first = await at.signet.issue({ subject: '42', claims: { role: 'editor' } })
      const second = await at.signet.refresh(first.refreshToken)
      assert.equal(at.signet.verify(second.accessToken).role, 'admin')
      const [session] = (await at.signet.sessions.list({ subject: '42' })).sessions
      assert.deepEqual(session?.claims, { role: 'admin' })
    })

    it('revokes one token', async () => {
      await using at = await bench(kind)
      const { accessToken } = await at.signet.issue({ subject: '42' })
      const other = await at.signet.issueAccessToken({ subject: '42', claims: { job: 'nightly' } })
      await at.signet.revoke({ token: accessToken })
      assert.throws(() => at.signet.verify(accessToken), RevokedTokenError)
      assert.equal(at.signet.verify(other.accessToken).job, 'nightly')
      await at.signet.revoke({ tokenId: other.tokenId, expiresAt: other.accessExpiresAt })
      assert.throws(() => at.signet.verify(other.accessToken), RevokedTokenError)
    })

    it('revokes the session of a refresh token, also of one rotated away', async () => {
      await using at = await bench(kind)
      const first = await at.signet.issue({ subject: '42' })
      const second = await at.signet.refresh(first.refreshToken)
      await at.signet.revoke({ token: first.refreshToken })
      await assert.rejects(at.signet.refresh(second.refreshToken), RevokedRefreshTokenError)
      assert.throws(() => at.signet.verify(second.accessToken), RevokedTokenError)
    })

    it('takes a refresh token that has long expired, since ending a session that is over is harmless', async () => {
      await using at = await bench(kind)
      const { refreshToken } = await at.signet.issue({ subject: '42' })
      at.time.now += 100 * 86_400_000
      assert.ok(await at.signet.revoke({ token: refreshToken }))
    })

    it('revokes a session and leaves the others', async () => {
      await using at = await bench(kind)
      const phone = await at.signet.issue({ subject: '42' })
      const laptop = await at.signet.issue({ subject: '42' })
      await at.signet.revoke({ sessionId: phone.sessionId }, { reason: 'lost phone' })
      assert.throws(() => at.signet.verify(phone.accessToken), RevokedTokenError)
      assert.ok(at.signet.verify(laptop.accessToken))
      assert.equal((await at.signet.refresh(laptop.refreshToken)).outcome, 'rotated')
      await nextTurn()
      assert.equal(at.events.find(({ type }) => type === 'revoked')?.reason, 'lost phone')
    })

    it('logs a subject out everywhere, but not who logs in a moment later', async () => {
      await using at = await bench(kind)
      const before = await at.signet.issue({ subject: '42' })
      const service = await at.signet.issueAccessToken({ subject: '42' })
      const other = await at.signet.issue({ subject: '43' })
      await at.signet.revoke({ subject: '42' })
      const after = await at.signet.issue({ subject: '42' })
      assert.throws(() => at.signet.verify(before.accessToken), RevokedTokenError)
      assert.throws(() => at.signet.verify(service.accessToken), RevokedTokenError)
      await assert.rejects(at.signet.refresh(before.refreshToken), RevokedRefreshTokenError)
      assert.ok(at.signet.verify(after.accessToken))
      assert.ok(at.signet.verify(other.accessToken))
      assert.equal((await at.signet.refresh(after.refreshToken)).outcome, 'rotated')
    })

    it('keeps the session that changed the password', async () => {
      await using at = await bench(kind)
      const kept = await at.signet.issue({ subject: '42' })
      const other = await at.signet.issue({ subject: '42' })
      await at.signet.revoke({ othersThan: { subject: '42', sessionId: kept.sessionId } })
      assert.throws(() => at.signet.verify(other.accessToken), RevokedTokenError)
      await assert.rejects(at.signet.refresh(other.refreshToken), RevokedRefreshTokenError)
      const renewed = await at.signet.refresh(kept.refreshToken)
      assert.ok(at.signet.verify(renewed.accessToken))
      const stranger = await at.signet.issue({ subject: '43' })
      await assert.rejects(
        at.signet.revoke({ othersThan: { subject: '42', sessionId: stranger.sessionId } }),
        /must be a live session of 'othersThan.subject'/,
      )
    })

    it('withdraws a key for good and signs with a new one at once', async () => {
      await using at = await bench(kind)
      const before = await at.signet.issue({ subject: '42' })
      const kid = at.signet.keys.list()[0]?.kid as string
      await at.signet.revoke({ keyId: kid }, { waitFor: 'fleet' })
      assert.throws(
        () => at.signet.verify(before.accessToken),
        (error: RevokedTokenError) => error.revokedBy === 'key',
      )
      assert.ok(at.signet.verify((await at.signet.refresh(before.refreshToken)).accessToken))
      assert.ok(!JSON.stringify(at.signet.keys.jwks()).includes(kid))
    })

    it('revokes everything: no token signed before is accepted, and new logins work at once', async () => {
      await using at = await bench(kind)
      const before = await at.signet.issue({ subject: '42' })
      await at.signet.revoke({ everything: true })
      assert.throws(() => at.signet.verify(before.accessToken), RevokedTokenError)
      await assert.rejects(at.signet.refresh(before.refreshToken), InvalidRefreshTokenError)
      const after = await at.signet.issue({ subject: '42' })
      assert.ok(at.signet.verify(after.accessToken))
    })

    it('says in its receipt what was asked and found', async () => {
      await using at = await bench(kind)
      const quick = await at.signet.revoke({ subject: '42' })
      assert.equal(quick.complete, false)
      assert.match(quick.position, /^\d+-[0-9a-f]{16}$/)
      assert.deepEqual(quick.at, new Date(START))
      const whole = await at.signet.revoke({ subject: '42' }, { waitFor: 'fleet' })
      assert.deepEqual([whole.complete, whole.appliedBy, whole.pending], [true, 1, []])
      await at.store.beat({
        id: 'frozen',
        position: { p: 0, tag: '' },
        maxStaleness: 60_000,
        onStale: 'deny',
      })
      const partial = await at.signet.revoke(
        { subject: '42' },
        { waitFor: 'fleet', waitTimeoutSeconds: 0.05 },
      )
      assert.deepEqual([partial.complete, partial.pending], [false, ['frozen']])
    })

    it('appends nothing for a token that is dead already', async () => {
      await using at = await bench(kind)
      const { accessToken } = await at.signet.issue({ subject: '42' })
      at.time.now += 1800_000 + 60_001
      const before = await at.store.head()
      await at.signet.revoke({ token: accessToken })
      assert.deepEqual(await at.store.head(), before)
    })

    it('revokes nothing for a token it never signed', async () => {
      await using at = await bench(kind)
      const forged = sign({ iss: ISSUER, sub: '42' }, generateKey('ES256'), { lifetimeSeconds: 60 })
      await assert.rejects(at.signet.revoke({ token: forged }), InvalidTokenError)
      await assert.rejects(at.signet.revoke({ token: 'nonsense' }), InvalidTokenError)
    })

    it('lists sessions as people see them', async () => {
      await using at = await bench(kind)
      const { sessionId } = await at.signet.issue({
        subject: '42',
        claims: { role: 'editor' },
        context: { deviceLabel: 'phone', userAgent: 'Firefox', ip: '192.0.2.1' },
      })
      at.time.now += 5000
      await at.signet.issue({ subject: '42' })
      const { sessions, next } = await at.signet.sessions.list({ subject: '42' })
      assert.equal(next, undefined)
      assert.equal(sessions.length, 2)
      assert.deepEqual(sessions[0], {
        sessionId,
        subject: '42',
        claims: { role: 'editor' },
        audience: ISSUER,
        deviceLabel: 'phone',
        userAgent: 'Firefox',
        createdAt: new Date(START),
        refreshedAt: new Date(START),
        expiresAt: new Date(START + 14 * 86_400_000),
      })
      assert.deepEqual(await at.signet.sessions.get(sessionId), sessions[0])
      await at.signet.revoke({ sessionId })
      assert.equal(await at.signet.sessions.get(sessionId), undefined)
      assert.equal(await at.signet.sessions.get('no such session'), undefined)
    })

    it('publishes a rotated key before signing with it, and fails no valid token', async () => {
      await using at = await bench(kind)
      const before = await at.signet.issue({ subject: '42' })
      await at.signet.keys.rotate()
      assert.deepEqual(
        at.signet.keys.list().map(({ state }) => state),
        ['active', 'next'],
      )
      assert.equal(at.signet.keys.jwks().keys.length, 2)
      at.time.now += 331_000
      const after = await at.signet.refresh(before.refreshToken)
      const kids = [before, after].map((pair) => decodeUnverified(pair.accessToken).header.kid)
      assert.notEqual(kids[0], kids[1])
      assert.ok(at.signet.verify(before.accessToken))
      assert.ok(at.signet.verify(after.accessToken))
      assert.equal((await at.signet.refresh(before.refreshToken)).refreshToken, after.refreshToken)
    })

    it('leaves the fleet at close and refuses from then on', async () => {
      await using at = await bench(kind)
      const { accessToken } = await at.signet.issue({ subject: '42' })
      assert.deepEqual([at.signet.status().ready, at.signet.status().followers], [true, 1])
      await at.signet.close()
      assert.equal(at.signet.status().ready, false)
      assert.throws(() => at.signet.verify(accessToken), StaleRevocationsError)
      await assert.rejects(at.signet.issue({ subject: '42' }), StoreUnavailableError)
    })
  })
}

describe('Signet on one SQLite file', () => {
  it('forgets nothing at a restart: sessions, revocations, keys and withdrawals', async () => {
    await using at = await bench('sqlite')
    const kept = await at.signet.issue({ subject: '42' })
    const revoked = await at.signet.issue({ subject: '42' })
    const leaked = at.signet.keys.list()[0]?.kid as string
    await at.signet.revoke({ sessionId: revoked.sessionId })
    await at.signet.revoke({ keyId: leaked })
    const renewed = await at.signet.refresh(kept.refreshToken)
    await at.signet.close()
    await using again = await restart(at)
    assert.ok(again.verify(renewed.accessToken))
    assert.throws(() => again.verify(kept.accessToken), RevokedTokenError)
    await assert.rejects(again.refresh(revoked.refreshToken), RevokedRefreshTokenError)
    assert.equal((await again.refresh(renewed.refreshToken)).outcome, 'rotated')
  })

  it('holds no key, secret or usable refresh token in a copy of the database', async () => {
    await using at = await bench('sqlite')
    const pair = await at.signet.issue({ subject: '42', claims: { role: 'editor' } })
    const bytes = ['', '-wal'].map((end) => readFileSync(at.path + end, 'latin1')).join('')
    const { claims } = decodeUnverified(pair.refreshToken)
    assert.ok(bytes.includes(pair.sessionId))
    assert.ok(!bytes.includes(claims.ses as string))
    assert.ok(!bytes.includes(masterKey))
    for (const token of [pair.accessToken, pair.refreshToken]) {
      assert.ok(!bytes.includes(token.split('.')[2] as string))
    }
    assert.ok(!/"d"|PRIVATE KEY/.test(bytes))
  })

  it('refuses in one process what another has revoked, and what its receipt says is so', async () => {
    await using at = await bench('sqlite')
    await using other = await restart(at)
    for (let i = 0; i < 20; i++) {
      const { accessToken, sessionId } = await at.signet.issue({ subject: `user ${i}` })
      assert.ok(other.verify(accessToken))
      const receipt = await at.signet.revoke({ sessionId }, { waitFor: 'fleet' })
      assert.deepEqual([receipt.complete, receipt.appliedBy], [true, 2])
      assert.throws(() => other.verify(accessToken), RevokedTokenError)
    }
  })

  it('accepts the token of a key that is newer than its own ring, after asking once', async () => {
    await using at = await bench('sqlite')
    await using other = await restart(at)
    await at.signet.revoke({ everything: true })
    const { accessToken } = await at.signet.issue({ subject: '42' })
    assert.ok(await other.verifyAsync(accessToken))
  })
})

describe('one secret from outside', () => {
  const [oldSecret, newSecret] = [generateSecret(), generateSecret()]
  const withSecret = (
    store: Store,
    secret: string | undefined,
    previousSecrets?: readonly string[],
  ) =>
    createSignet({ issuer: ISSUER, secret, ...(previousSecrets ? { previousSecrets } : {}), store })

  it('signs HS256 without a kid, as other libraries expect', async () => {
    await using signet = await withSecret(memoryStore(), oldSecret)
    const { accessToken } = await signet.issue({ subject: '42' })
    assert.deepEqual(decodeUnverified(accessToken).header, { alg: 'HS256', typ: 'at+jwt' })
    assert.deepEqual(signet.keys.jwks(), { keys: [] })
  })

  it('goes on with the tokens of previousSecrets, refresh tokens included', async () => {
    const store = memoryStore()
    await using before = await withSecret(store, oldSecret)
    const pair = await before.issue({ subject: '42' })
    await using after = await withSecret(store, newSecret, [oldSecret])
    assert.ok(after.verify(pair.accessToken))
    assert.equal((await after.refresh(pair.refreshToken)).outcome, 'rotated')
    await using later = await withSecret(store, newSecret)
    assert.throws(() => later.verify(pair.accessToken), InvalidSignatureError)
    assert.equal((await later.refresh(pair.refreshToken)).outcome, 'repeated')
  })

  it('logs everybody out when it is replaced, to the letter of the tutorial', async () => {
    const store = memoryStore()
    await using before = await withSecret(store, oldSecret)
    const pair = await before.issue({ subject: '42' })
    await assert.rejects(
      before.revoke({ everything: true }),
      /deploy a new secret, without the old one in previousSecrets/,
    )
    await assert.rejects(before.revoke({ keyId: 'any' }), /deploy a new secret/)
    await using after = await withSecret(store, newSecret)
    assert.throws(() => after.verify(pair.accessToken), InvalidSignatureError)
    await assert.rejects(after.refresh(pair.refreshToken), InvalidRefreshTokenError)
    assert.ok(after.verify((await after.issue({ subject: '42' })).accessToken))
    // The process that still runs with the old secret no longer signs, and says so as a passing trouble.
    await before.verifyAsync(pair.accessToken)
    await assert.rejects(
      before.issue({ subject: '42' }).then(() => before.issue({ subject: '42' })),
      StoreUnavailableError,
    )
  })
})

describe('a claims schema', () => {
  const roles: Schema<{ role: 'user' | 'editor' }> = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => {
        const { role } = value as { role?: unknown }
        return role === 'user' || role === 'editor'
          ? { value: { role } }
          : { issues: [{ message: 'must be user or editor', path: ['role'] }] }
      },
    },
  }

  it('types and proves the claims at issue and at verify', async () => {
    await using signet = await createSignet({ issuer: ISSUER, claims: roles })
    const { accessToken } = await signet.issue({ subject: '42', claims: { role: 'editor' } })
    const role: 'user' | 'editor' = signet.verify(accessToken).role
    assert.equal(role, 'editor')
    await assert.rejects(
      // @ts-expect-error: the schema has a required member, so claims are required
      signet.issue({ subject: '42' }),
      /claim 'role' does not fit the schema: must be user or editor/,
    )
    // @ts-expect-error: no such role
    await assert.rejects(signet.issue({ subject: '42', claims: { role: 'root' } }), TypeError)
  })

  it('refuses at verify what an earlier deployment let through', async () => {
    const store = memoryStore()
    const secret = generateSecret()
    await using before = await createSignet({ issuer: ISSUER, secret, store })
    const { accessToken } = await before.issue({ subject: '42', claims: { role: 'root' } })
    await using after = await createSignet({ issuer: ISSUER, secret, store, claims: roles })
    assert.throws(
      () => after.verify(accessToken),
      (error: InvalidClaimError) => {
        assert.ok(error instanceof InvalidClaimError)
        assert.equal(error.claim, 'role')
        return true
      },
    )
  })
})

describe('a key ring', () => {
  for (const algorithm of ['HS512', 'RS256', 'PS256', 'ES384', 'Ed25519', 'ML-DSA-65'] as const) {
    it(`can be of ${algorithm}, and comes back from the store`, async () => {
      const store = memoryStore()
      const keys = { algorithm, masterKey }
      await using signet = await createSignet({ issuer: ISSUER, keys, store })
      const { accessToken } = await signet.issue({ subject: '42' })
      await using again = await createSignet({ issuer: ISSUER, keys, store })
      assert.equal(again.verify(accessToken).sub, '42')
      assert.equal(decodeUnverified(accessToken).header.alg, algorithm)
      assert.equal(again.keys.jwks().keys.length, algorithm === 'HS512' ? 0 : 1)
    })
  }
})

describe('the ephemeral mode', () => {
  it('needs an issuer and nothing else', async () => {
    await using signet: Signet<Claims> = await createSignet({ issuer: ISSUER })
    const { accessToken } = await signet.issue({ subject: '42' })
    assert.equal(signet.verify(accessToken).sub, '42')
    assert.equal(signet.keys.list()[0]?.algorithm, 'HS256')
  })

  it('judges claims by the clock it is given', async () => {
    let now = START
    await using signet = await createSignet({ issuer: ISSUER, clock: () => new Date(now) })
    const { accessToken } = await signet.issue({ subject: '42' })
    now += 1_800_000
    assert.throws(() => signet.verify(accessToken), ExpiredTokenError)
    assert.equal(signet.tryVerify(accessToken).ok, false)
  })
})

describe('createSignet refuses', () => {
  const store = memoryStore()
  const secret = generateSecret()
  const refused: readonly [string, object, RegExp][] = [
    ['no issuer', {}, /'issuer' must be a non-empty string, got undefined/],
    [
      'a misspelt option',
      { issuer: 'i', audiance: 'x' },
      /unknown option 'audiance'; did you mean 'audience'\?/,
    ],
    [
      'a misspelt option inside',
      { issuer: 'i', session: { idle: 1 } },
      /session: unknown option 'idle'/,
    ],
    ['an undefined option', { issuer: 'i', audience: undefined }, /option 'audience' is undefined/],
    [
      'a secret without a store',
      { issuer: 'i', secret },
      /needs a 'store': say where revocations live/,
    ],
    ['a store without keys', { issuer: 'i', store }, /needs a 'secret' or 'keys' beside it/],
    ['a secret and keys', { issuer: 'i', store, secret, keys: {} }, /are both given/],
    [
      'an undefined secret',
      { issuer: 'i', store, secret: undefined },
      /'secret' is undefined: the variable you read is not set; make one with: signet secret/,
    ],
    [
      'an undefined master key',
      { issuer: 'i', store, keys: { algorithm: 'ES256', masterKey: undefined } },
      /'keys.masterKey' is undefined/,
    ],
    [
      'a famous secret',
      { issuer: 'i', store, secret: 'your-256-bit-random-secret-key' },
      /stands in public examples/,
    ],
    [
      'a short secret',
      { issuer: 'i', store, secret: 'K7gNU3sdo-OL0wNh' },
      /has 16 bytes, HS256 needs at least 32/,
    ],
    [
      'an unknown algorithm',
      { issuer: 'i', store, keys: { algorithm: 'none', masterKey: secret } },
      /'keys.algorithm' must be one of HS256/,
    ],
    [
      'a grace too short for a retry',
      { issuer: 'i', session: { reuseGraceSeconds: 5 } },
      /write 0 for strict, or at least 8/,
    ],
    [
      'a lifetime of nothing',
      { issuer: 'i', accessLifetimeSeconds: 0 },
      /'accessLifetimeSeconds' must be from 1 to 86400 seconds, got 0/,
    ],
    [
      'a maximum below the default',
      { issuer: 'i', maxLifetimeSeconds: 60 },
      /'maxLifetimeSeconds' must be from 1800/,
    ],
    [
      'a lifetime as text',
      { issuer: 'i', accessLifetimeSeconds: '30m' },
      /must be a number of seconds, got a string/,
    ],
    [
      'an unknown staleness policy',
      { issuer: 'i', revocation: { onStale: 'open' } },
      /'revocation.onStale' must be 'deny' or 'allow'/,
    ],
  ]
  for (const [what, options, message] of refused) {
    it(what, async () => {
      await assert.rejects(createSignet(options as never), message)
    })
  }

  it('a subject that no UTF-8 can say, which would share its register with another', async () => {
    await using signet = await createSignet({ issuer: 'i' })
    await assert.rejects(
      signet.issue({ subject: '\ud800' }),
      /'subject' must be well-formed Unicode/,
    )
    await assert.rejects(
      signet.revoke({ subject: '\ud801' }),
      /'subject' must be well-formed Unicode/,
    )
  })

  it('a subject that is a number, at issue, with what to write', async () => {
    await using signet = await createSignet({ issuer: 'i' })
    await assert.rejects(
      signet.issue({ subject: 42 as never }),
      /got the number 42: write String\(42\)/,
    )
    await assert.rejects(
      signet.issueAccessToken({ subject: '42', lifetimeSeconds: 3600 }),
      /above maxLifetimeSeconds \(1800\)/,
    )
  })
})

it('takes tokens of others who share the secret only if they are access tokens in every respect', async () => {
  const secret = generateSecret()
  await using signet = await createSignet({ issuer: ISSUER, secret, store: memoryStore() })
  const claims = { iss: ISSUER, aud: ISSUER, sub: '42', type: 'access' }
  const key = secretKey(secret)
  assert.throws(
    () => signet.verify(sign(claims, key, { lifetimeSeconds: 60 })),
    /'typ' must be "at\+jwt"/,
  )
  assert.ok(signet.verify(sign(claims, key, { lifetimeSeconds: 60, typ: 'at+jwt' })))
})
