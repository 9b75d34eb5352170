/**
 * `npm run bench:smoke`: has the codec become slower than it was? In less than a minute, with ratios instead of times, so
 * that the baseline of one machine means something on another. It informs and never fails: a busy machine is no bug.
 *
 *     npm run bench:smoke
 *     npm run bench:smoke -- --update        what is measured now becomes the baseline
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { runCallByCall } from './codec/index.ts'
import { align } from './support/report.ts'

const { values } = parseArgs({ options: { update: { type: 'boolean', default: false } } })

/** Short, and enough for a factor of one and a half. */
const SECONDS_A_CASE = 1.5

/** A ratio may be this much worse than the baseline before anybody is told. */
const GENEROSITY = 1.35

/** How many times as fast as fast-jwt, the peer that is everywhere, and the time as a multiple of the floor. */
interface Ratios {
  readonly timesFastJwt: number
  readonly ofFloor: number
}

interface Line {
  readonly case: string
  readonly subject: string
  readonly ratioToFastestPeer: number
  readonly ratioToFloor: number
}

const file = new URL('baseline.json', import.meta.url)

function read(): { readonly [name: string]: Ratios } {
  return values.update ? {} : JSON.parse(readFileSync(file, 'utf8'))
}

async function measureNow(): Promise<{ readonly [name: string]: Ratios }> {
  const progress = (text: string) => console.error(`… ${text}`)
  const sections = await runCallByCall({ case: undefined, seconds: SECONDS_A_CASE, progress })
  return Object.fromEntries(sections.map(({ lines }) => summarize(lines as readonly Line[])))
}

function summarize(lines: readonly Line[]): readonly [string, Ratios] {
  const named = (name: string) => lines.find(({ subject }) => subject === name) as Line
  const [ours, theirs] = [named('signet'), named('fast-jwt')]
  const timesFastJwt = ours.ratioToFastestPeer / theirs.ratioToFastestPeer
  return [
    ours.case,
    {
      timesFastJwt: Number(timesFastJwt.toFixed(2)),
      ofFloor: Number(ours.ratioToFloor.toFixed(2)),
    },
  ]
}

function compare(name: string, now: Ratios, before: Ratios | undefined): readonly string[] {
  const isSlower =
    before !== undefined &&
    (now.timesFastJwt * GENEROSITY < before.timesFastJwt ||
      now.ofFloor > before.ofFloor * GENEROSITY)
  const pair = (is: number, was: number | undefined) =>
    `${is.toFixed(2)} (${was?.toFixed(2) ?? '-'})`
  return [
    name,
    pair(now.timesFastJwt, before?.timesFastJwt),
    pair(now.ofFloor, before?.ofFloor),
    isSlower ? 'slower?' : '',
  ]
}

const before = read()
const now = await measureNow()
if (values.update) writeFileSync(file, `${JSON.stringify(now, undefined, 2)}\n`)

const rows = Object.entries(now).map(([name, ratios]) => compare(name, ratios, before[name]))
console.log(align([['case', 'x fast-jwt (before)', 'of floor (before)', 'verdict'], ...rows]))
const slower = rows.filter(([, , , verdict]) => verdict !== '').length
console.log(
  slower === 0
    ? `\nnothing is more than ${GENEROSITY} times slower than the baseline`
    : `\n${slower} of ${rows.length} look slower: run it again on a quiet machine before believing it`,
)
