import assert from 'node:assert/strict'
import { test } from 'node:test'
import { selectTests } from './select.ts'

const all = [
  'test/package.test.ts',
  'packages/signet/src/jose/jwt.test.ts',
  'packages/signet/src/jose/jwt.slow.test.ts',
]

test('without words every file runs that is not slow, in one order', () => {
  assert.deepEqual(selectTests(all, []).files, [
    'packages/signet/src/jose/jwt.test.ts',
    'test/package.test.ts',
  ])
})

test('--slow adds the slow files', () => {
  assert.equal(selectTests(all, ['--slow']).files.length, 3)
  assert.deepEqual(selectTests(all, ['--slow', 'test/package']).files, ['test/package.test.ts'])
})

test('a word narrows the run down to the paths that contain it', () => {
  assert.deepEqual(selectTests(all, ['test/package.test.ts']).files, ['test/package.test.ts'])
  assert.deepEqual(selectTests(all, ['./test/package.test.ts']).files, ['test/package.test.ts'])
  assert.deepEqual(selectTests(all, ['jose']).files, ['packages/signet/src/jose/jwt.test.ts'])
})

test('a slow file runs when it is named', () => {
  const slow = ['packages/signet/src/jose/jwt.slow.test.ts']
  assert.deepEqual(selectTests(all, slow).files, slow)
  assert.deepEqual(selectTests(all, ['jwt.slow']).files, slow)
})

test('a word that fits nothing selects nothing', () => {
  assert.deepEqual(selectTests(all, ['no-such-file']).files, [])
})

test("flags that are not ours go to node's runner", () => {
  const { flags, files } = selectTests(all, ['--slow', '--test-name-pattern=key', 'test/package'])
  assert.deepEqual(flags, ['--test-name-pattern=key'])
  assert.deepEqual(files, ['test/package.test.ts'])
})
