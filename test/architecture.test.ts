/**
 * The shape of the house, executed: who may import whom, what must not occur where, how long things may be.
 * The tables below are the rules. A change to them is a change of the design and says so in its commit.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  type Absence,
  checkAbsences,
  checkCycles,
  checkDeadFiles,
  checkDirections,
  checkSideEffects,
  checkSizes,
  print,
  type Room,
  type Violation,
} from './support/house-rules.ts'
import { root } from './support/npm.ts'
import { readSource } from './support/source.ts'

const library = (files: string) => new RegExp(`^packages/signet/src/${files}`)

/** Where an engine's own files begin: `stores/sqlite.ts`, `stores/sqlite-migrations.ts` and `stores/sqlite/...` are one. */
const engine = (path: string) => /stores\/(?<name>[a-z]+)/.exec(path)?.groups?.name ?? path

const rooms: readonly Room[] = [
  // What is assembled, and what people import.
  {
    name: 'index',
    files: library('index\\.ts$'),
    imports: ['ground', 'codec', 'signet', 'jose', 'keys', 'revocation', 'access', 'sessions'],
    importsTypes: ['stores'],
  },
  { name: 'codec', files: library('codec\\.ts$'), imports: ['ground', 'jose', 'keys'] },
  {
    name: 'signet',
    files: library('signet(-[a-z-]+)?\\.ts$'),
    imports: [
      'ground',
      'codec',
      'sessions',
      'access',
      'revocation',
      'keys',
      'jose',
      'stores/memory',
    ],
    importsTypes: ['stores'],
  },
  // The library, from the ground up. Whatever else lies at the top is ground and imports nothing but ground.
  { name: 'ground', files: library('[a-z-]+\\.ts$'), imports: [] },
  { name: 'jose', files: library('jose/'), imports: ['ground'] },
  { name: 'keys', files: library('keys/'), imports: ['ground', 'jose'] },
  { name: 'revocation', files: library('revocation/'), imports: ['ground', 'jose'] },
  {
    name: 'access',
    files: library('access/'),
    imports: ['ground', 'jose', 'keys', 'revocation'],
  },
  {
    name: 'sessions',
    files: library('sessions/'),
    imports: ['ground', 'jose', 'keys', 'revocation'],
  },
  // Engines know the ports and the pure rules, and never each other. What they share: the steps over tables, the schema
  // and the contract.
  {
    name: 'stores',
    files: library('stores/(store|schema|contract|tables)(\\.ts$|/)'),
    imports: ['ground', 'keys', 'revocation', 'sessions'],
  },
  {
    name: 'stores/memory',
    files: library('stores/memory'),
    imports: ['ground', 'stores', 'keys', 'revocation', 'sessions'],
  },
  {
    name: 'engines',
    files: library('stores/'),
    imports: ['ground', 'stores', 'keys', 'revocation', 'sessions'],
    apart: engine,
  },
  // The edges.
  {
    name: 'adapters',
    files: library('http/(express|fastify|hono|node)\\.ts$'),
    imports: ['ground', 'http'],
    importsTypes: ['access'],
    packageTypes: ['express', 'fastify', 'hono'],
    apart: (path) => path,
  },
  {
    name: 'http',
    files: library('http/'),
    imports: ['ground', 'access', 'sessions', 'revocation', 'keys'],
    importsTypes: ['signet', 'jose'],
  },
  {
    name: 'cli',
    files: library('cli/'),
    imports: ['index', 'codec', 'ground', 'stores/memory', 'engines', 'stores'],
  },
  {
    name: 'testing',
    files: library('testing/'),
    imports: ['index', 'codec', 'ground', 'stores/memory'],
  },
  { name: 'browser', files: library('browser/'), imports: [] },
  {
    name: 'server',
    files: /^packages\/server\/src\//,
    imports: [],
    packages: Object.keys(manifest('server').dependencies).filter((name) => name !== 'signet-jwt'),
    subpaths: Object.keys(manifest('signet').exports).map((path) => `signet-jwt${path.slice(1)}`),
  },
]

const edges =
  /^packages\/(signet\/src\/(system\.ts|cli\/|browser\/)|server\/src\/(main|config|log|system)\.ts)/

