/** Every assertion about the codec has a test that bears its name. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const numbered = (letter: string, last: number) =>
  Array.from({ length: last }, (_, i) => `${letter}${String(i + 1).padStart(2, '0')}`)

test('V01 to V24, S01 and J01 to J06 each stand in the title of a test', () => {
  const files = globSync(join(import.meta.dirname, '*.test.ts'))
  const titles = files
    .flatMap((file) =>
      Array.from(
        readFileSync(file, 'utf8').matchAll(/^test\(\s*['"](.*)['"],/gm),
        ([, title]) => title,
      ),
    )
    .join('\n')
  const missing = [...numbered('V', 24), 'S01', ...numbered('J', 6)].filter(
    (id) => !titles.includes(id),
  )
  assert.deepEqual(missing, [])
})
