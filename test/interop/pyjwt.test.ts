/** Signet and the real PyJWT: each reads the other's tokens, and both refuse the same ones. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  decodeUnverified,
  exportPem,
  generateKey,
  secretKey,
  sign,
  tryVerify,
  type VerifyOptions,
  verify,
} from 'signet-jwt'
import { forge, testSecret } from '../support/forge.ts'
import { needPython } from '../support/need.ts'

interface Answer {
  readonly token?: string
  readonly claims?: Record<string, unknown>
  readonly raised?: string
}

/** All calls of a test in one Python process, since starting one costs more than the calls. */
function pyjwt(python: string, calls: readonly object[]): Answer[] {
  const script = join(import.meta.dirname, 'pyjwt.py')
  const run = spawnSync(python, [script], { input: JSON.stringify(calls), encoding: 'utf8' })
  assert.equal(run.status, 0, run.stderr)
  return JSON.parse(run.stdout)
}

const key = secretKey(testSecret)
const seconds = () => Math.floor(Date.now() / 1000)

test('PyJWT reads what Signet signs with a secret', (t) => {
  const python = needPython(t)
  if (python === undefined) return
  const token = sign({ sub: '42', role: 'editor', type: 'access' }, key, { lifetimeSeconds: 1800 })
  assert.equal(decodeUnverified(token).header.kid, undefined)
  const [answer] = pyjwt(python, [{ do: 'decode', token, key: testSecret, algorithms: ['HS256'] }])
  assert.deepEqual(answer?.claims, decodeUnverified(token).claims)
})

test('Signet reads what PyJWT signs with a secret', (t) => {
  const python = needPython(t)
  if (python === undefined) return
  const payload = {
    sub: '42',
    role: 'editor',
    iat: seconds(),
    exp: seconds() + 1800,
    name: 'Zoë ✓',
  }
  const [answer] = pyjwt(python, [{ do: 'encode', payload, key: testSecret, algorithm: 'HS256' }])
  const token = answer?.token ?? ''
  assert.deepEqual(verify(token, key), payload)
  assert.deepEqual(decodeUnverified(token).header, { alg: 'HS256', typ: 'JWT' })
})

test('ES256 goes both ways', (t) => {
  const python = needPython(t)
  if (python === undefined) return
  const elliptic = generateKey('ES256')
  const token = sign({ sub: '42' }, elliptic, { lifetimeSeconds: 60 })
  const payload = { sub: '42', exp: seconds() + 60 }
  const [decoded, encoded] = pyjwt(python, [
    { do: 'decode', token, key: exportPem(elliptic), algorithms: ['ES256'] },
    { do: 'encode', payload, key: exportPem(elliptic, 'private'), algorithm: 'ES256' },
  ])
  assert.deepEqual(decoded?.claims, decodeUnverified(token).claims)
  assert.deepEqual(verify(encoded?.token ?? '', elliptic), payload)
})

test('a kid given on one side arrives on the other', (t) => {
  const python = needPython(t)
  if (python === undefined) return
  const payload = { exp: seconds() + 60 }
  const [answer] = pyjwt(python, [
    { do: 'encode', payload, key: testSecret, algorithm: 'HS256', headers: { kid: 'k1' } },
  ])
  assert.equal(decodeUnverified(answer?.token ?? '').header.kid, 'k1')
  assert.equal(verify(answer?.token ?? '', secretKey(testSecret, { kid: 'k1' })).exp, payload.exp)
})

