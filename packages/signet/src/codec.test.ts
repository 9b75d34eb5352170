import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forge, segment, testSecret, thrownBy } from '../../../test/support/forge.ts'
import { testKey } from '../../../test/support/keys.ts'
import {
  createKeySet,
  createSigner,
  createVerifier,
  decodeUnverified,
  ExpiredTokenError,
  generateKey,
  generateSecret,
  InvalidClaimError,
  InvalidSignatureError,
  InvalidTokenError,
  MalformedTokenError,
  type Schema,
  secretKey,
  sign,
  signAsync,
  tryVerify,
  UnknownKeyError,
  verify,
  verifyAsync,
  verifyComplete,
} from './codec.ts'
import { algorithmNames } from './jose/algorithms.ts'

const key = secretKey(testSecret)
const now = new Date('2026-01-01T00:00:00Z')
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000)
const token = sign({ sub: '42', role: 'editor', type: 'access' }, key, {
  lifetimeSeconds: 1800,
  now,
})

test('a token gives back its claims until it expires', () => {
  const claims = verify(token, key, { tokenType: 'access', now: later(1799) })
  assert.equal(claims.sub, '42')
  assert.equal(claims.role, 'editor')
  assert.match(claims.jti ?? '', /^[0-9a-f-]{36}$/)
  assert.throws(() => verify(token, key, { now: later(1800) }), ExpiredTokenError)
})

test('the header of a token holds alg and typ, and kid where the key has one', () => {
  assert.deepEqual(decodeUnverified(token).header, { alg: 'HS256', typ: 'JWT' })
  const named = sign({}, secretKey(testSecret, { kid: 'k' }), { lifetimeSeconds: 1, typ: 'at+jwt' })
  assert.deepEqual(decodeUnverified(named).header, { alg: 'HS256', typ: 'at+jwt', kid: 'k' })
})

test('a prepared signer and verifier do the same', () => {
  const signToken = createSigner(key, { lifetimeSeconds: 60, now })
  const verifyToken = createVerifier(key, { now })
  assert.equal(verifyToken(signToken({ sub: 'a' })).sub, 'a')
  assert.equal(verifyToken(signToken({ sub: 'b' })).sub, 'b')
})

test('verifyComplete gives header and key, too', () => {
  const verified = verifyComplete(token, key, { now })
  assert.equal(verified.key, key)
  assert.equal(verified.header.alg, 'HS256')
  assert.equal(verified.claims.sub, '42')
})

test('tryVerify answers a refused token as a value and throws a mistake of the caller', () => {
  const good = tryVerify(token, key, { now })
  assert.ok(good.ok && good.value.sub === '42')
  const bad = tryVerify('x', key)
  assert.ok(!bad.ok && bad.error instanceof MalformedTokenError)
  assert.throws(() => tryVerify(token, key, { audiance: 'x' } as object), TypeError)
})

test('a typ that is asked for must be there', () => {
  const access = sign({}, key, { lifetimeSeconds: 60, typ: 'at+jwt', now })
  verify(access, key, { typ: 'application/at+JWT', now })
  assert.throws(() => verify(token, key, { typ: 'at+jwt', now }), InvalidTokenError)
  assert.throws(() => verify(forge({ alg: 'HS256' }, {}), key, { typ: 'JWT' }), InvalidTokenError)
})

test('a forged token that has also expired reports its signature', () => {
  assert.throws(
    () => verify(`${token.slice(0, -4)}AAAA`, key, { now: later(9999) }),
    InvalidSignatureError,
  )
})

test('claims that are not one strict JSON object are malformed', () => {
  for (const payload of [
    '[]',
    '"x"',
    '42',
    'true',
    'null',
    '',
    '{"a":1,"a":2}',
    Buffer.from([0x7b, 0xff, 0x7d]),
  ]) {
    assert.throws(() => verify(forge({ alg: 'HS256' }, payload), key), MalformedTokenError)
  }
})

test('reading without verifying is possible and says so', () => {
  const { claims, signature } = decodeUnverified(
    `${segment({ alg: 'none' })}.${segment({ sub: '1' })}.AAAA`,
  )
  assert.equal(claims.sub, '1')
  assert.equal(signature.length, 3)
})

test('a verifier refuses options that would check nothing', () => {
  for (const options of [
    { algorithms: [] },
    { algorithms: ['none'] },
    { algorithms: 'HS256' },
    { issuer: '' },
    { issuer: [] },
    { issuer: /x/ },
    { audience: '' },
    { audience: [] },
    { audience: undefined },
    { subject: '' },
    { tokenId: 5 },
    { tokenType: '' },
    { typ: '' },
    { requiredClaims: 'sub' },
    { requiredClaims: [''] },
    { maxAgeSeconds: Number.NaN },
    { maxAgeSeconds: -1 },
    { clockToleranceSeconds: Number.POSITIVE_INFINITY },
    { clockToleranceSeconds: 601 },
    { now: new Date(Number.NaN) },
    { now: 0 },
    { leeway: 1 },
  ]) {
    assert.throws(
      () => createVerifier(key, options as object),
      (error) => error instanceof TypeError || error instanceof RangeError,
      JSON.stringify(options),
    )
  }
})

