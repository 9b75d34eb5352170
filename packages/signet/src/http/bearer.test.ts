import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MalformedTokenError, MissingTokenError } from '../errors.ts'
import { bearerToken } from './bearer.ts'

describe('bearerToken', () => {
  for (const header of ['Bearer a.b.c', 'bearer a.b.c', 'BEARER a.b.c', 'Bearer   a.b.c']) {
    it(`takes the token of ${JSON.stringify(header)}`, () => {
      assert.equal(bearerToken(header), 'a.b.c')
      assert.equal(bearerToken([header]), 'a.b.c')
    })
  }

  for (const header of [undefined, '', [], 'Basic YTpi', 'Bearertoken', 'a.b.c', 'DPoP a.b.c']) {
    it(`finds none in ${JSON.stringify(header)}`, () => {
      assert.throws(() => bearerToken(header), MissingTokenError)
    })
  }

  const malformed = [
    'Bearer',
    'Bearer ',
    'Bearer a b',
    'Bearer a, Bearer b',
    'Bearer a,b',
    ['Bearer a', 'Bearer a'],
  ]
  for (const header of malformed) {
    it(`refuses ${JSON.stringify(header)}`, () => {
      assert.throws(() => bearerToken(header), MalformedTokenError)
    })
  }
})
