import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actionsAtTop, blank, functionsOf, importsOf, readSource } from './source.ts'

const read = (...lines: string[]) => readSource('packages/signet/src/x.ts', lines.join('\n'))

test('comments, strings, templates and regular expressions are blanked in place', () => {
  const cases = [
    ["a('}') // {", "a(' ')     "],
    ['/* { */ b', '        b'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: these are sources, not templates
    ['`{${c({ d: `}` })}}`', '` ${c({ d: ` ` })} `'],
    ["e.replace(/[/}']/g, '{')", "e.replace(/     /g, ' ')"],
    ['f / g / h', 'f / g / h'],
    ["'it\\'s {' + i", "'       ' + i"],
  ]
  for (const [text = '', blanked] of cases) {
    assert.equal(blank(text, { insides: true }), blanked)
  }
  assert.equal(blank("a('}') // {", { insides: false }), "a('}')     ")
})

test('imports and re-exports are found with their line and whether they are only for types', () => {
  const source = read(
    "import { a, type B } from './a.ts'",
    "import type { C } from './c.ts'",
    'import {',
    '  d,',
    "} from './d.ts'",
    "export * from './e.ts'",
    "export type { F } from './f.ts'",
    "// import { no } from './comment.ts'",
    'const text = "import { no } from \'./string.ts\'"',
    "const g = await import('./g.ts')",
    "type H = import('./h.ts').H",
  )
  assert.deepEqual(
    importsOf(source).map(({ specifier, line, typeOnly }) => [specifier, line, typeOnly]),
    [
      ['./a.ts', 1, false],
      ['./c.ts', 2, true],
      ['./d.ts', 3, false],
      ['./e.ts', 6, false],
      ['./f.ts', 7, true],
      ['./g.ts', 10, false],
      ['./h.ts', 11, true],
    ],
  )
})

test('what runs at the top of a file is told apart from what declares', () => {
  const source = read(
    '#!/usr/bin/env node',
    'export const table = {',
    '  a: call(),',
    '}',
    'type T = string',
    'export default class {',
    '}',
    'main()',
    'if (table) {',
    '}',
    "import 'node:sqlite'",
  )
  assert.deepEqual(actionsAtTop(source), [8, 9, 11])
})

test('functions of every form are measured, and other braces are not', () => {
  const source = read(
    'export function one(a: { b: string }): { c: string } {',
    '  if (a) {',
    '  }',
    '  return { c: a.b }',
    '}',
    'const two = async (',
    '  a: string,',
    ') => {',
    '}',
    'class Three {',
    '  four(): void {',
    '  }',
    '  get five(): string {',
    "    return ''",
    '  }',
    '}',
    'const six = (x) => ({ x })',
    'one(x => {',
    '})',
  )
  assert.deepEqual(
    functionsOf(source).map(({ line, lines }) => [line, lines]),
    [
      [1, 5],
      [6, 4],
      [11, 2],
      [13, 3],
      [18, 2],
    ],
  )
})