/** What PyJWT raises, and what Signet throws for the same token. */
const refusals: readonly {
  readonly title: string
  readonly token: () => string
  readonly arguments?: object
  readonly options?: VerifyOptions
  readonly pyjwt: string
  readonly signet: string
}[] = [
  {
    title: 'expired',
    token: () => forge({ alg: 'HS256' }, { exp: seconds() - 1 }),
    pyjwt: 'ExpiredSignatureError',
    signet: 'ExpiredTokenError',
  },
  {
    title: 'expired in this very second',
    token: () => forge({ alg: 'HS256' }, { exp: seconds() }),
    pyjwt: 'ExpiredSignatureError',
    signet: 'ExpiredTokenError',
  },
  {
    title: 'not yet valid',
    token: () => forge({ alg: 'HS256' }, { nbf: seconds() + 3600 }),
    pyjwt: 'ImmatureSignatureError',
    signet: 'NotYetValidTokenError',
  },
  {
    title: 'issued an hour from now',
    token: () => forge({ alg: 'HS256' }, { iat: seconds() + 3600 }),
    pyjwt: 'ImmatureSignatureError',
    signet: 'NotYetValidTokenError',
  },
  {
    title: 'signed with another secret',
    token: () => forge({ alg: 'HS256' }, { sub: '42' }, `${testSecret}x`),
    pyjwt: 'InvalidSignatureError',
    signet: 'InvalidSignatureError',
  },
  {
    title: 'no token at all',
    token: () => 'not a token',
    pyjwt: 'DecodeError',
    signet: 'MalformedTokenError',
  },
  {
    title: 'two segments',
    token: () => forge({ alg: 'HS256' }, {}).replace(/\.[^.]*$/, ''),
    pyjwt: 'DecodeError',
    signet: 'MalformedTokenError',
  },
  {
    title: 'a header that is no JSON',
    token: () => forge('nonsense', {}),
    pyjwt: 'DecodeError',
    signet: 'MalformedTokenError',
  },
  {
    title: 'claims that are a list',
    token: () => forge({ alg: 'HS256' }, '[]'),
    pyjwt: 'DecodeError',
    signet: 'MalformedTokenError',
  },
  {
    title: 'unsigned',
    token: () => forge({ alg: 'none' }, {}),
    pyjwt: 'InvalidAlgorithmError',
    signet: 'InvalidAlgorithmError',
  },
  {
    title: 'another algorithm than the one allowed',
    token: () => forge({ alg: 'HS512' }, {}),
    pyjwt: 'InvalidAlgorithmError',
    signet: 'InvalidAlgorithmError',
  },
  {
    title: 'for another audience',
    token: () => forge({ alg: 'HS256' }, { aud: 'b' }),
    arguments: { audience: 'a' },
    options: { audience: 'a' },
    pyjwt: 'InvalidAudienceError',
    signet: 'InvalidClaimError',
  },
  {
    title: 'for an audience nobody asked about',
    token: () => forge({ alg: 'HS256' }, { aud: 'b' }),
    pyjwt: 'InvalidAudienceError',
    signet: 'InvalidClaimError',
  },
  {
    title: 'without the audience asked for',
    token: () => forge({ alg: 'HS256' }, {}),
    arguments: { audience: 'a' },
    options: { audience: 'a' },
    pyjwt: 'MissingRequiredClaimError',
    signet: 'MissingClaimError',
  },
  {
    title: 'by another issuer',
    token: () => forge({ alg: 'HS256' }, { iss: 'b' }),
    arguments: { issuer: 'a' },
    options: { issuer: 'a' },
    pyjwt: 'InvalidIssuerError',
    signet: 'InvalidClaimError',
  },
  {
    title: 'without a required claim',
    token: () => forge({ alg: 'HS256' }, { sub: '42' }),
    arguments: { options: { require: ['exp'] } },
    options: { requiredClaims: ['exp'] },
    pyjwt: 'MissingRequiredClaimError',
    signet: 'MissingClaimError',
  },
]

test('what PyJWT refuses, Signet refuses for the same reason', async (t) => {
  const python = needPython(t)
  if (python === undefined) return
  const tokens = refusals.map((row) => row.token())
  const answers = pyjwt(
    python,
    refusals.map((row, i) => ({
      do: 'decode',
      token: tokens[i],
      key: testSecret,
      algorithms: ['HS256'],
      arguments: row.arguments ?? {},
    })),
  )
  for (const [i, row] of refusals.entries()) {
    await t.test(row.title, () => {
      assert.equal(answers[i]?.raised, row.pyjwt)
      const result = tryVerify(tokens[i] ?? '', key, row.options)
      assert.equal(result.ok ? 'accepted' : result.error.name, row.signet)
    })
  }
})
