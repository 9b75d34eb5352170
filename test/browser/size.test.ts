import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { test } from 'node:test'
import { minify } from 'terser'

const source = new URL('../../packages/signet/src/browser/index.ts', import.meta.url)

test('signet-jwt/browser takes at most 2 KB, minified', async (t) => {
  const { code = '' } = await minify(stripTypeScriptTypes(readFileSync(source, 'utf8')), {
    module: true,
  })
  t.diagnostic(`${code.length} bytes`)
  assert.ok(code.length > 0 && code.length <= 2048, `${code.length} bytes`)
})
