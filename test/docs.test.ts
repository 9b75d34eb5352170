/**
 * The code on the documentation pages, run. The blocks of a page form one program; what it prints must be the comment
 * beside each `console.log` or `print`, in order. `npm run check` holds their types.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeDocPages } from './support/doc-pages.ts'
import { needPython } from './support/need.ts'

const root = join(import.meta.dirname, '..')

/** Prints of a program and the output that the comments beside them promise. */
function promised(code: string, print: RegExp): string {
  return Array.from(code.matchAll(print), ([, comment]) => `${comment}\n`).join('')
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  assert.equal(status, 0, `${stdout}${stderr}`)
  return stdout
}

for (const { name, file, typescript, python } of writeDocPages('docs').pages) {
  if (typescript !== '') {
    test(`docs/${name} prints what it says, in TypeScript`, () => {
      const output = run(process.execPath, ['--conditions=@signet-jwt/source', file])
      assert.equal(output, promised(typescript, /console\.log\(.*\) \/\/ (.*)$/gm))
    })
  }
  if (python !== '') {
    test(`docs/${name} prints what it says, in Python`, (t) => {
      const command = needPython(t)
      if (command === undefined) return
      const output = run(command, ['-c', python])
      assert.equal(output, promised(python, /print\(.*\) {2}# (.*)$/gm))
    })
  }
}
