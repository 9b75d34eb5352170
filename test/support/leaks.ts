/** Situations in which errors are thrown while something secret is at hand. */
import { generateKeyPairSync } from 'node:crypto'
import {
  type Claims,
  createKeySet,
  createRemoteKeySet,
  decodeUnverified,
  type ErrorCode,
  exportJwk,
  exportPem,
  generateKey,
  importDer,
  importJwk,
  importPem,
  secretKey,
  sign,
  type VerifyOptions,
  verify,
} from 'signet-jwt'
import { forge, testSecret } from './forge.ts'
import { testKey } from './keys.ts'
import { now, secret } from './refusals.ts'
import { sessions } from './session-leaks.ts'

export interface Leak {
  /** Completes "nothing secret is let out when …". */
  readonly when: string
  readonly code?: ErrorCode
  readonly run: () => unknown
  readonly secrets: () => readonly string[]
}

/** A claim that nobody should read in a log. */
const PRIVATE = 'correct-horse-battery-staple'
const token = sign({ sub: '42', note: PRIVATE, aud: 'a', iss: 'b' }, secret, {
  lifetimeSeconds: 60,
  now,
})
const later = new Date(now.getTime() + 60_000)
const ofToken = (token: string) => [...token.split('.'), PRIVATE, testSecret]

const verifying = (
  when: string,
  code: ErrorCode,
  bad: string,
  options: VerifyOptions = {},
): Leak => ({
  when,
  code,
  run: () => verify(bad, secret, { audience: 'a', now, ...options }),
  secrets: () => ofToken(bad),
})

const cut = token.lastIndexOf('.')
const elliptic = exportJwk(testKey('ES256'), 'private')
const rsa = exportJwk(testKey('RS256'), 'private')
const pem = exportPem(testKey('ES256'), 'private')
const stringsOf = (jwk: object) =>
  Object.values(jwk).filter((value) => typeof value === 'string' && value.length > 20)

const tokens: readonly Leak[] = [
  verifying('a token is malformed', 'ERR_TOKEN_MALFORMED', `${token}.x`),
  verifying('a token is too long', 'ERR_TOKEN_MALFORMED', token + 'A'.repeat(20_000)),
  verifying('a header is no JSON', 'ERR_TOKEN_MALFORMED', `x${token}`),
  verifying(
    'claims are no JSON',
    'ERR_TOKEN_MALFORMED',
    forge({ alg: 'HS256' }, `{"note":"${PRIVATE}"`),
  ),
  verifying('a token comes with Bearer', 'ERR_TOKEN_MALFORMED', `Bearer ${token}`),
  verifying('a token has expired', 'ERR_TOKEN_EXPIRED', token, { now: later }),
  verifying('a token is not yet valid', 'ERR_TOKEN_NOT_YET_VALID', token, { now: new Date(0) }),
  verifying(
    'a signature is wrong',
    'ERR_SIGNATURE_INVALID',
    `${token.slice(0, cut)}.${'A'.repeat(43)}`,
  ),
  verifying(
    'a token is unsigned',
    'ERR_ALGORITHM_INVALID',
    forge({ alg: 'none' }, { note: PRIVATE }),
  ),
  verifying('a claim is absent', 'ERR_CLAIM_MISSING', token, {
    subject: '42',
    requiredClaims: ['role'],
  }),
  verifying('a claim is another', 'ERR_CLAIM_INVALID', token, { issuer: 'c' }),
  verifying('the typ is another', 'ERR_TOKEN_INVALID', token, { typ: 'at+jwt' }),
  {
    when: 'a kid is unknown',
    code: 'ERR_KEY_UNKNOWN',
    run: () => verify(forge({ alg: 'ES256', kid: PRIVATE }, {}), createKeySet([testKey('ES256')])),
    secrets: () => [PRIVATE],
  },
  {
    when: 'a schema complains',
    code: 'ERR_CLAIM_INVALID',
    run: () =>
      verify(token, secret, {
        audience: 'a',
        now,
        schema: {
          '~standard': {
            version: 1,
            vendor: 'x',
            validate: () => ({ issues: [{ message: 'no', path: ['note'] }] }),
          },
        },
      }),
    secrets: () => ofToken(token),
  },
  {
    when: 'reading a token fails',
    code: 'ERR_TOKEN_MALFORMED',
    run: () => decodeUnverified(`${token}=`),
    secrets: () => ofToken(token),
  },
]

