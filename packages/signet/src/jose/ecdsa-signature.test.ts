import assert from 'node:assert/strict'
import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { it } from 'node:test'
import fc from 'fast-check'
import { fromDer, toDer } from './ecdsa-signature.ts'

it('comes back as it went in, whatever zeros and high bits r and s have', () => {
  const half = fc.uint8Array({ minLength: 66, maxLength: 66 }).map((bytes) => {
    const zeros = (bytes[65] ?? 0) % 66
    return bytes.fill(0, 0, zeros)
  })
  fc.assert(
    fc.property(half, half, fc.constantFrom(32, 48, 66), (r, s, width) => {
      const signature = Buffer.concat([r.subarray(66 - width), s.subarray(66 - width)])
      assert.deepEqual(fromDer(toDer(signature), 2 * width), signature)
    }),
  )
})

it('is what OpenSSL makes and takes, on every curve', () => {
  for (const [namedCurve, width] of [
    ['prime256v1', 64],
    ['secp384r1', 96],
    ['secp521r1', 132],
    ['secp256k1', 64],
  ] as const) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
    for (let i = 0; i < 50; i++) {
      const data = Buffer.from(`message ${i}`)
      const der = sign('sha256', data, privateKey)
      const signature = fromDer(der, width)
      assert.deepEqual(toDer(signature), der)
      const fits = verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)
      assert.ok(fits)
    }
  }
})
