import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { deriveSealingKey, seal, unseal } from './seal.ts'

const ours = deriveSealingKey(Buffer.from('our master key'), 'test')
const next = deriveSealingKey(Buffer.from('the next master key'), 'test')
const foreign = deriveSealingKey(Buffer.from('another master key'), 'test')

describe('a seal', () => {
  it('opens under any of the keys it was made for, and under no other', () => {
    const sealed = seal('the secret text', 'public', [ours, next], randomBytes)
    assert.equal(unseal(sealed, 'public', [ours]), 'the secret text')
    assert.equal(unseal(sealed, 'public', [foreign, next]), 'the secret text')
    assert.equal(unseal(sealed, 'public', [foreign]), undefined)
  })

  it('opens only beside the public text it was made with', () => {
    const sealed = seal('text', 'public', [ours], randomBytes)
    assert.equal(unseal(sealed, 'Public', [ours]), undefined)
  })

  it('is refused whole when a byte of it is changed', () => {
    const sealed = seal('text', 'public', [ours], randomBytes)
    const flip = (text: string) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1)
    assert.equal(unseal({ ...sealed, data: flip(sealed.data) }, 'public', [ours]), undefined)
    assert.equal(unseal({ ...sealed, iv: flip(sealed.iv) }, 'public', [ours]), undefined)
    const wraps = sealed.wraps.map((wrap) => ({ ...wrap, data: flip(wrap.data) }))
    assert.equal(unseal({ ...sealed, wraps }, 'public', [ours]), undefined)
    assert.equal(unseal({ ...sealed, data: 'AA' }, 'public', [ours]), undefined)
  })

  it('shows nothing of the text or of the keys', () => {
    const text = JSON.stringify(seal('the secret text', 'public', [ours], randomBytes))
    for (const material of [Buffer.from('the secret text'), Buffer.from(ours.key)]) {
      for (const encoding of ['base64url', 'hex', 'utf8'] as const) {
        assert.ok(!text.includes(material.toString(encoding)))
      }
    }
  })

  it('is another one each time', () => {
    assert.notDeepEqual(seal('t', 'p', [ours], randomBytes), seal('t', 'p', [ours], randomBytes))
  })
})

it('derives another key for another purpose', () => {
  const secret = Buffer.from('one secret')
  assert.notDeepEqual(deriveSealingKey(secret, 'a').key, deriveSealingKey(secret, 'b').key)
  assert.deepEqual(deriveSealingKey(secret, 'a'), deriveSealingKey(secret, 'a'))
})
