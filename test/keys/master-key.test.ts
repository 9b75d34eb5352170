/** Where a master key may come from, and how it changes while processes run. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createSignet, generateSecret, type RingOptions, reseal, type Store } from 'signet-jwt'
import { InvalidKeyError, StoreUnavailableError } from 'signet-jwt/errors'
import { memoryStore } from 'signet-jwt/stores/memory'
import { temporaryFolder } from '../support/npm.ts'

const issuer = 'https://issuer.example'
const open = (store: Store, keys: Omit<RingOptions, 'algorithm'>) =>
  createSignet({ issuer, store, keys: { algorithm: 'ES256', ...keys } })

test('a master key is a text, a file with or without a last line end, or what a function fetches', async (t) => {
  const masterKey = generateSecret()
  const [plain, edited] = ['plain', 'edited'].map((name) => join(temporaryFolder(t), name))
  writeFileSync(plain as string, masterKey)
  writeFileSync(edited as string, `${masterKey}\n`)
  const store = memoryStore()
  await using first = await open(store, { masterKey })
  const forms: readonly RingOptions['masterKey'][] = [
    { file: plain as string },
    { file: edited as string },
    () => masterKey,
    async () => masterKey,
    async () => Buffer.from(masterKey),
  ]
  for (const form of forms) {
    await using signet = await open(store, { masterKey: form })
    assert.deepEqual(signet.keys.jwks(), first.keys.jwks())
  }
  const denied = open(store, { masterKey: () => Promise.reject(new Error('the vault is sealed')) })
  await assert.rejects(denied, /the vault is sealed/)
  await assert.rejects(open(store, { masterKey: () => 'short' }), InvalidKeyError)
})

test('a master key changes in two deployments, and nobody is logged out on the way', async () => {
  const [old, fresh] = [generateSecret(), generateSecret()]
  const store = memoryStore()
  await using before = await open(store, { masterKey: old })
  const { accessToken, refreshToken } = await before.issue({ subject: '42' })
  await using during = await open(store, { masterKey: fresh, previousMasterKeys: [old] })
  assert.ok(during.verify(accessToken))
  // Either side goes on, also through a change of the ring by the other.
  await before.keys.rotate()
  await using restarted = await open(store, { masterKey: old })
  assert.ok(restarted.verify((await before.issue({ subject: '43' })).accessToken))
  await using after = await open(store, { masterKey: fresh })
  assert.ok(after.verify(accessToken))
  assert.equal((await after.refresh(refreshToken)).outcome, 'rotated')
  await assert.rejects(open(store, { masterKey: old }), InvalidKeyError)
})

test('a ring that only the old key opens is sealed anew by one call', async () => {
  const [old, fresh] = [generateSecret(), generateSecret()]
  const store = memoryStore()
  await using before = await open(store, { masterKey: old })
  const steps: string[] = []
  const options = { masterKey: fresh, previousMasterKeys: [old] }
  await reseal(store, { ...options, dryRun: true, onStep: (step) => steps.push(step) })
  await reseal(store, { ...options, onStep: (step) => steps.push(step) })
  assert.equal(steps.length, 6)
  await using after = await open(store, { masterKey: fresh })
  assert.equal(after.keys.list().length, 1)
  // The process that was left behind signs nothing any more, and lets nobody keep what it publishes.
  while (before.keys.jwksMaxAgeSeconds > 0) await new Promise(setImmediate)
  await assert.rejects(before.issue({ subject: '42' }), StoreUnavailableError)
  assert.deepEqual(before.keys.jwks(), after.keys.jwks())
  await assert.rejects(reseal(store, { masterKey: undefined }), /'masterKey' is undefined/)
  // @ts-expect-error: a misspelt option
  await assert.rejects(reseal(store, { masterKey: fresh, previous: old }), /unknown option/)
})
