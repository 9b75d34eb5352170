import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InvalidRefreshTokenError } from '../errors.ts'
import { encodeBase64url, encodeUtf8 } from '../jose/bytes.ts'
import { signJws } from '../jose/jws.ts'
import { decodeUnverified } from '../jose/jwt.ts'
import type { Key } from '../jose/key.ts'
import { secretKey } from '../keys/secret.ts'
import { accessTokenId, contextHash, refreshTokenId } from './derived-ids.ts'
import { mintRefreshToken, readRefreshToken } from './refresh-token.ts'
import { newSessionId } from './session-id.ts'
import type { SessionRow } from './session-row.ts'

const ISSUER = 'https://issuer.example'
const secret = Buffer.alloc(32, 7)
const macKey = secretKey('0123456789abcdefghijklmnopqrstuv', { kid: 'mac-1' })
const sid = newSessionId(ISSUER, 'anna', (size) => Buffer.alloc(size, 9))
const bornAt = Date.parse('2026-01-01T00:00:00.500Z')
const row = { sid, gen: 3, bornAt, absoluteAt: bornAt + 90 * 86_400_000 } as SessionRow
const now = bornAt / 1000

const find = (kid: string): Key | undefined => (kid === 'mac-1' ? macKey : undefined)
const read = (token: unknown, at = now) => readRefreshToken(token, ISSUER, find, at)

/** A token as ours, but for the changes. */
function forge(changes: Record<string, unknown>, { typ = 'rt+jwt', key = macKey } = {}): string {
  const { claims } = decodeUnverified(mintRefreshToken(row, ISSUER, secret, macKey))
  return signJws(encodeUtf8(JSON.stringify({ ...claims, ...changes })), key, typ)
}

describe('a refresh token', () => {
  it('is the same text for the same generation, however often it is made', () => {
    assert.equal(
      mintRefreshToken(row, ISSUER, secret, macKey),
      mintRefreshToken({ ...row }, ISSUER, Buffer.from(secret), macKey),
    )
  })

  it('has the header and claims that the protocol says, in its order, and no subject', () => {
    const { header, claims } = decodeUnverified(mintRefreshToken(row, ISSUER, secret, macKey))
    assert.deepEqual(header, { alg: 'HS256', typ: 'rt+jwt', kid: 'mac-1' })
    assert.deepEqual(Object.entries(claims), [
      ['iss', ISSUER],
      ['sid', sid],
      ['gen', 3],
      ['jti', refreshTokenId(secret, 3)],
      ['iat', Math.floor(bornAt / 1000)],
      ['exp', Math.floor(row.absoluteAt / 1000)],
      ['ses', encodeBase64url(secret)],
      ['type', 'refresh'],
    ])
  })

  it('is read back', () => {
    const claims = read(mintRefreshToken(row, ISSUER, secret, macKey))
    assert.deepEqual(claims, {
      sid,
      gen: 3,
      jti: refreshTokenId(secret, 3),
      secret,
      macKid: 'mac-1',
    })
  })

  const refused: readonly [string, unknown][] = [
    ['what is no string', 42],
    ['an empty string', ''],
    ['an overlong text', `${mintRefreshToken(row, ISSUER, secret, macKey)}${'x'.repeat(1024)}`],
    ['two segments', 'a.b'],
    ['another issuer', forge({ iss: 'https://other.example' })],
    ['another type', forge({ type: 'access' })],
    ['another typ', forge({}, { typ: 'at+jwt' })],
    ['a generation that is none', forge({ gen: 1.5 })],
    ['a negative generation', forge({ gen: -1 })],
    ['a generation whose id does not follow from the session secret', forge({ gen: 4 })],
    [
      'another session secret under the same id',
      forge({ ses: encodeBase64url(Buffer.alloc(32, 8)) }),
    ],
    ['a short session secret', forge({ ses: 'AAAA' })],
    ['a session id of another shape', forge({ sid: 'short' })],
    [
      'an unknown key',
      forge({}, { key: secretKey('another secret of thirty-two bytes!', { kid: 'mac-9' }) }),
    ],
    [
      'a wrong signature',
      forge({}, { key: secretKey('another secret of thirty-two bytes!', { kid: 'mac-1' }) }),
    ],
    ['a key without kid', forge({}, { key: secretKey('0123456789abcdefghijklmnopqrstuv') })],
  ]
  for (const [what, token] of refused) {
    it(`is refused with ${what}`, () => {
      assert.throws(
        () => read(token),
        (error: Error) => {
          assert.equal(error.constructor, InvalidRefreshTokenError)
          assert.ok(typeof token !== 'string' || token === '' || !error.message.includes(token))
          return true
        },
      )
    })
  }

  it('is refused for any other spelling of its header', () => {
    const [, payload, signature] = mintRefreshToken(row, ISSUER, secret, macKey).split('.')
    const header = encodeBase64url(encodeUtf8('{"typ":"rt+jwt","alg":"HS256","kid":"mac-1"}'))
    assert.throws(() => read(`${header}.${payload}.${signature}`), /header is not ours/)
  })

  it('reaches the store until five minutes after its end, since the store decides', () => {
    const token = mintRefreshToken(row, ISSUER, secret, macKey)
    const end = Math.floor(row.absoluteAt / 1000)
    assert.ok(read(token, end + 299))
    assert.throws(() => read(token, end + 300), /has expired/)
  })
})

describe('derived ids', () => {
  it('are version 8 UUIDs that differ by kind, generation and secret', () => {
    const ids = [
      refreshTokenId(secret, 1),
      refreshTokenId(secret, 2),
      accessTokenId(secret, 1),
      refreshTokenId(Buffer.alloc(32, 1), 1),
    ]
    for (const id of ids)
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.equal(new Set(ids).size, ids.length)
  })

  it('remember a user agent by sixteen bytes that only the session secret can make', () => {
    assert.equal(contextHash(secret, undefined), undefined)
    assert.equal(contextHash(secret, 'Firefox'), contextHash(secret, 'Firefox'))
    assert.notEqual(contextHash(secret, 'Firefox'), contextHash(Buffer.alloc(32, 1), 'Firefox'))
    assert.equal(Buffer.from(contextHash(secret, 'Firefox') as string, 'base64url').length, 16)
  })
})