const absences: readonly Absence[] = [
  {
    what: 'node:sqlite',
    pattern: /node:sqlite/,
    inStrings: true,
    allowedIn: library('stores/sqlite'),
    instead: 'only the SQLite store loads it, so that the root import stays light',
  },
  {
    what: 'Request or Response',
    pattern: /\b(Request|Response)\b/,
    allowedIn:
      /^packages\/(server\/|signet\/src\/(http\/|browser\/|keys\/remote-key-set|revocation\/([a-z-]+-)?(http|remote)))/,
    instead: 'nothing below http/ knows HTTP',
  },
  {
    what: "the system's clock",
    pattern:
      /\bDate\.now\b|\bnew Date\(\s*\)|(?<!new )\bDate\(\s*\)|\bperformance\.now\b|\bhrtime\b/,
    allowedIn: edges,
    instead: 'take a clock as a parameter; system.ts has the real one',
  },
  {
    what: "the system's randomness",
    // A parameter may be called randomBytes; an import of it, or a call on a namespace, is the real one.
    pattern:
      /\bMath\.random\b|\bimport\s*\{[^}]*\b(random[A-Z]\w*|webcrypto)\b[^}]*\}|\b(crypto|webcrypto)\.(random[A-Z]\w*|getRandomValues)\b/,
    allowedIn: edges,
    instead: 'take it as a parameter; system.ts has the real one',
  },
]

const mayActOnImport = /^packages\/(signet\/src\/cli|server\/src)\/main\.ts$/

const limits = { file: 300, function: 70 }

const paths = globSync('packages/*/src/**/*.ts', { cwd: root })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => !path.endsWith('.test.ts'))
const sources = paths.map((path) => readSource(path, readFileSync(join(root, path), 'utf8')))

const none = (violations: readonly Violation[]) =>
  assert.deepEqual(violations.map(print), [], violations.map(print).join('\n'))

test('imports go only in the directions of the table', () => {
  none(checkDirections(sources, rooms))
})

test('what has one place is mentioned nowhere else', () => {
  none(checkAbsences(sources, absences))
})

test('no files import each other in a circle', () => {
  none(checkCycles(sources))
})

test('no import has side effects', () => {
  none(checkSideEffects(sources, mayActOnImport))
})

test('files and functions stay short', () => {
  none(checkSizes(sources, limits))
})

test('every file is used', () => {
  none(checkDeadFiles(sources, [...entries('signet'), ...entries('server')]))
})

test('the library has no dependencies', () => {
  assert.deepEqual(manifest('signet').dependencies, {})
})

