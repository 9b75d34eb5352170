import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  ExpiredRefreshTokenError,
  ExpiredTokenError,
  InsufficientScopeError,
  InvalidClaimError,
  InvalidKeyError,
  InvalidRefreshTokenError,
  InvalidTokenError,
  MalformedTokenError,
  MissingTokenError,
  ReusedRefreshTokenError,
  RevokedRefreshTokenError,
  RevokedTokenError,
  StaleRevocationsError,
  StoreUnavailableError,
  SupersededRefreshTokenError,
} from '../errors.ts'
import { refusal, refusalHeaders } from './refusal.ts'

describe('refusal', () => {
  it('challenges a request without a token, without an error code (RFC 6750 section 3.1)', () => {
    const { status, challenge } = refusal(new MissingTokenError('none'))
    assert.equal(status, 401)
    assert.match(challenge ?? '', /^Bearer realm="/)
    assert.doesNotMatch(challenge ?? '', /error/)
  })

  for (const error of [
    new InvalidTokenError('x'),
    new MalformedTokenError('x'),
    new ExpiredTokenError('x', new Date(0)),
    new RevokedTokenError('x', 'subject'),
  ]) {
    it(`answers ${error.name} with 401 invalid_token`, () => {
      const { status, challenge, body } = refusal(error)
      assert.equal(status, 401)
      assert.equal(body.error, 'invalid_token')
      assert.equal(
        challenge,
        `Bearer error="invalid_token", error_description="${body.error_description}"`,
      )
    })
  }

  it('answers a missing scope with 403', () => {
    const { status, challenge } = refusal(new InsufficientScopeError('x', ['write']))
    assert.equal(status, 403)
    assert.match(challenge ?? '', /^Bearer error="insufficient_scope"/)
  })

  it('tells whoever holds a bad refresh token nothing about it', () => {
    const answers = [
      new InvalidRefreshTokenError('a'),
      new ExpiredRefreshTokenError('b'),
      new RevokedRefreshTokenError('c'),
      new ReusedRefreshTokenError('d', 'the-session'),
    ].map((error) => JSON.stringify(refusal(error)))
    assert.equal(new Set(answers).size, 1)
    assert.match(answers[0] ?? '', /"status":400.*invalid_grant/)
  })

  it('answers what passes by itself with 503 and Retry-After, and no challenge', () => {
    const errors = [
      new SupersededRefreshTokenError('x'),
      new StoreUnavailableError('x', { retryAfterSeconds: 0.2 }),
      new StaleRevocationsError('x', Number.POSITIVE_INFINITY),
    ]
    for (const error of errors) {
      const refused = refusal(error)
      assert.equal(refused.status, 503)
      assert.equal(refused.challenge, undefined)
      assert.equal(refusalHeaders(refused)['retry-after'], '1')
    }
  })

  it('never repeats the message of an error, which may quote a claim', () => {
    const secretive = new InvalidClaimError('claim \'sub\' must be x, got "the-value"\r\nx: y', {
      claim: 'sub',
      received: 'the-value',
    })
    assert.doesNotMatch(JSON.stringify(refusal(secretive)), /the-value/)
  })

  it('throws what is none of its business', () => {
    const foreign = new RangeError('of the application')
    assert.throws(() => refusal(foreign), foreign)
    const fault = new InvalidKeyError('a weak key is no answer to a client')
    assert.throws(() => refusal(fault), fault)
  })
})
