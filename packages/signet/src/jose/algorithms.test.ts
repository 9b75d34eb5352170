import assert from 'node:assert/strict'
import { test } from 'node:test'
import { algorithmNames, algorithmRow } from './algorithms.ts'

test('an algorithm is found by its exact name only', () => {
  assert.equal(algorithmRow('ES256')?.name, 'ES256')
  for (const name of [
    'es256',
    'ES256 ',
    ' ES256',
    'ES256\0',
    '',
    'none',
    'None',
    'constructor',
    '__proto__',
  ]) {
    assert.equal(algorithmRow(name), undefined, JSON.stringify(name))
  }
})

test('no algorithm is unsigned', () => {
  assert.ok(algorithmNames.every((name) => name.toLowerCase() !== 'none'))
})
