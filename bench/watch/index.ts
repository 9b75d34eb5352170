/**
 * What do signals of `verifier.watch` cost when many connections hold one each? Peers are Node's own timers, one for each
 * connection, which know of expiry only.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createSignet, type TokenLifetime } from 'signet-jwt'
import type { BenchOptions, Section } from '../support/section.ts'

const CONNECTIONS = 100_000

interface Line {
  readonly case: string
  readonly value: number
  readonly unit: string
}

export async function run({ case: wanted, progress }: BenchOptions): Promise<readonly Section[]> {
  const name = `watch: ${CONNECTIONS.toLocaleString('en')} connections`
  if (wanted !== undefined && !name.includes(wanted)) return []
  progress(name)
  const lines = [...(await measureSignals()), ...measureTimers()]
  const rows = lines.map((line) => `| ${line.case} | ${line.value} ${line.unit} |`)
  const markdown = [`### ${name}`, '', '| what | cost |', '| --- | --- |', ...rows].join('\n')
  return [{ markdown, lines }]
}

async function measureSignals(): Promise<readonly Line[]> {
  await using signet = await createSignet({ issuer: 'https://issuer.example' })
  const claims: ReturnType<typeof signet.verify>[] = []
  for (let i = 0; i < CONNECTIONS; i++) {
    const { accessToken } = await signet.issue({ subject: `user ${i}` })
    claims.push(signet.verify(accessToken))
  }
  const before = heap()
  const begun = performance.now()
  const signals: TokenLifetime[] = []
  for (const each of claims) signals.push(signet.watch(each))
  const added = (performance.now() - begun) / CONNECTIONS
  const held = (heap() - before) / CONNECTIONS
  let listened = 0
  for (const signal of signals) signal.addEventListener('abort', () => listened++)
  const withListener = (heap() - before) / CONNECTIONS
  const single = await signet.issue({ subject: 'one of many' })
  const alone = signet.watch(signet.verify(single.accessToken))
  let heardAt = 0
  alone.addEventListener('abort', () => {
    heardAt = performance.now()
  })
  const asked = performance.now()
  await signet.revoke({ sessionId: single.sessionId })
  const begunToDispose = performance.now()
  for (const signal of signals) signal[Symbol.dispose]()
  const disposed = (performance.now() - begunToDispose) / CONNECTIONS
  return [
    { case: 'memory of a signal', value: Math.round(held), unit: 'bytes' },
    { case: 'memory of a signal with a listener', value: Math.round(withListener), unit: 'bytes' },
    { case: 'watch', value: round(added * 1000), unit: 'µs' },
    { case: 'revoke until the signal has fired', value: round(heardAt - asked), unit: 'ms' },
    { case: 'dispose', value: round(disposed * 1000), unit: 'µs' },
  ]
}

function measureTimers(): readonly Line[] {
  const before = heap()
  const begun = performance.now()
  const timers = Array.from({ length: CONNECTIONS }, () => setTimeout(() => {}, 1_800_000))
  const added = (performance.now() - begun) / CONNECTIONS
  const held = (heap() - before) / CONNECTIONS
  for (const timer of timers) clearTimeout(timer)
  return [
    { case: 'memory of a timer, for comparison', value: Math.round(held), unit: 'bytes' },
    { case: 'setTimeout, for comparison', value: round(added * 1000), unit: 'µs' },
  ]
}

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

function heap(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
