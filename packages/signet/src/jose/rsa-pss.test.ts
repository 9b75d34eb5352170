import assert from 'node:assert/strict'
import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
} from 'node:crypto'
import { test } from 'node:test'
import { bindToPss } from './rsa-pss.ts'

const data = Buffer.from('header.payload')
const padding = constants.RSA_PKCS1_PSS_PADDING

for (const [name, saltLength] of [
  ['sha256', 32],
  ['sha384', 48],
  ['sha512', 64],
] as const) {
  test(`a bare key does with ${name} what the options ask of a plain one, and nothing else`, () => {
    for (const modulusLength of [2048, 3072]) {
      const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength })
      const [signing, verifying] = [bindToPss(privateKey, name), bindToPss(publicKey, name)]
      assert.ok(signing && verifying)
      assert.equal(signing.type, 'private')
      assert.equal(verifying.type, 'public')

      const bare = sign(name, data, signing)
      assert.ok(verify(name, data, { key: publicKey, padding, saltLength }, bare))
      const plain = sign(name, data, { key: privateKey, padding, saltLength })
      assert.ok(verify(name, data, verifying, plain))
      for (const other of [0, saltLength - 1, saltLength + 1, 20]) {
        const salted = sign(name, data, { key: privateKey, padding, saltLength: other })
        assert.ok(!verify(name, data, verifying, salted), `a salt of ${other}`)
      }
      assert.ok(!verify(name, data, verifying, sign(name, data, privateKey)), 'PKCS #1 v1.5')
    }
  })
}

test('a key that came as PKCS #1 is bound like any other', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const type = 'pkcs1'
  const format = 'der'
  const again = [
    createPrivateKey({ key: privateKey.export({ type, format }), type, format }),
    createPublicKey({ key: publicKey.export({ type, format }), type, format }),
  ] as const
  const [signing, verifying] = again.map((key) => bindToPss(key, 'sha256'))
  assert.ok(signing && verifying)
  assert.ok(verify('sha256', data, verifying, sign('sha256', data, signing)))
})

test('a key is bound once for each hash', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  assert.equal(bindToPss(publicKey, 'sha256'), bindToPss(publicKey, 'sha256'))
  assert.notEqual(bindToPss(publicKey, 'sha256'), bindToPss(publicKey, 'sha512'))
})
