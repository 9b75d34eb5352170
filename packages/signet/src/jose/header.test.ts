import assert from 'node:assert/strict'
import { test } from 'node:test'
import { segment } from '../../../../test/support/forge.ts'
import { MalformedTokenError } from '../errors.ts'
import { parseHeader, sameMediaType } from './header.ts'

const refused = (header: object | string, message: RegExp) =>
  assert.throws(
    () => parseHeader(segment(header)),
    (error) => error instanceof MalformedTokenError && message.test(error.message),
  )

test('a header gives alg, kid and typ', () => {
  assert.deepEqual(parseHeader(segment({ alg: 'HS256', kid: 'a', typ: 'JWT' })), {
    alg: 'HS256',
    kid: 'a',
    typ: 'JWT',
  })
})

test('alg must be a string of the header itself', () => {
  refused({}, /no 'alg' string/)
  refused({ alg: 5 }, /no 'alg' string/)
  refused({ alg: ['HS256'] }, /no 'alg' string/)
  refused('{"__proto__":{"alg":"HS256"}}', /no 'alg' string/)
})

test('kid must be a string of at most 256 characters', () => {
  refused({ alg: 'HS256', kid: 5 }, /'kid'/)
  refused({ alg: 'HS256', kid: null }, /'kid'/)
  refused({ alg: 'HS256', kid: 'k'.repeat(257) }, /'kid'/)
})

test('typ must be a string', () => refused({ alg: 'HS256', typ: ['JWT'] }, /'typ'/))

test('crit is refused whatever stands in it', () => {
  for (const crit of [null, false, '', 0, [], ['b64'], ['exp'], ['x', 'x'], {}]) {
    refused({ alg: 'HS256', crit, b64: true, exp: 1 }, /'crit'/)
  }
})

test('b64 is refused, true or false', () => {
  for (const b64 of [true, false]) refused({ alg: 'HS256', b64 }, /'b64'/)
})

test('a header that is not canonical base64url, UTF-8 or one JSON object is refused', () => {
  assert.throws(() => parseHeader(`${segment({ alg: 'HS256' })}=`), /not canonical base64url/)
  refused(Buffer.from([0x7b, 0xff, 0x7d]), /not UTF-8/)
  refused('[]', /one JSON object/)
  refused('{"alg":"HS256","alg":"HS256"}', /without duplicate members/)
})

test('media types are the same without regard to case and the application prefix', () => {
  assert.ok(sameMediaType('at+jwt', 'application/AT+JWT'))
  assert.ok(!sameMediaType('at+jwt', 'text/at+jwt'))
  assert.ok(!sameMediaType('at+jwt', 'rt+jwt'))
})