/** Each rule proves that it bites: the file that breaks it, and how the complaint begins. */
const planted: readonly {
  readonly file: string
  readonly text: string
  readonly complaint: RegExp
}[] = [
  ['jose/x.ts', "import { a } from '../keys/a.ts'", /:1: jose must not import keys/],
  ['keys/x.ts', "import { a } from '../sessions/a.ts'", /:1: keys must not import sessions/],
  ['revocation/x.ts', "import type { A } from '../keys/a.ts'", /revocation must not import keys/],
  ['access/x.ts', "import { a } from '../sessions/a.ts'", /access must not import sessions/],
  ['sessions/x.ts', "import { a } from '../access/a.ts'", /sessions must not import access/],
  ['sessions/x.ts', "import { a } from '../stores/sqlite.ts'", /sessions must not import engines/],
  ['errors.ts', "import { a } from './jose/a.ts'", /ground must not import jose/],
  ['stores/redis.ts', "import { a } from './sqlite-a.ts'", /engines never import each other/],
  ['stores/redis.ts', "import { a } from './memory.ts'", /engines must not import stores\/memory/],
  ['stores/schema.ts', "import { a } from './sqlite.ts'", /stores must not import engines/],
  [
    'http/x.ts',
    "import { createSignet } from '../signet.ts'",
    /http may import only types of signet/,
  ],
  ['http/hono.ts', "import { a } from './express.ts'", /adapters never import each other/],
  [
    'http/hono.ts',
    "import { Hono } from 'hono'",
    /adapters may import only types of the package hono/,
  ],
  ['http/x.ts', "import type { Hono } from 'hono'", /http must not import the package hono/],
  ['stores/postgres.ts', "import pg from 'pg'", /engines must not import the package pg/],
  ['cli/x.ts', "import { a } from '../jose/a.ts'", /cli must not import jose/],
  ['codec.ts', "import { a } from './sessions/a.ts'", /codec must not import sessions/],
  ['attic/x.ts', 'export const a = 1', /in no room/],
  ['jose/x.ts', "const a = await import('node:sqlite')", /node:sqlite has no place here/],
  ['sessions/x.ts', 'type A = (request: Request) => void', /Request or Response has no place/],
  ['sessions/x.ts', '\nconst a = () => Date.now()', /:2: the system's clock has no place/],
  ['sessions/x.ts', 'const a = () => new Date()', /the system's clock/],
  ['jose/x.ts', 'const a = () => performance.now()', /the system's clock/],
  ['jose/x.ts', 'const a = () => Math.random()', /the system's randomness/],
  ['jose/x.ts', "import { hash, randomUUID } from 'node:crypto'", /the system's randomness/],
  ['jose/x.ts', 'const a = () => crypto.randomBytes(8)', /the system's randomness/],
  ['jose/x.ts', 'register()', /:1: an import must have no side effects/],
  ['jose/x.ts', "import 'node:fs'", /an import must have no side effects/],
  ['jose/x.ts', '\n'.repeat(300).concat('const a = 1'), /:301: 301 lines; at most 300/],
  ['jose/x.ts', `function a() {${'\n'.repeat(70)}}`, /:1: a function of 71 lines; at most 70/],
  ['jose/x.ts', "import { a } from './x.ts'", /import cycle: x\.ts -> x\.ts/],
  ['jose/x.ts', 'export const a = 1', /nothing imports this file/],
].map(([file, text, complaint]) => ({
  file: `packages/signet/src/${file}`,
  text: String(text),
  complaint: complaint as RegExp,
}))

for (const { file, text, complaint } of planted) {
  test(`a planted violation is found: ${complaint.source}`, () => {
    assert.match(complaintsAbout(file, text), complaint)
  })
}

test('the server may use the public subpaths of the library and its own dependencies only', () => {
  const file = 'packages/server/src/x.ts'
  const about = (specifier: string) => complaintsAbout(file, `import { a } from '${specifier}'`)
  assert.match(about('signet-jwt/dist/jose/jws.js'), /must not import the package signet-jwt\/dist/)
  assert.match(about('../../signet/src/index.ts'), /server must not import index/)
  assert.match(about('fastify'), /server must not import the package fastify/)
  assert.doesNotMatch(about('signet-jwt/stores/sqlite'), /must not/)
  assert.doesNotMatch(about('signet-jwt'), /must not/)
  assert.doesNotMatch(about('hono/cors'), /must not/)
})

test('what the rules allow brings no complaint', () => {
  const allowed = [
    ['system.ts', "import { randomUUID } from 'node:crypto'\nconst now = () => new Date()"],
    ['keys/x.ts', 'const a = (randomBytes: (n: number) => Buffer) => randomBytes(8)'],
    ['http/express.ts', "import type { Request } from 'express'\nimport { a } from './refusal.ts'"],
    ['stores/sqlite.ts', "import { a } from './schema.ts'\nimport 'node:sqlite'"],
    ['stores/sqlite.ts', "import { a } from './sqlite-a.ts'"],
    ['http/x.ts', "import type { Signet } from '../signet.ts'"],
    ['jose/x.ts', '// Date.now() and new Date()\nconst a = new Date(0)'],
  ]
  for (const [file, text = ''] of allowed) {
    const complaints = complaintsAbout(`packages/signet/src/${file}`, text)
      .split('\n')
      .filter((line) => !/side effects|nothing imports/.test(line))
    assert.deepEqual(complaints.join('\n'), '', file)
  }
})

function complaintsAbout(file: string, text: string): string {
  const source = [readSource(file, text)]
  return [
    ...checkDirections(source, rooms),
    ...checkAbsences(source, absences),
    ...checkCycles(source),
    ...checkSideEffects(source, mayActOnImport),
    ...checkSizes(source, limits),
    ...checkDeadFiles(source, []),
  ]
    .map(print)
    .join('\n')
}

/** What package.json names: the sources of its subpaths and of its bin files. */
function entries(name: string): readonly string[] {
  const { exports, bin } = manifest(name)
  const bins = Object.values(bin).map((file) => file.replace('dist', 'src').replace(/\.js$/, '.ts'))
  const files = Object.values(exports).map((conditions) => conditions['@signet-jwt/source'] ?? '')
  return [...bins, ...files].map((file) => file.replace(/^\./, `packages/${name}`))
}

function manifest(name: string): {
  readonly exports: { readonly [subpath: string]: { readonly [condition: string]: string } }
  readonly bin: { readonly [command: string]: string }
  readonly dependencies: { readonly [name: string]: string }
} {
  return JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'))
}
