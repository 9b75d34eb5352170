/**
 * How long after `revoke` was called does another process refuse? One process revokes, others verify on the same store. All
 * of it is in the time: the step, its durability, the wake-up, the look at the log. The clock is the machine's monotonic one.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createSignet, generateSecret } from 'signet-jwt'
import type { BenchOptions, Section } from '../support/section.ts'
import { type Engine, engines } from './engines.ts'

const FOLLOWERS = [1, 3]
/** Revocations come one at a time, with a pause in which everyone comes to rest. */
const PAUSE_MS = 5
const MOST_EVENTS = 2000

export async function run({ case: wanted, seconds, progress }: BenchOptions) {
  const lines: Line[] = []
  for (const engine of engines) {
    const name = `propagation: ${engine.name}`
    if (wanted !== undefined && !name.includes(wanted)) continue
    for (const followers of FOLLOWERS) {
      progress(`${engine.name}, ${followers} followers`)
      const line = await measure(engine, followers, seconds)
      if (line === undefined) progress(`${engine.name} is not there and is left out`)
      else lines.push(line)
    }
  }
  return lines.length === 0 ? [] : [section(lines)]
}

interface Line {
  readonly bench: 'propagation'
  readonly engine: string
  readonly followers: number
  readonly revocations: number
  /** Milliseconds from the call of revoke to the first refusal, over every follower. */
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** Milliseconds until revoke resolved in its own process. */
  readonly revoke: number
}

async function measure(engine: Engine, count: number, seconds: number): Promise<Line | undefined> {
  const prepared = await engine.prepare()
  if (prepared === undefined) return undefined
  const { place, release } = prepared
  const secret = generateSecret()
  const store = engine.open(place)
  const signet = await createSignet({ issuer: 'https://issuer.example', secret, store })
  const followers = await Promise.all(
    Array.from({ length: count }, () => startFollower([engine.name, place, secret])),
  )
  const delays: number[] = []
  const own: number[] = []
  const end = performance.now() + seconds * 1000
  try {
    while (performance.now() < end && own.length < MOST_EVENTS) {
      const { accessToken, sessionId } = await signet.issue({ subject: 'anna', claims: {} })
      await Promise.all(followers.map((follower) => ask(follower, accessToken)))
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      const refused = followers.map((follower) => once(follower, 'message'))
      const begun = process.hrtime.bigint()
      await signet.revoke({ sessionId })
      own.push(Number(process.hrtime.bigint() - begun) / 1e6)
      for (const [at] of await Promise.all(refused)) delays.push(Number(BigInt(at) - begun) / 1e6)
    }
  } finally {
    for (const follower of followers) follower.kill()
    await signet.close()
    await store.close()
    release()
  }
  const [p50, p99, max] = [0.5, 0.99, 1].map((share) => at(delays, share)) as [
    number,
    number,
    number,
  ]
  const facts = { engine: engine.name, followers: count, revocations: own.length }
  return { bench: 'propagation', ...facts, p50, p99, max, revoke: at(own, 0.5) }
}

async function startFollower(args: readonly string[]): Promise<ChildProcess> {
  const follower = fork(`${import.meta.dirname}/follower.ts`, args, {
    execArgv: ['--conditions=@signet-jwt/source', '--disable-warning=ExperimentalWarning'],
  })
  await once(follower, 'message')
  return follower
}

async function ask(follower: ChildProcess, token: string): Promise<void> {
  const answer = once(follower, 'message')
  follower.send(token)
  await answer
}

function section(lines: readonly Line[]): Section {
  const rows = lines.map(
    ({ engine, followers, revocations, p50, p99, max, revoke }) =>
      `| ${engine} | ${followers} | ${revocations} | ${p50} | ${p99} | ${max} | ${revoke} |`,
  )
  const markdown = [
    '### propagation: from revoke() to the first refusal in another process, in ms',
    '',
    '| engine | followers | revocations | p50 | p99 | max | revoke() itself, p50 |',
    '| --- | --: | --: | --: | --: | --: | --: |',
    ...rows,
  ].join('\n')
  return { markdown, lines }
}

function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return Math.round((sorted[Math.floor(share * (sorted.length - 1))] as number) * 1000) / 1000
}
