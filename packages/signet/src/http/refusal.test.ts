import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as errors from '../errors.ts'
import { refusal } from './refusal.ts'

const secretive = 'eyJhbGciOiJIUzI1NiJ9.e30.signature"\r\nX-Injected: 1'

const table: readonly [Error, number, string | undefined, string][] = [
  [new errors.MissingTokenError('x'), 401, 'Bearer', 'unauthorized'],
  [new errors.InvalidTokenError(secretive), 401, 'invalid_token', 'invalid_token'],
  [new errors.MalformedTokenError(secretive), 401, 'invalid_token', 'invalid_token'],
  [new errors.ExpiredTokenError(secretive, new Date(0)), 401, 'invalid_token', 'invalid_token'],
  [new errors.RevokedTokenError(secretive, 'session'), 401, 'invalid_token', 'invalid_token'],
  [new errors.UnknownKeyError(secretive), 401, 'invalid_token', 'invalid_token'],
  [
    new errors.InvalidRequestError('the header is wrong'),
    400,
    'invalid_request',
    'invalid_request',
  ],
  [
    new errors.InsufficientScopeError('x', ['admin']),
    403,
    'insufficient_scope',
    'insufficient_scope',
  ],
  [new errors.InvalidRefreshTokenError(secretive), 400, undefined, 'invalid_grant'],
  [new errors.ReusedRefreshTokenError(secretive, 'sid'), 400, undefined, 'invalid_grant'],
  [new errors.ExpiredRefreshTokenError(secretive), 400, undefined, 'invalid_grant'],
  [new errors.RevokedRefreshTokenError(secretive), 400, undefined, 'invalid_grant'],
  [new errors.SupersededRefreshTokenError('x'), 503, undefined, 'temporarily_unavailable'],
  [new errors.StoreUnavailableError('x'), 503, undefined, 'temporarily_unavailable'],
  [new errors.StaleRevocationsError('x', 31), 503, undefined, 'temporarily_unavailable'],
]

describe('the refusal table', () => {
  for (const [error, status, challenge, code] of table) {
    it(`answers ${error.name} with ${status} ${code}`, () => {
      const answer = refusal(error)
      assert.equal(answer?.status, status)
      assert.equal(answer?.body.error, code)
      assert.equal(answer?.retryAfterSeconds, status === 503 ? 1 : undefined)
      if (challenge === undefined) assert.equal(answer?.challenge, undefined)
      else assert.ok(answer?.challenge?.includes(challenge))
    })
  }

  it('says nothing of the message, which may quote what a client sent', () => {
    for (const [error] of table) {
      const text = JSON.stringify(refusal(error))
      assert.ok(!text.includes('eyJ') && !text.includes('Injected'), text)
    }
  })

  it('writes challenges in the characters the standard allows', () => {
    for (const [error] of table) {
      const { challenge = 'Bearer' } = refusal(error) ?? {}
      assert.match(
        challenge,
        /^Bearer( error="[a-z_]+", error_description="[\x20-\x21\x23-\x5b\x5d-\x7e]+")?$/,
      )
    }
  })

  it('tells a client of a missing token nothing but the scheme', () => {
    assert.equal(refusal(new errors.MissingTokenError('x'))?.challenge, 'Bearer')
  })

  it('has no answer for errors that are bugs', () => {
    assert.equal(refusal(new Error('bug')), undefined)
    assert.equal(refusal(new TypeError('bug')), undefined)
    assert.equal(refusal(new errors.InvalidKeyError('configuration')), undefined)
    assert.equal(refusal('text'), undefined)
  })

  it('covers every code there is, but for keys, which are configuration', () => {
    const codes = new Set(table.map(([error]) => (error as errors.SignetError).status))
    assert.deepEqual([...codes].toSorted(), [400, 401, 403, 503])
  })
})
