/** What does the revocation index cost: memory, time in every verification, and pauses? */

import { align } from '../support/report.ts'
import type { BenchOptions, Section } from '../support/section.ts'
import { type Emptied, emptyOut } from './empty-out.ts'
import { type Filled, fill, type Mixture } from './fill.ts'
import { addedToVerify } from './verify.ts'

/** Half a thousand token entries are a quiet day; ten million, a fleet that revokes five thousand a second. */
const sizes = [1000, 1_000_000, 10_000_000]
const mixtures: readonly Mixture[] = ['tokens', 'tokens, sessions and subjects']

interface Row extends Filled, Emptied {
  readonly name: string
  readonly addsNs: number
  readonly verifyNs: number
}

export async function run(options: BenchOptions): Promise<readonly Section[]> {
  const rows: Row[] = []
  for (const mixture of mixtures) {
    for (const size of sizes) {
      const name = `${size.toLocaleString('en')} ${mixture}`
      if (options.case !== undefined && !name.includes(options.case)) continue
      options.progress(name)
      const filled = fill(size, mixture)
      const added = await addedToVerify(filled.index, options.seconds)
      rows.push({ name, ...filled, ...added, ...emptyOut(filled.index, filled.bytesBefore) })
    }
  }
  return rows.length === 0 ? [] : [section(rows)]
}

function section(rows: readonly Row[]): Section {
  const head = [
    'entries',
    'bytes an entry',
    'adds to a verify',
    'of',
    'insert',
    'longest insert',
    'longest purge call',
    'bytes left',
  ]
  const cells = rows.map((row) => [
    row.name,
    row.bytesPerEntry.toFixed(1),
    `${Math.round(row.addsNs)} ns`,
    `${Math.round(row.verifyNs)} ns`,
    `${Math.round(row.insertNs)} ns`,
    `${row.longestInsertMs.toFixed(2)} ms`,
    `${row.longestPurgeMs.toFixed(2)} ms`,
    String(row.bytesLeft),
  ])
  return {
    markdown: `### index: revocations in memory\n\n${align([head, ...cells])}`,
    lines: rows.map(({ index: _, name, ...row }) => ({
      bench: 'index',
      case: name,
      ...Object.fromEntries(
        Object.entries(row).map(([key, value]) => [key, Math.round(value * 1000) / 1000]),
      ),
    })),
  }
}
