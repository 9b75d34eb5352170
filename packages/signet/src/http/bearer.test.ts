import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InvalidRequestError, MissingTokenError } from '../errors.ts'
import { bearerToken, cookieToken } from './bearer.ts'

describe('an Authorization header', () => {
  it('gives its token, whatever the case of the scheme', () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      assert.equal(bearerToken(`${scheme} a.b-c_d~e+f/g==`), 'a.b-c_d~e+f/g==')
    }
  })

  it('that is absent, or of another scheme, means no token', () => {
    for (const header of [undefined, null, '', 'Basic YTpi', 'Bearish x', 'x']) {
      assert.throws(() => bearerToken(header), MissingTokenError)
    }
  })

  it('that is malformed makes the request invalid', () => {
    for (const header of [
      'Bearer',
      'Bearer a b',
      'Bearer a,b',
      'Bearer "a"',
      'Bearer a=b',
      'Bearer é',
    ]) {
      assert.throws(() => bearerToken(header), InvalidRequestError)
    }
  })
})

describe('a cookie', () => {
  it('is found by its whole name', () => {
    assert.equal(cookieToken('xaccess=1; access=tok.en; accessx=2', 'access'), 'tok.en')
  })

  it('that is absent or empty means no token', () => {
    for (const header of [undefined, null, '', 'other=1', 'access=']) {
      assert.throws(() => cookieToken(header, 'access'), MissingTokenError)
    }
  })

  it('that comes twice makes the request invalid', () => {
    assert.throws(() => cookieToken('access=a; access=b', 'access'), InvalidRequestError)
  })
})
