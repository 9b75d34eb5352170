/** The mistakes everybody makes at first, and the sentence each is answered with: it must say what to write instead. */
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import {
  createKeySet,
  exportJwk,
  exportPem,
  generateKey,
  importPem,
  secretKey,
  sign,
  verify,
} from 'signet-jwt'
import { testSecret, thrownBy } from './support/forge.ts'
import { now, secret } from './support/refusals.ts'

const elliptic = generateKey('ES256')
const token = sign({ sub: '42', aud: 'https://api.example' }, secret, { lifetimeSeconds: 60, now })
const publicOnly = importPem(exportPem(elliptic), { algorithm: 'ES256' })

/** JavaScript callers have no compiler that would object first. */
const untyped = <T>(value: unknown): T => value as T

const mistakes: readonly (readonly [mistake: string, run: () => unknown, sentence: string])[] = [
  [
    'text in place of a key, when signing',
    () => sign({ sub: '42' }, untyped(testSecret), { lifetimeSeconds: 60 }),
    'the key must be a Key, got a string; for a shared secret write secretKey(secret)',
  ],
  [
    'text in place of a key, when verifying',
    () => verify(token, untyped(testSecret)),
    'the key must be a Key, got a string; for a shared secret write secretKey(secret)',
  ],
  [
    'a variable that is not set',
    () => secretKey(process.env.A_VARIABLE_THAT_IS_NOT_SET),
    'the secret is undefined: the variable you read is not set; make one with: signet secret',
  ],
  [
    'a secret that was typed',
    () => secretKey('hunter2'),
    'the secret has 7 bytes, HS256 needs at least 32 (RFC 7518 section 3.2); make one with: signet secret',
  ],
  [
    'a secret from a tutorial',
    () => secretKey('your-256-bit-secret'),
    'the secret stands in public examples; make one with: signet secret',
  ],
  [
    'a public key in place of a secret',
    () => secretKey(exportPem(elliptic)),
    'the secret is the text of an asymmetric key or a JWK, which is no secret; for a shared secret make one with: signet secret',
  ],
  [
    'no audience option',
    () => verify(token, secret, { now }),
    'the token is for "https://api.example" and no audience was asked for: write audience: "https://api.example" if that is you',
  ],
  [
    'milliseconds as a lifetime',
    () => sign({ sub: '42' }, secret, { lifetimeSeconds: 1_800_000_000 }),
    "'lifetimeSeconds' is 1800000000, more than ten years: it counts seconds, not milliseconds",
  ],
  [
    'milliseconds as a claim',
    () => sign({ sub: '42', exp: 1_800_000_000_000 }, secret),
    "claim 'exp' is 1800000000000, which is thousands of years ahead: it counts seconds, so write Math.floor(milliseconds / 1000)",
  ],
  [
    'a Date as a claim',
    () => sign({ sub: '42', exp: untyped<number>(new Date(0)) }, secret),
    'claims.exp must be a JSON value, got a Date; write seconds since the epoch or an ISO string',
  ],
  [
    'a text as a lifetime',
    () => sign({ sub: '42' }, secret, { lifetimeSeconds: untyped<number>('30m') }),
    "'lifetimeSeconds' must be a number of seconds, got a string",
  ],
  [
    'a numeric sub',
    () => sign({ sub: untyped<string>(42) }, secret, { lifetimeSeconds: 60 }),
    "claim 'sub' must be a non-empty string, got the number 42: write String(42)",
  ],
  [
    'no end of life',
    () => sign({ sub: '42' }, secret),
    "a token needs an end: write lifetimeSeconds: 1800, or lifetimeSeconds: 'forever' if it really has none",
  ],
  [
    'a public key for signing',
    () => sign({ sub: '42' }, publicOnly, { lifetimeSeconds: 60 }),
    'Key(ES256) can only verify; sign with the private key',
  ],
  [
    'a key of the wrong kind for the token',
    () => verify(token, elliptic),
    'the token says HS256, but its key is for ES256',
  ],
  [
    'a PEM for the wrong algorithm',
    () => importPem(exportPem(elliptic), { algorithm: 'RS256' }),
    'a key of type ec prime256v1 cannot be used with RS256',
  ],
  [
    'a PEM for an HMAC algorithm',
    () => importPem(exportPem(elliptic), { algorithm: 'HS256' }),
    'importPem: HS256 uses a shared secret; write secretKey(secret)',
  ],
  [
    'a list of JWKs in place of a JWK Set',
    () => createKeySet(untyped([exportJwk(elliptic)])),
    'createKeySet takes a list of keys or a JWK Set: { keys: [...] }',
  ],
  [
    'a JWK in place of a key',
    () => verify(token, untyped(exportJwk(elliptic))),
    'the key must be a Key, got an object; for a JWK write importJwk(jwk)',
  ],
  [
    'PEM in place of a key',
    () => verify(token, untyped(exportPem(elliptic))),
    'the key must be a Key, got a string; for PEM write importPem(pem, { algorithm })',
  ],
  [
    'a KeyObject in place of a key',
    () => verify(token, untyped(createSecretKey(testSecret, 'utf8'))),
    'the key must be a Key, got an object; write importKeyObject(key, { algorithm })',
  ],
  [
    'an algorithm beside the key',
    () => sign({ sub: '42' }, secret, untyped({ algorithm: 'HS256' })),
    "sign: unknown option 'algorithm'; the key has its algorithm and kid: say them where the key is made",
  ],
  [
    'the whole header in place of the token',
    () => verify(`Bearer ${token}`, secret),
    "the token still has its 'Bearer ' prefix; pass what follows it",
  ],
  [
    'a misspelt option',
    () => verify(token, secret, untyped({ audiance: 'x' })),
    "verify: unknown option 'audiance'; did you mean 'audience'?",
  ],
  [
    'an option whose variable is not set',
    () => verify(token, secret, untyped({ audience: process.env.A_VARIABLE_THAT_IS_NOT_SET })),
    "verify: option 'audience' is undefined; leave it out or give it a value, since an undefined check would be no check",
  ],
  [
    'options of jsonwebtoken',
    () => sign({ sub: '42' }, secret, untyped({ expiresIn: '30m' })),
    "sign: unknown option 'expiresIn'; write lifetimeSeconds",
  ],
  [
    'options of PyJWT',
    () => verify(token, secret, untyped({ leeway: 5 })),
    "verify: unknown option 'leeway'; write clockToleranceSeconds",
  ],
  [
    'a password in the claims',
    () => sign({ sub: '42', password: 'x' }, secret, { lifetimeSeconds: 60 }),
    "claim 'password' names something secret, and whoever holds a token can read its claims: leave it out, or write allowSensitiveClaims: ['password'] if it is harmless",
  ],
]

for (const [mistake, run, sentence] of mistakes) {
  test(`${mistake} is answered with what to write instead`, () => {
    assert.equal(thrownBy(run).message, sentence)
  })
}
