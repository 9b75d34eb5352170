/** Every program in README.md: type-checked, run, and compared with what the page says it prints. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { after, suite, test } from 'node:test'
import { mustRun, root, run, temporaryFolder } from './support/npm.ts'
import { type Block, readPage } from './support/readme.ts'

const { blocks, shown } = readPage(readFileSync(join(root, 'README.md'), 'utf8'))
const programs = blocks.filter(({ language }) => language === 'ts')
const commands = blocks.filter(({ language, mode }) => language === 'sh' && mode === 'run')

suite('README.md', () => {
  // Outside of the repository, like a reader's project, and with the same packages at hand.
  const project = temporaryFolder({ after })
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'), 'junction')
  writeFileSync(join(project, 'package.json'), '{ "type": "module", "private": true }')
  for (const block of programs) writeFileSync(join(project, fileOf(block)), wholeProgram(block))

  test('it has programs', () => {
    assert.ok(programs.length > 0)
  })

  test('its programs type-check', () => {
    const include = [...programs.map(fileOf)]
    const compilerOptions = { rootDir: '/', typeRoots: [join(root, 'node_modules/@types')] }
    const config = { extends: join(root, 'tsconfig.json'), compilerOptions, include }
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config))
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const { status, stdout } = run(process.execPath, [compiler, '--project', '.'], { cwd: project })
    assert.equal(status, 0, stdout)
  })

  for (const block of programs.filter(({ mode }) => mode === 'run')) {
    test(`the program at line ${block.line} runs`, () => {
      const printed = runProgram(fileOf(block), project, environment(block))
      if (block.output !== undefined) assert.equal(printed, block.output)
    })
  }

  for (const block of commands) {
    test(`the commands at line ${block.line} run`, () => {
      const printed = mustRun('sh', ['-euc', block.text], {
        cwd: project,
        env: {
          ...environment(block),
          PATH: [dirname(process.execPath), join(root, 'node_modules/.bin'), process.env.PATH].join(
            ':',
          ),
        },
      })
      if (block.output !== undefined) assert.equal(printed, block.output)
    })
  }

  for (const { file, output, line } of shown) {
    test(`${basename(file)} prints what stands at line ${line}`, () => {
      assert.ok(existsSync(join(root, file)), `${file} does not exist`)
      assert.equal(runProgram(file, root, {}), output)
    })
  }
})

function fileOf({ line }: Block): string {
  return `line-${line}.ts`
}

function wholeProgram({ before, text, after }: Block): string {
  const textOf = (file: string) => readFileSync(join(root, file), 'utf8')
  return [...before.map(textOf), text, ...after.map(textOf)].join('\n')
}

function environment({ env }: Block): NodeJS.ProcessEnv {
  return Object.fromEntries(env.map((name) => [name, randomBytes(32).toString('hex')]))
}

function runProgram(file: string, cwd: string, env: NodeJS.ProcessEnv): string {
  const flags = ['--conditions=@signet-jwt/source', '--disable-warning=ExperimentalWarning']
  return mustRun(process.execPath, [...flags, file], { cwd, env })
}
