import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { onBothPaths } from '../../../../test/support/both-paths.ts'
import {
  decodeBase64url,
  decodeTextBase64url,
  decodeUtf8,
  encodeBase64url,
  encodeTextBase64url,
} from './bytes.ts'

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

test('both paths decode the same texts to the same', () => {
  const foreign = fc.constantFrom(...'AQgw_-+/= \n.\u00e9\u0141\u0151\u0000\u{1f511}')
  const nearly = fc.tuple(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.nat(), foreign)
  fc.assert(
    fc.property(nearly, ([text, place, char]) => {
      const whole = encodeTextBase64url(text)
      const at = place % (whole.length + 1)
      const mutants = [
        whole.slice(0, at) + char + whole.slice(at),
        whole.slice(0, at) + char + whole.slice(at + 1),
      ]
      for (const mutant of [whole, ...mutants]) {
        for (const decode of [decodeBase64url, decodeTextBase64url]) {
          const { fast, documented } = onBothPaths(() => decode(mutant))
          assert.deepEqual(fast, documented, JSON.stringify(mutant))
        }
      }
    }),
    { numRuns: 2000 },
  )
})

test('texts survive base64url on both paths, also those longer than what is at hand', () => {
  for (const text of [
    '',
    'a',
    '\u00e9\u{1f511}',
    '\ufffd',
    '\u00e9'.repeat(9000),
    'x'.repeat(20_000),
  ]) {
    const encoded = onBothPaths(() => encodeTextBase64url(text))
    assert.equal(encoded.fast, Buffer.from(text).toString('base64url'))
    assert.equal(encoded.documented, encoded.fast)
    const decoded = onBothPaths(() => decodeTextBase64url(encoded.fast))
    assert.deepEqual(decoded, { fast: text, documented: text })
  }
})

test('base64url of what is no UTF-8 is no text', () => {
  for (const bytes of [[0xff], [0xc3], [0x61, 0xed, 0xa0, 0x80]]) {
    const encoded = encodeBase64url(Uint8Array.from(bytes))
    const decoded = onBothPaths(() => decodeTextBase64url(encoded))
    assert.deepEqual(decoded, { fast: undefined, documented: undefined })
  }
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
  assert.equal(decodeUtf8(Buffer.from('\ufeff{}')), '\ufeff{}')
})
