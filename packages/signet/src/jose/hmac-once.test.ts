import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { it } from 'node:test'
import fc from 'fast-check'
import { hmacOnce } from './hmac-once.ts'

const expected = (secret: Uint8Array, text: string) =>
  createHmac('sha256', secret).update(text).digest()

it('is what createHmac says, for secrets and texts of any length', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(0, 1, 32, 63, 64, 65, 200),
      fc.string({ unit: 'binary', maxLength: 3000 }),
      (length, text) => {
        const secret = randomBytes(length)
        assert.deepEqual(hmacOnce(secret, text), expected(secret, text))
      },
    ),
  )
})

it('leaves nothing of one secret or text for the next', () => {
  for (const text of ['a'.repeat(500), 'b', '', 'é'.repeat(1300), 'c'.repeat(5000)]) {
    for (const secret of [randomBytes(64), randomBytes(8), randomBytes(32)]) {
      assert.deepEqual(hmacOnce(secret, text), expected(secret, text))
    }
  }
})
