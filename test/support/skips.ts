/**
 * A reporter for node's test runner: node's own `spec` output, then one line that names what this machine lacks and how
 * to get it. A skipped test that nobody reads about is a test that never runs.
 */
import { Readable } from 'node:stream'
import { spec } from 'node:test/reporters'
import { missingFromReason } from './need.ts'

/** The parts of the runner's events that are read here. */
interface Report {
  readonly type: string
  readonly data: {
    readonly name?: string
    readonly skip?: string | boolean | undefined
    readonly file?: string | undefined
  }
}

export default async function* report(events: AsyncIterable<Report>): AsyncGenerator<string> {
  const seen: Report[] = []
  yield* printed(keep(events, seen))
  const line = skippedLine(seen)
  if (line !== undefined) yield `${line}\n`
  if (ranNothing(seen)) {
    // The runner calls a run without tests a success, and so would whoever reads the exit code.
    process.exitCode = 1
    yield 'no test ran: the files or the name pattern select nothing\n'
  }
}

async function* keep(events: AsyncIterable<Report>, seen: Report[]): AsyncGenerator<Report> {
  for await (const event of events) {
    if (event.type === 'test:pass' || event.type === 'test:fail') seen.push(event)
    yield event
  }
}

async function* printed(events: AsyncIterable<Report>): AsyncGenerator<string> {
  for await (const text of Readable.from(events).compose(new spec())) yield String(text)
}

/** `skipped: PyJWT (apt-get install python3-jwt), 3 tests; ...`, or undefined when nothing was missing. */
export function skippedLine(events: readonly Report[]): string | undefined {
  const missing = new Map<string, number>()
  for (const { data } of events) {
    const found = typeof data.skip === 'string' ? missingFromReason(data.skip) : undefined
    if (found === undefined) continue
    const title = `${found.what} (${found.how})`
    missing.set(title, (missing.get(title) ?? 0) + 1)
  }
  if (missing.size === 0) return undefined
  const parts = [...missing].map(
    ([title, tests]) => `${title}, ${tests} test${tests === 1 ? '' : 's'}`,
  )
  return `skipped: ${parts.toSorted().join('; ')}`
}

/** Whether no test ran. The runner reports a file in which it found none as one passing test with the file's name. */
export function ranNothing(events: readonly Report[]): boolean {
  return events.every(
    ({ type, data }) =>
      type === 'test:pass' && data.name !== undefined && isPathOf(data.name, data.file),
  )
}

function isPathOf(name: string, file: string | undefined): boolean {
  return name.endsWith('.test.ts') && (file?.endsWith(name) ?? false)
}
