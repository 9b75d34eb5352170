/**
 * `npm run bench`: how fast Signet is beside its peers, measured on this machine.
 *
 *     npm run bench -- --only codec --case HS256
 *     npm run bench -- --json --seconds 1          seconds are for each case; 3 without it
 *     npm run bench -- --write bench/RESULTS.md
 *     npm run bench -- --path documented           the codec without its shortcuts
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { takePath } from '../packages/signet/src/jose/path.ts'
import { howToRead, surroundings } from './support/report.ts'
import type { Bench, Section } from './support/section.ts'

/** Each loads its peers, which may not be installed, only when it is asked for. */
const benches: { readonly [name: string]: () => Promise<{ readonly run: Bench }> } = {
  codec: () => import('./codec/index.ts'),
  cache: () => import('./cache/index.ts'),
  index: () => import('./index/index.ts'),
  propagation: () => import('./propagation/index.ts'),
  rotation: () => import('./rotation/index.ts'),
  store: () => import('./store/index.ts'),
  watch: () => import('./watch/index.ts'),
}

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    case: { type: 'string' },
    seconds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    write: { type: 'string' },
    path: { type: 'string', default: 'fast' },
  },
})

if (values.path !== 'fast' && values.path !== 'documented') {
  throw new RangeError("--path takes 'fast' or 'documented'")
}
takePath(values.path)

const seconds = Number(values.seconds)
if (!(seconds > 0)) throw new RangeError('--seconds takes a number above 0')

const names = Object.keys(benches)
if (values.only !== undefined && !names.includes(values.only)) {
  throw new RangeError(`--only takes one of ${names.join(', ')}`)
}

const head = `${surroundings()}\n- command: \`${command()}\`\n\n${howToRead}`
if (!values.json) console.log(`${head}\n`)

const sections: Section[] = []
for (const [name, load] of Object.entries(benches)) {
  if (values.only !== undefined && values.only !== name) continue
  const { run } = await load()
  // To stderr, since the results may go into a file.
  const progress = (text: string) => console.error(`… ${name}: ${text}`)
  const found = await run({ case: values.case, seconds, progress })
  for (const { markdown, lines } of found) {
    console.log(
      values.json ? lines.map((line) => JSON.stringify(line)).join('\n') : `${markdown}\n`,
    )
  }
  sections.push(...found)
}
if (sections.length === 0) {
  console.error('no case fits --only and --case')
  process.exit(1)
}

if (values.write !== undefined) {
  const tables = sections.map(({ markdown }) => markdown).join('\n\n')
  writeFileSync(
    values.write,
    `# Results\n\nMade by the command below; [README.md](README.md) says what is measured.\n\n${head}\n\n${tables}\n`,
  )
}

function command(): string {
  const options = process.argv.slice(2)
  const isByNpm = process.env.npm_lifecycle_event === 'bench'
  if (!isByNpm) return ['node --conditions=@signet-jwt/source bench/run.ts', ...options].join(' ')
  return ['npm run bench', ...(options.length > 0 ? ['--', ...options] : [])].join(' ')
}