const keys: readonly Leak[] = [
  {
    when: 'a secret is too short',
    code: 'ERR_KEY_INVALID',
    run: () => secretKey('q9wE-tyU3-ghJ7-xcV1'),
    secrets: () => ['q9wE-tyU3-ghJ7-xcV1'],
  },
  {
    when: 'a secret is in another encoding',
    code: 'ERR_KEY_INVALID',
    run: () => secretKey(`${testSecret}!`, { encoding: 'hex' }),
    secrets: () => [testSecret],
  },
  {
    when: 'a key is given as a secret',
    code: 'ERR_KEY_INVALID',
    run: () => secretKey(pem),
    secrets: () => [pem],
  },
  {
    when: 'a secret is given as a key',
    run: () => sign({}, testSecret as never, { lifetimeSeconds: 1 }),
    secrets: () => [testSecret],
  },
  {
    when: 'a JWK is given as a key',
    run: () => verify(token, elliptic as never),
    secrets: () => [...ofToken(token), ...stringsOf(elliptic)],
  },
  {
    when: 'a JWK has a foreign half',
    code: 'ERR_KEY_INVALID',
    run: () => importJwk({ ...elliptic, d: generateOther() }),
    secrets: () => stringsOf(elliptic),
  },
  {
    when: 'a JWK is cut',
    code: 'ERR_KEY_INVALID',
    run: () => importJwk({ ...elliptic, d: (elliptic.d as string).slice(2) }),
    secrets: () => stringsOf(elliptic),
  },
  {
    when: 'RSA numbers do not fit',
    code: 'ERR_KEY_INVALID',
    run: () => importJwk({ ...rsa, p: rsa.q, q: rsa.p }),
    secrets: () => stringsOf(rsa),
  },
  {
    when: 'a PEM is damaged',
    code: 'ERR_KEY_INVALID',
    run: () => importPem(pem.replace('MIG', 'XXX'), { algorithm: 'ES256' }),
    secrets: () => [pem.slice(60)],
  },
  {
    when: 'a passphrase is wrong',
    code: 'ERR_KEY_INVALID',
    run: () => importPem(encrypted(), { algorithm: 'ES256', passphrase: `${PRIVATE}!` }),
    secrets: () => [PRIVATE, encrypted()],
  },
  {
    when: 'a private key is for another algorithm',
    code: 'ERR_KEY_INVALID',
    run: () => importPem(pem, { algorithm: 'RS256' }),
    secrets: () => [pem],
  },
  {
    when: 'DER is damaged',
    code: 'ERR_KEY_INVALID',
    run: () => importDer(Buffer.from(pem), { algorithm: 'ES256' }),
    secrets: () => [pem],
  },
  {
    when: 'a secret is asked for its public part',
    run: () => exportJwk(secret),
    secrets: () => [testSecret],
  },
  {
    when: 'a key set mixes kinds',
    code: 'ERR_KEY_INVALID',
    run: () => createKeySet({ keys: [exportJwk(secret, 'private'), elliptic] }),
    secrets: () => [testSecret, ...stringsOf(elliptic)],
  },
]

const claims: readonly Leak[] = [
  ...[
    { password: PRIVATE },
    { note: pem },
    { note: token },
    { sub: [PRIVATE] as never },
    { when: new Date(0) as never, note: PRIVATE },
  ].map((claims: Claims) => ({
    when: `claims with ${Object.keys(claims)[0]} are refused`,
    run: () => sign(claims, secret, { lifetimeSeconds: 60 }),
    secrets: () => [PRIVATE, pem, ...ofToken(token)],
  })),
  {
    when: 'an option is misspelt',
    run: () => secretKey(testSecret, { algoritm: PRIVATE } as object),
    secrets: () => [PRIVATE, testSecret],
  },
]

const remote: readonly Leak[] = [
  {
    when: 'a key set cannot be fetched',
    code: 'ERR_KEYS_UNAVAILABLE',
    run: () =>
      createRemoteKeySet('https://login.example/jwks', {
        fetch: async () => Response.json({ keys: `${PRIVATE}` }),
      }),
    secrets: () => [PRIVATE],
  },
  {
    when: 'a URL holds a password',
    run: () => createRemoteKeySet(`https://me:${PRIVATE}@login.example/`),
    secrets: () => [PRIVATE],
  },
]

function generateOther(): unknown {
  return exportJwk(generateKey('ES256'), 'private').d
}

let encryptedPem: string | undefined
function encrypted(): string {
  encryptedPem ??= generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: {
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: PRIVATE,
    },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey
  return encryptedPem
}

export const leaks: readonly Leak[] = [...tokens, ...keys, ...claims, ...remote, ...sessions]
