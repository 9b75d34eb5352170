/**
 * The Redis store with both client libraries, on a server of the bench's own. `bare` is the floor: the same script with
 * the same arguments, sent by the same driver, and nobody reads the answer.
 */
import { randomUUID } from 'node:crypto'
import { subjectHashOf } from '../../packages/signet/src/sessions/session-id.ts'
import type { SessionRow } from '../../packages/signet/src/sessions/session-row.ts'
import { birth, ISSUER, newSid } from '../../packages/signet/src/stores/contract/material.ts'
import { driverOf } from '../../packages/signet/src/stores/redis/client.ts'
import type { Driver } from '../../packages/signet/src/stores/redis/driver.ts'
import { Keys } from '../../packages/signet/src/stores/redis/keys.ts'
import { rotate } from '../../packages/signet/src/stores/redis/scripts/rotate.ts'
import type { Store } from '../../packages/signet/src/stores/store.ts'
import { RedisServer } from '../../test/support/redis.ts'
import { clientOf, type Library, libraries, storeOn } from '../../test/support/redis-clients.ts'
import type { BenchOptions, Section } from '../support/section.ts'

const PREFIX = 'bench:'
const SESSIONS = 1000
const IN_FLIGHT = [1, 16, 64, 256]
/** Store and floor take turns this often, so that the machine's mood meets both. */
const TURNS = 8
const ENTRIES = 100_000
const WAKE_UPS = 300

interface Setting {
  readonly library: Library
  readonly server: RedisServer
  readonly driver: Driver
  readonly store: Store
  readonly seconds: number
}

interface Line {
  readonly bench: 'store'
  readonly case: string
  readonly value: number
  readonly unit: string
}

const questions: {
  readonly [name: string]: (setting: Setting) => Promise<readonly Line[]>
} = { rotations: rotations, 'wake-ups': wakeUps, 'catching up': catchingUp }

export async function redisSections(options: BenchOptions): Promise<readonly Section[]> {
  const lines: Line[] = []
  for (const library of libraries) {
    for (const [name, measure] of Object.entries(questions)) {
      const title = `Redis with ${library}: ${name}`
      if (options.case !== undefined && !title.includes(options.case)) continue
      options.progress(title)
      lines.push(...(await onServer(library, options.seconds, measure)))
    }
  }
  if (lines.length === 0) return []
  const rows = lines.map((line) => `| ${line.case} | ${line.value} ${line.unit} |`)
  const markdown = ['### store: Redis', '', '| what | figure |', '| --- | --- |', ...rows]
  return [{ markdown: markdown.join('\n'), lines }]
}

async function onServer(
  library: Library,
  seconds: number,
  measure: (setting: Setting) => Promise<readonly Line[]>,
): Promise<readonly Line[]> {
  const server = await RedisServer.start()
  const used = clientOf(library, server)
  const store = storeOn(used.client, undefined, PREFIX)
  try {
    await store.declareIssuer(ISSUER, 3_600_000)
    return await measure({ library, server, store, driver: driverOf(used.client), seconds })
  } finally {
    await store.close()
    used.end()
    await server.end()
  }
}