const roleSchema: Schema<{ readonly role: 'editor' }> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      (value as { role?: string }).role === 'editor'
        ? { value: { role: 'editor' } }
        : { issues: [{ message: 'must be editor', path: ['role'] }] },
  },
}

test('a schema proves the claims and types them', () => {
  const role: 'editor' = verify(token, key, { schema: roleSchema, now }).role
  assert.equal(role, 'editor')
  assert.throws(
    () =>
      verify(sign({ role: 'x' }, key, { lifetimeSeconds: 1, now }), key, {
        schema: roleSchema,
        now,
      }),
    (error) => error instanceof InvalidClaimError && error.claim === 'role',
  )
})

test('a schema that answers with a Promise is a mistake of the caller', () => {
  const schema = {
    '~standard': { ...roleSchema['~standard'], validate: async () => ({ value: {} }) },
  }
  assert.throws(() => verify(token, key, { schema, now }), /synchronous/)
})

test('a key that only verifies does not sign, and text is no key', () => {
  assert.throws(
    () => sign({}, 'secret' as never, { lifetimeSeconds: 1 }),
    /write secretKey\(secret\)/,
  )
  assert.throws(() => verify(token, testSecret as never), /write secretKey\(secret\)/)
})

test('two tokens of one moment differ by their jti', () => {
  const again = sign({ sub: '42', role: 'editor', type: 'access' }, key, {
    lifetimeSeconds: 1800,
    now,
  })
  assert.notEqual(again, token)
})

test('a generated secret is good enough for a key', () => {
  assert.match(generateSecret(), /^[0-9a-f]{64}$/)
  assert.equal(secretKey(generateSecret(64), { algorithm: 'HS512' }).algorithm, 'HS512')
  assert.equal(secretKey(generateSecret(32, 'base64url'), { encoding: 'base64url' }).canSign, true)
})

for (const algorithm of algorithmNames) {
  test(`signing and verifying off the event loop gives the same with ${algorithm}`, async () => {
    const signer = testKey(algorithm)
    const options = { lifetimeSeconds: 60, tokenId: 'one', now } as const
    const fromPool = await signAsync({ sub: '42' }, signer, options)
    assert.deepEqual(
      verify(fromPool, signer, { now }),
      verify(sign({ sub: '42' }, signer, options), signer, { now }),
    )
    assert.equal((await verifyAsync(fromPool, signer, { now })).sub, '42')
  })
}

test('what verify refuses, verifyAsync rejects with the same error', async () => {
  for (const [bad, options] of [
    [`${token.slice(0, -4)}AAAA`, {}],
    ['x.y.z', {}],
    [token, { now: later(1800) }],
    [token, { issuer: 'x', now }],
    [forge({ alg: 'HS384' }, {}), {}],
    [token, { audiance: 'x' }],
    [token, { schema: roleSchema, issuer: undefined }],
  ] as const) {
    const expected = thrownBy(() => verify(bad, key, options as object))
    await assert.rejects(verifyAsync(bad, key, options as object), (error) => {
      assert.deepEqual(error, expected)
      return true
    })
  }
})

test('signAsync rejects what sign throws', async () => {
  await assert.rejects(signAsync({ sub: 42 as never }, key, { lifetimeSeconds: 1 }), TypeError)
  await assert.rejects(signAsync({}, key), /a token needs an end/)
})

test('verifyAsync waits once for a key set that is fetching', async () => {
  const signer = generateKey('ES256', { kid: 'new' })
  const signed = sign({ sub: '42' }, signer, { lifetimeSeconds: 60, now })
  let known = createKeySet([])
  const set = {
    keys: [],
    get: (kid: string) => known.get(kid),
    get refreshing() {
      return Promise.resolve().then(() => {
        known = createKeySet([signer])
      })
    },
  }
  assert.equal((await verifyAsync(signed, set, { now })).sub, '42')
  const idle = { keys: [], get: () => undefined, refreshing: Promise.resolve() }
  await assert.rejects(verifyAsync(signed, idle, { now }), UnknownKeyError)
})

test('an elliptic key signs what only it verifies', () => {
  const elliptic = generateKey('ES256')
  const signed = sign({ sub: '1' }, elliptic, { lifetimeSeconds: 60, now })
  assert.equal(verify(signed, elliptic, { now }).sub, '1')
  assert.equal(decodeUnverified(signed).signature.length, 64)
})
