import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeBase64url, decodeUtf8, encodeBase64url, encodeUtf8 } from './bytes.ts'

test('any bytes survive base64url', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.deepEqual(new Uint8Array(decodeBase64url(encodeBase64url(bytes)) ?? []), bytes)
    }),
  )
})

test('a text that decodes is the only one that decodes to its bytes', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'AQgw_-+/= \n\u0141\u0000'), maxLength: 8 }),
      (text) => {
        const bytes = decodeBase64url(text)
        if (bytes !== undefined) assert.equal(encodeBase64url(bytes), text)
      },
    ),
  )
})

test('padding, white space, the other alphabet and a lone character are refused', () => {
  for (const text of ['QQ==', 'QQ=', 'Q Q', 'QQ\n', ' QQ', '+/+/', 'Q', 'QUJDR', 'QQ\u0000']) {
    assert.equal(decodeBase64url(text), undefined, JSON.stringify(text))
  }
})

test('spare bits that are not zero are refused', () => {
  assert.deepEqual(decodeBase64url('QQ'), Buffer.from('A'))
  for (const text of ['QR', 'QS', 'Qf']) assert.equal(decodeBase64url(text), undefined)
})

test('a character that only shares its low byte with a letter is refused', () => {
  assert.equal(decodeBase64url(`Q${String.fromCharCode(0x151)}`), undefined)
})

test('UTF-8 that is cut, overlong or a surrogate is refused', () => {
  for (const bytes of [[0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xff]]) {
    assert.equal(decodeUtf8(Uint8Array.from(bytes)), undefined)
  }
})

test('a byte order mark stays in the text, where JSON refuses it', () => {
  assert.equal(decodeUtf8(encodeUtf8('\ufeff{}')), '\ufeff{}')
})
