import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Key } from '../jose/key.ts'
import { generateKey } from './generate.ts'
import { createKeySet, MAX_KEYS } from './key-set.ts'

test('a set finds its keys by kid and keeps their order', () => {
  const keys = [generateKey('ES256'), generateKey('ES256')]
  const set = createKeySet(keys)
  assert.deepEqual(set.keys, keys)
  assert.equal(set.get(keys[1]?.kid ?? ''), keys[1])
  assert.equal(set.get('constructor'), undefined)
})

test('two keys of one kid are refused', () => {
  const key = generateKey('ES256', { kid: 'a' })
  assert.throws(() => createKeySet([key, key]), /two keys of the set have the kid "a"/)
})

test('a set is bounded and holds keys only', () => {
  const key = generateKey('ES256')
  assert.throws(() => createKeySet(Array.from({ length: MAX_KEYS + 1 }, () => key)), RangeError)
  assert.throws(() => createKeySet(['secret' as unknown as Key]), TypeError)
})
