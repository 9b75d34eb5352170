/**
 * The code on the documentation pages, run. The blocks of a page form one program; what it prints must be the comment
 * beside each `console.log` or `print`, in order. TypeScript blocks are type-checked as well.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { needPython } from './support/need.ts'

const root = join(import.meta.dirname, '..')
// Git and the linter leave dist/ alone, and Node strips types there.
const workshop = join(root, 'dist', 'docs')

function blocks(page: string, language: string): string {
  const fences = page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))
  return Array.from(fences, ([, code]) => code).join('\n')
}

/** Prints of a program and the output that the comments beside them promise. */
function promised(code: string, print: RegExp): string {
  return Array.from(code.matchAll(print), ([, comment]) => `${comment}\n`).join('')
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  assert.equal(status, 0, `${stdout}${stderr}`)
  return stdout
}

const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => {
    const text = readFileSync(join(root, 'docs', name), 'utf8')
    const file = join(workshop, `${name.replaceAll(/[^\w-]/g, '-')}.ts`)
    return { name, file, typescript: blocks(text, 'ts'), python: blocks(text, 'python') }
  })

rmSync(workshop, { recursive: true, force: true })
mkdirSync(workshop, { recursive: true })
for (const page of pages) {
  if (page.typescript !== '') writeFileSync(page.file, `${page.typescript}\nexport {}\n`)
}

test('the TypeScript on the pages is well typed', () => {
  const config = { extends: '../../tsconfig.json', include: ['*.ts'] }
  writeFileSync(join(workshop, 'tsconfig.json'), JSON.stringify(config))
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--project', workshop])
})

for (const { name, file, typescript, python } of pages) {
  if (typescript !== '') {
    test(`docs/${name} prints what it says, in TypeScript`, () => {
      const output = run(process.execPath, ['--conditions=@signet-jwt/source', file])
      assert.equal(output, promised(typescript, /console\.log\(.*\) \/\/ (.*)$/gm))
    })
  }
  if (python !== '') {
    test(`docs/${name} prints what it says, in Python`, (t) => {
      const interpreter = needPython(t)
      if (interpreter === undefined) return
      const output = run(interpreter, ['-c', python])
      assert.equal(output, promised(python, /print\(.*\) {2}# (.*)$/gm))
    })
  }
}
