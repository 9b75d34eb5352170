import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MalformedTokenError } from '../errors.ts'
import { cookieValue } from './cookies.ts'

describe('cookieValue', () => {
  it('finds a cookie by its whole name', () => {
    assert.equal(cookieValue('a=1; token=x.y.z; b=2', 'token'), 'x.y.z')
    assert.equal(cookieValue('token=a=b', 'token'), 'a=b')
    assert.equal(cookieValue('xtoken=1; token2=2', 'token'), undefined)
    assert.equal(cookieValue(undefined, 'token'), undefined)
  })

  it('refuses a cookie that was sent twice', () => {
    assert.throws(() => cookieValue('token=a; token=b', 'token'), MalformedTokenError)
  })
})
