/**
 * `npm test`: finds every test file and hands it to node's own runner, from source and without a build.
 *
 *     npm test                          everything but the slow files
 *     npm test -- test/package.test.ts  what contains this word
 *     npm test -- --slow                everything
 *     npm test -- --test-name-pattern=refresh
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { selectTests } from './support/select.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const all = globSync(['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'], { cwd: root })
const { files, flags } = selectTests(
  all.map((file) => file.replaceAll('\\', '/')),
  process.argv.slice(2),
)

// The unit tests are many and short, and a process for each would be most of their time: they share one.
const isUnit = (file: string) => file.startsWith('packages/')
const units = files.filter(isUnit)
const processes = [
  ...(units.length > 0 ? ['test/support/units.ts'] : []),
  ...files.filter((file) => !isUnit(file)),
]

if (files.length === 0) {
  console.error(`no test file fits: ${process.argv.slice(2).join(' ') || 'there is none'}`)
  process.exit(1)
}

const { status, signal, error } = spawnSync(
  process.execPath,
  [
    '--conditions=@signet-jwt/source',
    // Which experimental parts of Node are used was decided once and is no news on every run.
    '--disable-warning=ExperimentalWarning',
    '--test',
    '--test-reporter=./test/support/skips.ts',
    '--test-reporter-destination=stdout',
    // Node's default leaves a small machine with one test file at a time, most of it waiting for a child process.
    `--test-concurrency=${Math.max(2, availableParallelism())}`,
    // A test that hangs must end as a failure with its name, not as a cancelled run.
    '--test-timeout=120000',
    ...flags,
    ...processes,
  ],
  {
    cwd: root,
    stdio: 'inherit',
    // Most of a short test's time goes into reading TypeScript: what comes of it is kept.
    env: {
      ...process.env,
      NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/signet-tests'),
      SIGNET_UNIT_TESTS: units.join(delimiter),
    },
  },
)
if (error !== undefined) throw error
if (signal !== null) console.error(`the test run was ended by ${signal}`)
process.exit(status ?? 1)