/** The whole rule table, each session in turn. */
async function rotations({ library, store, driver, seconds }: Setting): Promise<readonly Line[]> {
  const rows: SessionRow[] = []
  for (let i = 0; i < SESSIONS; i++) {
    const subject = `user ${i}`
    rows.push(await store.createSession(birth({ subject, sid: newSid(subject) })))
  }
  const generations = new Uint32Array(SESSIONS)
  const asked = { contextHash: 'phone', device: 'phone', macKid: 'mac-1', entryId: randomUUID() }
  const policy = { grace: 10_000, idleLifetime: 3_600_000, maxReplays: 100 }
  let next = 0
  const nextGeneration = (place: number) => {
    const gen = generations[place] ?? 0
    generations[place] = gen + 1
    return gen
  }
  const byStore = async () => {
    const place = next++ % SESSIONS
    const { sid, secretHash } = rows[place] as SessionRow
    const gen = nextGeneration(place)
    const own = { issuer: ISSUER, sid, gen, secretHash, attempt: `attempt ${next}` }
    const none = { client: undefined, cnf: undefined, claims: undefined }
    const { outcome } = await store.rotate({ ...own, ...asked, ...none, policy })
    if (outcome !== 'rotated') throw new Error(`the store answered ${outcome}`)
  }
  const keys = new Keys(PREFIX)
  const bare = async () => {
    const place = next++ % SESSIONS
    const { sid, secretHash } = rows[place] as SessionRow
    const gen = nextGeneration(place)
    const session = keys.session(sid)
    const names = [session, keys.register(subjectHashOf(sid))]
    const own = ['', String(gen), secretHash, '', '', '"phone"', 'phone', `attempt ${next}`]
    const rest = ['mac-1', '', '10000', '3600000', '100', ISSUER, asked.entryId]
    await driver.send(session, ['EVALSHA', rotate.sha, '2', ...names, ...own, ...rest])
  }
  const lines: Line[] = []
  for (const inFlight of IN_FLIGHT) {
    const perTurn = (seconds * 1000) / TURNS / 2
    const rates = { store: 0, bare: 0 }
    await repeat(byStore, inFlight, perTurn)
    for (let turn = 0; turn < TURNS; turn++) {
      rates.store += (await repeat(byStore, inFlight, perTurn)) / TURNS
      rates.bare += (await repeat(bare, inFlight, perTurn)) / TURNS
    }
    const name = `Redis with ${library}: rotations, ${inFlight} in flight`
    lines.push(line(name, rates.store, 'k/s'))
    lines.push(line(`${name}, bare script through store`, rates.bare / rates.store, 'x'))
  }
  return lines
}

/** Calls at most so many at a time; answers calls a millisecond, which is thousands a second. */
async function repeat(call: () => Promise<void>, inFlight: number, time: number): Promise<number> {
  const started = performance.now()
  let done = 0
  const one = async () => {
    while (performance.now() - started < time) {
      await call()
      done++
    }
  }
  await Promise.all(Array.from({ length: inFlight }, one))
  return done / (performance.now() - started)
}

/** From the acknowledgement of a revocation, and from its beginning, until another client has read the entry. */
async function wakeUps({ library, server, store }: Setting): Promise<readonly Line[]> {
  const other = clientOf(library, server)
  const following = storeOn(other.client, undefined, PREFIX)
  let position = await following.head()
  let heard = (_key: string) => {}
  const stop = following.watch(() => {
    void following.look(position).then(({ entries, head }) => {
      position = head
      for (const { key } of entries) heard(key)
    })
  })
  const all: number[] = []
  for (let i = 0; i < WAKE_UPS; i++) {
    await new Promise((resolve) => setTimeout(resolve, 1 + (i % 5)))
    const started = performance.now()
    const seen = new Promise<number>((resolve) => {
      heard = (key) => key === `token ${i}` && resolve(performance.now() - started)
    })
    await revoke(store, `token ${i}`)
    all.push(await seen)
  }
  stop()
  await following.close()
  other.end()
  const sorted = all.toSorted((a, b) => a - b)
  return [50, 99].map((percent) => {
    const value = sorted[Math.floor((sorted.length * percent) / 100)] ?? 0
    return line(`Redis with ${library}: revoke until read elsewhere, p${percent}`, value, 'ms')
  })
}

/** What a verifier waits for that joins with many entries alive. */
async function catchingUp({ library, store }: Setting): Promise<readonly Line[]> {
  for (let i = 0; i < ENTRIES; i += 1000) {
    await Promise.all(Array.from({ length: 1000 }, () => revoke(store, randomUUID())))
  }
  const started = performance.now()
  let position = { p: 0, tag: '' }
  let read = 0
  while (read < ENTRIES) {
    const report = { id: 'newcomer', position, maxStaleness: 30_000, onStale: 'deny' as const }
    const { entries } = await store.beat(report)
    read += entries.length
    position = entries.at(-1)?.position ?? position
  }
  const each = ((performance.now() - started) * 1000) / read
  return [line(`Redis with ${library}: catching up, each entry`, each, 'µs')]
}

function revoke(store: Store, tokenId: string) {
  const target = { kind: 'token', tokenId, expiresAt: undefined } as const
  return store.revoke({ ...target, issuer: ISSUER, reason: undefined, entryId: randomUUID() })
}

function line(name: string, value: number, unit: string): Line {
  return { bench: 'store', case: name, value: Number(value.toPrecision(3)), unit }
}
