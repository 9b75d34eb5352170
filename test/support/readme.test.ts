import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readPage } from './readme.ts'

const page = (...lines: string[]) => readPage(lines.join('\n'))

test('ts blocks run, and other blocks are for reading', () => {
  const { blocks } = page(
    '# Title',
    '```ts',
    'a()',
    '```',
    '',
    '```sh',
    'npm ci',
    '```',
    '```',
    'x',
    '```',
  )
  assert.deepEqual(
    blocks.map(({ language, mode, line, text }) => [language, mode, line, text]),
    [
      ['ts', 'run', 2, 'a()\n'],
      ['sh', 'read', 6, 'npm ci\n'],
      ['', 'read', 9, 'x\n'],
    ],
  )
})

test('a marker says what surrounds a block and what is in its environment', () => {
  const { blocks } = page(
    '<!-- run env=JWT_SECRET env=OTHER before=a.ts after=b.ts -->',
    '```ts',
    'a()',
    '```',
    '<!-- check -->',
    '```ts',
    'b()',
    '```',
    '<!-- run -->',
    '```sh',
    'c',
    '```',
  )
  assert.deepEqual(
    blocks.map(({ mode, env, before, after }) => ({ mode, env, before, after })),
    [
      { mode: 'run', env: ['JWT_SECRET', 'OTHER'], before: ['a.ts'], after: ['b.ts'] },
      { mode: 'check', env: [], before: [], after: [] },
      { mode: 'run', env: [], before: [], after: [] },
    ],
  )
})

test('an output belongs to the program before it, or to the file it names', () => {
  const { blocks, shown } = page(
    '```ts',
    'console.log(42)',
    '```',
    'which prints',
    '',
    '<!-- output -->',
    '```text',
    '42',
    '```',
    '<!-- output of=examples/a.ts -->',
    '```text',
    'done',
    '```',
  )
  assert.deepEqual(
    blocks.map(({ output }) => output),
    ['42\n'],
  )
  assert.deepEqual(shown, [{ file: 'examples/a.ts', output: 'done\n', line: 11 }])
})

test('a marker that cannot be meant is refused with its line', () => {
  const marked = (marker: string, language: string) => () =>
    page('', `<!-- ${marker} -->`, `\`\`\`${language}`, 'x', '```')
  assert.throws(marked('rnu', 'ts'), /line 3: unknown marker 'rnu'/)
  assert.throws(marked('run file=x', 'ts'), /line 3: 'run' knows no 'file=x'/)
  assert.throws(marked('run', 'json'), /line 3: a block in 'json' cannot run/)
  assert.throws(marked('check', 'sh'), /line 3: a block in 'sh' cannot check/)
  assert.throws(marked('output', 'text'), /line 3: no block before this output runs/)
})
