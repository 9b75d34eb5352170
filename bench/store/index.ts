/**
 * How many operations a second does each store carry out, with 1 to 256 in flight, and how does that compare with the same
 * statements given to its driver by hand?
 */
import type { BenchOptions, Section } from '../support/section.ts'
import { type Engine, engines, type Group } from './engines.ts'
import { type Operation, operations } from './operations.ts'
import { redisSections } from './redis.ts'

const IN_FLIGHT = [1, 16, 64, 256]
/** Store and bare statements take turns so many times, so that what the disk does meanwhile meets both. */
const ROUNDS = 5

interface Line {
  readonly bench: 'store'
  readonly operation: string
  readonly engine: string
  readonly inFlight: number
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  /** Median over the rounds of the bare rate divided by ours; null where there is nothing bare. */
  readonly ofBare: number | null
}

export async function run(options: BenchOptions): Promise<readonly Section[]> {
  const sections: Section[] = []
  for (const operation of operations) {
    const name = `store: ${operation.name}`
    const wanted = engines.filter(
      (engine) => options.case === undefined || `${name} ${engine.name}`.includes(options.case),
    )
    const lines: Line[] = []
    for (const engine of wanted) lines.push(...(await measure(engine, operation, options)))
    if (lines.length > 0) sections.push({ markdown: table(name, lines), lines })
  }
  return [...sections, ...(await redisSections(options))]
}

async function measure(
  engine: Engine,
  operation: Operation,
  { seconds, progress }: BenchOptions,
): Promise<readonly Line[]> {
  const open = await engine.open()
  if (open === undefined) {
    progress(`${engine.name} is not there and is left out`)
    return []
  }
  try {
    const { call, end } = await operation.prepare(open.store)
    const group = operation.bare && open.bare?.[operation.bare]
    const lines: Line[] = []
    for (const inFlight of IN_FLIGHT) {
      progress(`${operation.name}, ${engine.name}, ${inFlight} in flight`)
      const slice = (seconds * 1000) / ROUNDS / (group === undefined ? 1 : 2)
      await load(call, inFlight, slice)
      const rounds = []
      for (let round = 0; round < ROUNDS; round++) {
        const ours = await load(call, inFlight, slice)
        const bare = group && (await loadBare(group, inFlight, slice))
        rounds.push({ ...ours, ofBare: bare && bare / ours.rate })
      }
      const ratios = rounds.flatMap(({ ofBare }) => ofBare ?? [])
      lines.push({
        bench: 'store',
        operation: operation.name,
        engine: engine.name,
        inFlight,
        perSecond: Math.round(median(rounds.map(({ rate }) => rate))),
        p50: round2(median(rounds.map(({ p50 }) => p50))),
        p99: round2(median(rounds.map(({ p99 }) => p99))),
        ofBare: ratios.length === 0 ? null : round2(median(ratios)),
      })
    }
    await end?.()
    return lines
  } finally {
    await open.release()
  }
}

/** Keeps so many calls in flight for a while. Latencies in milliseconds. */
async function load(call: () => Promise<void>, inFlight: number, milliseconds: number) {
  const latencies: number[] = []
  const begun = performance.now()
  const keepCalling = async () => {
    for (let now = performance.now(); now - begun < milliseconds; ) {
      await call()
      const after = performance.now()
      latencies.push(after - now)
      now = after
    }
  }
  await Promise.all(Array.from({ length: inFlight }, keepCalling))
  const elapsed = performance.now() - begun
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] as number
  return { rate: (latencies.length * 1000) / elapsed, p50: at(0.5), p99: at(0.99) }
}

async function loadBare(group: Group, size: number, milliseconds: number): Promise<number> {
  const begun = performance.now()
  let done = 0
  while (performance.now() - begun < milliseconds) {
    await group(size)
    done += size
    // The store gives way to other work between two commits, and so must this.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return (done * 1000) / (performance.now() - begun)
}

function table(name: string, lines: readonly Line[]): string {
  const head = ['engine', 'in flight', 'a second', 'p50 ms', 'p99 ms', 'bare / ours']
  const rows = lines.map((line) => [
    line.engine,
    String(line.inFlight),
    line.perSecond.toLocaleString('en'),
    line.p50.toFixed(2),
    line.p99.toFixed(2),
    line.ofBare?.toFixed(2) ?? '',
  ])
  const print = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = print(['---', ...Array.from({ length: head.length - 1 }, () => '--:')])
  return [`### ${name}`, '', print(head), rule, ...rows.map(print)].join('\n')
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number
}

function round2(value: number): number {
  return Math.round(value * 100) / 100
}
