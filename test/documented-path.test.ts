/**
 * The codec has a fast and a documented way to do the same. Every other run of its tests is one of the fast way; this is
 * the other: unit tests, published vectors, known failures of other libraries and properties, in a process of its own.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { delimiter } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { root } from './support/npm.ts'

const patterns = [
  'packages/signet/src/jose/*.test.ts',
  'packages/signet/src/codec.test.ts',
  'test/security/*.test.ts',
  'test/vectors-*.test.ts',
  'test/properties.test.ts',
]

test('the tests of the codec pass on its documented path', async () => {
  const files = globSync(patterns, { cwd: root })
  for (const pattern of patterns) assert.ok(globSync(pattern, { cwd: root }).length > 0, pattern)
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      '--conditions=@signet-jwt/source',
      '--import=./test/support/documented-path.ts',
      './test/support/units.ts',
    ],
    {
      cwd: root,
      maxBuffer: 64 << 20,
      // The child is no part of this run: without that it would report to it instead of printing.
      env: {
        ...process.env,
        NODE_TEST_CONTEXT: undefined,
        SIGNET_UNIT_TESTS: files.join(delimiter),
      },
    },
  ).catch((error) => assert.fail(`${error.message}\n${error.stdout}`))
  assert.match(stdout, /the path taken was documented/)
  const passed = /pass (\d+)/.exec(stdout)?.[1]
  assert.ok(Number(passed) > 200, `${passed} tests`)
})
