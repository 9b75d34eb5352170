/** Measurements as text: a table for people, which is Markdown as well, and one JSON object a line for programs. */
import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import type { Case } from './case.ts'
import type { Measured } from './measure.ts'
import { napi } from './napi.ts'
import type { Section } from './section.ts'

export const howToRead = [
  'Ratios are medians over rounds in which all subjects ran side by side; times alone say as much about the machine.',
  '',
  '- **x fastest peer**: how many times as fast as the fastest peer. In the row of Signet, above 1 means that Signet is',
  '  faster than every peer, below 1 that one of them is faster. The fastest peer itself has 1.00.',
  '- **of floor**: time as a multiple of the floor, which is what the work costs at least when written with the documented',
  '  calls of Node. Less is better; below 1 is faster than that.',
  '- **async**: awaited call by call, so the time is a latency, mostly of waking threads. With many calls at once such a',
  '  subject does better than its row says.',
].join('\n')

export function surroundings(): string {
  const { devDependencies = {} } = readManifest('../../package.json')
  const { dependencies = {} } = readManifest('../package.json')
  const versions = { ...devDependencies, ...(napi === undefined ? {} : dependencies) }
  const peers = ['fast-jwt', 'jose', 'jsonwebtoken', '@node-rs/jsonwebtoken']
  const memory = Math.round(totalmem() / 2 ** 30)
  return [
    `- machine: ${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}, ${memory} GiB, ${process.platform} ${process.arch}`,
    `- Node.js ${process.versions.node}, OpenSSL ${process.versions.openssl}`,
    `- peers: ${peers.map((name) => `${name} ${versions[name] ?? '(not installed)'}`).join(', ')}`,
  ].join('\n')
}

/** Versions in both are exact, so what a manifest says is what runs. */
function readManifest(path: string): {
  readonly dependencies?: { readonly [name: string]: string }
  readonly devDependencies?: { readonly [name: string]: string }
} {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
}

export function section(one: Case, results: readonly Measured[]): Section {
  return { markdown: table(one, results), lines: lines(one, results) }
}

function table({ bench, name }: Case, results: readonly Measured[]): string {
  const rows = results.map(({ subject, ns, ratioToFastestPeer, ratioToFloor }) => [
    subject.isAsync ? `${subject.name} (async)` : subject.name,
    duration(ns),
    // A floor is no peer, and to call it faster than one would be no news.
    subject.role === 'floor' ? '' : ratio(ratioToFastestPeer),
    ratio(ratioToFloor),
  ])
  return `### ${bench}: ${name}\n\n${align([['subject', 'time', 'x fastest peer', 'of floor'], ...rows])}`
}

function lines({ bench, name }: Case, results: readonly Measured[]): object[] {
  return results.map(({ subject, ns, ratioToFastestPeer, ratioToFloor }) => ({
    bench,
    case: name,
    subject: subject.name,
    ns: Math.round(ns),
    ratioToFastestPeer: rounded(ratioToFastestPeer),
    ratioToFloor: rounded(ratioToFloor),
  }))
}

export function align(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] as readonly string[]).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] as string).length)),
  )
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const [head, ...body] = rows.map((row) =>
    line(
      row.map((cell, column) => {
        const width = widths[column] as number
        return column === 0 ? cell.padEnd(width) : cell.padStart(width)
      }),
    ),
  )
  const rule = line(
    widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)),
  )
  return [head, rule, ...body].join('\n')
}

function duration(ns: number): string {
  return ns < 10_000 ? `${Math.round(ns)} ns` : `${(ns / 1000).toFixed(1)} us`
}

function ratio(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(2)
}

function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value * 1000) / 1000
}
