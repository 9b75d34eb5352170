/** The published package as its users get it: built, packed, installed into an empty project. */
import assert from 'node:assert/strict'
import { existsSync, globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { mustRun, npm, root, run, temporaryFolder } from './support/npm.ts'

const source = join(root, 'packages/signet')
const manifest: {
  readonly exports: { readonly [subpath: string]: { readonly types: string } }
  readonly dependencies: object
  readonly engines: object
} = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
const subpaths = Object.keys(manifest.exports)
const specifier = (subpath: string) => `signet-jwt${subpath.slice(1)}`

suite('signet-jwt, packed and installed', { timeout: 120_000 }, () => {
  const project = temporaryFolder({ after })
  const installed = join(project, 'node_modules/signet-jwt')

  before(() => {
    mustRun(process.execPath, ['scripts/build.mjs', 'signet'], { cwd: root })
    npm(['pack', '--silent', '--pack-destination', project], { cwd: source })
    const [archive = ''] = globSync('signet-jwt-*.tgz', { cwd: project })
    write('package.json', '{ "type": "module", "private": true }')
    // Without dependencies there is nothing to fetch, so the install must work without a network.
    npm(['install', '--offline', '--no-audit', '--no-fund', `./${archive}`], { cwd: project })
  })

  function write(name: string, text: string): void {
    writeFileSync(join(project, name), text)
  }

  /** Runs module text in the project; answers what it printed, as JSON. */
  function evaluate(text: string): unknown {
    const args = ['--input-type=module', '--eval', text]
    return JSON.parse(mustRun(process.execPath, args, { cwd: project }))
  }

  test('it brings no dependencies', () => {
    assert.deepEqual(manifest.dependencies, {})
    const names = globSync('*', { cwd: join(project, 'node_modules') })
    assert.deepEqual(names, ['signet-jwt'])
  })

  test('it holds the build and its papers, neither sources nor tests', () => {
    const files = globSync('**/*.*', { cwd: installed }).map((file) => file.replaceAll('\\', '/'))
    assert.deepEqual(
      files.filter((file) => !/^dist\/.+\.(js|d\.ts)$|^(package\.json|README\.md)$/.test(file)),
      [],
    )
    assert.deepEqual(
      files.filter((file) => file.includes('.test.')),
      [],
    )
  })

  for (const subpath of subpaths) {
    test(`${specifier(subpath)} can be imported and has declarations`, () => {
      const names = evaluate(
        `console.log(JSON.stringify(Object.keys(await import('${specifier(subpath)}'))))`,
      )
      assert.ok(Array.isArray(names) && names.length > 0, 'it exports something')
      assert.ok(existsSync(join(installed, manifest.exports[subpath]?.types ?? 'none')))
    })
  }

  test('the root does not load node:sqlite, and its store does', () => {
    const loadsSqlite = (name: string) =>
      evaluate(
        `await import('${name}'); console.log(process.moduleLoadList.some((each) => each.endsWith(' sqlite')))`,
      )
    assert.equal(loadsSqlite('signet-jwt'), false)
    assert.equal(loadsSqlite('signet-jwt/codec'), false)
    assert.equal(loadsSqlite('signet-jwt/stores/sqlite'), true)
  })

  test('what is not in the exports map cannot be reached', () => {
    for (const inside of ['dist/jose/jws.js', 'jose/jws', 'src/index.ts', 'stores/schema']) {
      const code = evaluate(
        `await import('signet-jwt/${inside}').catch((error) => console.log(JSON.stringify(error.code)))`,
      )
      assert.equal(code, 'ERR_PACKAGE_PATH_NOT_EXPORTED', inside)
    }
  })

  test('the command signet is installed', () => {
    const name = process.platform === 'win32' ? 'signet.cmd' : 'signet'
    assert.ok(existsSync(join(project, 'node_modules/.bin', name)))
  })

  test('a project without the frameworks type-checks it, with skipLibCheck off', () => {
    // Node's own declarations are the one thing that is assumed, as by every package for Node.
    mkdirSync(join(project, 'node_modules/@types'), { recursive: true })
    symlinkSync(
      join(root, 'node_modules/@types/node'),
      join(project, 'node_modules/@types/node'),
      'junction',
    )
    const withoutFrameworks = subpaths.filter(
      (subpath) => !/^\.\/(express|fastify|hono)$/.test(subpath),
    )
    write(
      'consumer.ts',
      [
        ...withoutFrameworks.map(
          (subpath, index) => `export * as m${index} from '${specifier(subpath)}'`,
        ),
        `import { secretKey, sign, verify, type Claims } from 'signet-jwt'`,
        `const key = secretKey(process.env.JWT_SECRET)`,
        `export const claims: Claims = verify(sign({ sub: '42' }, key, { lifetimeSeconds: 60 }), key)`,
        `// @ts-expect-error a number is no subject`,
        `sign({ sub: 42 }, key)`,
      ].join('\n'),
    )
    const settings = { strict: true, noEmit: true, skipLibCheck: false, types: ['node'] }
    const compilerOptions = {
      ...settings,
      module: 'nodenext',
      target: 'es2024',
      lib: ['es2024', 'esnext.disposable'],
    }
    write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['consumer.ts'] }))
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const { status, stdout } = run(process.execPath, [compiler, '--project', '.'], { cwd: project })
    assert.equal(status, 0, stdout)
  })
})
