import assert from 'node:assert/strict'
import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { it } from 'node:test'
import fc from 'fast-check'
import { hmac, isHmac } from './hmac.ts'

const hashes = ['sha256', 'sha384', 'sha512'] as const

it('is what createHmac says, for every hash, key length and text', () => {
  const lengths = [1, 32, 63, 64, 65, 127, 128, 129, 300]
  fc.assert(
    fc.property(
      fc.constantFrom(...hashes),
      fc.constantFrom(...lengths),
      fc.string({ unit: 'binary-ascii', maxLength: 3000 }),
      (name, length, text) => {
        const key = createSecretKey(randomBytes(length))
        const expected = createHmac(name, key).update(text).digest('base64url')
        assert.equal(hmac(name, key, text), expected)
        assert.equal(hmac(name, key, text), expected)
      },
    ),
  )
})

it('leaves nothing of one key or text for the next', () => {
  const keys = [createSecretKey(randomBytes(32)), createSecretKey(randomBytes(64))]
  for (const text of [
    'a'.repeat(500),
    'b',
    '',
    'c'.repeat(2500),
    'd'.repeat(16_384),
    'd'.repeat(20_000),
  ]) {
    // The same key object under every hash: two algorithms may have been given one secret.
    for (const name of hashes) {
      for (const key of keys) {
        assert.equal(hmac(name, key, text), createHmac(name, key).update(text).digest('base64url'))
      }
    }
  }
})

it('takes the MAC in its one spelling, and nothing that was left there by the one before', () => {
  const key = createSecretKey(randomBytes(64))
  for (const name of hashes) {
    const mac = hmac(name, key, 'text') as string
    const cut = mac.slice(0, -1)
    const low = String.fromCharCode(0x100 + mac.charCodeAt(mac.length - 1))
    for (const other of [
      cut,
      `${mac}A`,
      `${mac}=`,
      `${cut}é`,
      `${cut}${low}`,
      `${cut}\u{2ffff}`,
      '',
    ]) {
      assert.ok(isHmac(name, key, 'text', mac))
      assert.ok(!isHmac(name, key, 'text', other), other)
    }
    assert.ok(!isHmac(name, key, 'other text', mac))
  }
})

it('has no MAC of a text that is not ASCII, which no token is', () => {
  const key = createSecretKey(randomBytes(32))
  for (const text of [
    'é',
    '\u0141',
    `${'a'.repeat(300)}\u{1f511}`,
    'é'.repeat(6000),
    `${'a'.repeat(16_383)}é`,
  ]) {
    assert.equal(hmac('sha256', key, text), undefined)
    assert.ok(
      !isHmac('sha256', key, text, createHmac('sha256', key).update(text).digest('base64url')),
    )
    assert.equal(typeof hmac('sha256', key, Buffer.from(text)), 'string')
  }
})
