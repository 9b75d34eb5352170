import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { testSecret } from '../../../../test/support/forge.ts'
import { materialOf } from '../jose/key.ts'
import { generateKey } from './generate.ts'
import { secretKey } from './secret.ts'
import { thumbprint } from './thumbprint.ts'

test('a thumbprint is the hash of the required members in order (RFC 7638 section 3)', () => {
  const key = generateKey('ES256')
  const { x, y } = materialOf(key).verifying.export({ format: 'jwk' })
  assert.equal(
    thumbprint(key),
    hash('sha256', `{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`, 'base64url'),
  )
})

test('a shared secret has none', () => {
  assert.throws(() => thumbprint(secretKey(testSecret)), /hash of the secret/)
})
