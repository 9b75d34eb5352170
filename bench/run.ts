/**
 * `npm run bench`: how fast Signet is beside its peers, measured in one process on this machine.
 *
 *     npm run bench -- --only codec --case HS256
 *     npm run bench -- --json --seconds 1          seconds are for each case; 3 without it
 *     npm run bench -- --write bench/RESULTS.md
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { signCases } from './codec/sign.ts'
import { verifyCases } from './codec/verify.ts'
import type { Case } from './support/case.ts'
import { measure } from './support/measure.ts'
import { howToRead, jsonLines, surroundings, table } from './support/report.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    case: { type: 'string' },
    seconds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    write: { type: 'string' },
  },
})

const seconds = Number(values.seconds)
if (!(seconds > 0)) throw new RangeError('--seconds takes a number above 0')

const cases: readonly Case[] = [...(await verifyCases()), ...(await signCases())].filter(
  ({ bench, name }) =>
    (values.only === undefined || bench === values.only) &&
    (values.case === undefined || name.includes(values.case)),
)
if (cases.length === 0) {
  console.error('no case fits --only and --case')
  process.exit(1)
}

const head = `${surroundings()}\n- command: \`${command()}\`\n\n${howToRead}`
if (!values.json) console.log(`${head}\n`)

const tables: string[] = []
for (const one of cases) {
  const results = await measure(one, seconds)
  tables.push(table(one, results))
  console.log(values.json ? jsonLines(one, results) : `${tables.at(-1)}\n`)
}

if (values.write !== undefined) {
  writeFileSync(
    values.write,
    `# Results\n\nMade by the command below; [README.md](README.md) says what is measured.\n\n${head}\n\n${tables.join('\n\n')}\n`,
  )
}

function command(): string {
  const options = process.argv.slice(2)
  return ['npm run bench', ...(options.length > 0 ? ['--', ...options] : [])].join(' ')
}
