/**
 * The suite that defines a store: every engine runs it, and so can anyone who writes one. It needs a clock that it can
 * move, and a store that is empty.
 */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { describe, it } from 'node:test'
import type { RingDocument } from '../keys/ring-store.ts'
import { BEAT_LIMIT, type BeatReport } from '../revocation/log-store.ts'
import { origin, type Position } from '../revocation/position.ts'
import { type Decision, decide, type Presentation } from '../sessions/rotation.ts'
import { subjectHash, subjectHashOf } from '../sessions/session-id.ts'
import type { Birth, Revocation, SessionRow } from '../sessions/session-store.ts'
import type { Store } from './table-store.ts'

/** Makes an empty store whose clock is the given one; `release` frees what it stood on. */
export type MakeStore = (clock: () => Date) => Promise<{
  readonly store: Store
  readonly release: () => Promise<void>
}>

const ISSUER = 'https://issuer.example'
const START = Date.parse('2026-01-01T00:00:00Z')
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const GRACE = 10_000
const IDLE = 14 * 24 * HOUR

/**
 * Runs the contract against a store.
 *
 * @param name stands in the titles of the tests
 */
export function storeContract(name: string, makeStore: MakeStore): void {
  describe(`${name} keeps the store contract`, () => {
    sessionContract(makeStore)
    revocationContract(makeStore)
    logContract(makeStore)
    fleetContract(makeStore)
    ringContract(makeStore)
  })
}

interface Bench {
  readonly store: Store
  now: number
}

/** A test with a store of its own and a clock that stands still until it is moved. */
function on(makeStore: MakeStore, title: string, body: (bench: Bench) => Promise<void>): void {
  it(title, async () => {
    let now = START
    const { store, release } = await makeStore(() => new Date(now))
    const bench = {
      store,
      get now() {
        return now
      },
      set now(value: number) {
        now = value
      },
    }
    try {
      await store.declareIssuer(ISSUER, HOUR)
      await body(bench)
    } finally {
      await store.close()
      await release()
    }
  })
}

function sessionContract(makeStore: MakeStore): void {
  on(makeStore, 'creates a session with the times of its own clock', async ({ store }) => {
    const row = await store.createSession(birth())
    assert.equal(row.gen, 0)
    assert.equal(row.bornAt, START)
    assert.equal(row.rotatedAt, START)
    assert.equal(row.idleAt, START + IDLE)
    assert.equal(row.epoch, START)
    assert.deepEqual(await store.getSession(row.sid), row)
  })

  on(
    makeStore,
    'gives a subject a stamp that never falls, whatever the clock does',
    async (bench) => {
      const { store } = bench
      const hs = subjectHash(ISSUER, 'anna')
      const first = await store.stampSubject(hs)
      bench.now = START - HOUR
      const second = await store.stampSubject(hs)
      assert.equal(second.epoch, first.epoch)
      assert.equal(second.now, START - HOUR)
    },
  )

  on(makeStore, 'decides as the pure function does, over a random history', async (bench) => {
    await randomHistory(bench)
  })

  on(makeStore, 'lets one of many simultaneous presentations rotate', async ({ store }) => {
    const row = await store.createSession(birth())
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => store.rotate(presentation(row))),
    )
    const count = (outcome: string) => answers.filter((each) => each.outcome === outcome).length
    assert.equal(count('rotated'), 1)
    assert.equal(count('repeated'), 39)
    assert.ok(answers.every((answer) => answer.row?.gen === 1))
  })

  on(makeStore, 'ends a session once for many simultaneous reuses', async (bench) => {
    const { store } = bench
    const row = await store.createSession(birth())
    await store.rotate(presentation(row))
    bench.now += GRACE + 1
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => store.rotate(presentation(row))),
    )
    assert.equal(answers.filter(({ outcome }) => outcome === 'reused').length, 1)
    assert.equal(answers.filter(({ outcome }) => outcome === 'revoked').length, 19)
    const entries = (await store.beat(report(origin))).entries
    assert.deepEqual(
      entries.map(({ kind, key }) => [kind, key]),
      [['session', row.sid]],
    )
  })

  on(makeStore, 'lists live sessions oldest first, in pages', async (bench) => {
    const { store } = bench
    const sids: string[] = []
    for (let i = 0; i < 5; i++) {
      bench.now += 1
      sids.push((await store.createSession(birth())).sid)
    }
    await store.revoke(revocation({ kind: 'session', sid: sids[1] as string }))
    const hs = subjectHashOf(sids[0] as string)
    const first = await store.listSessions({ hs, after: undefined, limit: 3 })
    assert.deepEqual(first.rows.map(sidOf), [sids[0], sids[2], sids[3]])
    const second = await store.listSessions({ hs, after: first.next, limit: 3 })
    assert.deepEqual(second.rows.map(sidOf), [sids[4]])
    assert.equal(second.next, undefined)
  })

  on(makeStore, 'revokes the longest unused session when there are too many', async (bench) => {
    const { store } = bench
    const oldest = await store.createSession(birth({ maxPerSubject: 2 }))
    bench.now += 1
    const idle = await store.createSession(birth({ maxPerSubject: 2 }))
    bench.now += 1
    await store.rotate(presentation(oldest))
    bench.now += 1
    await store.createSession(birth({ maxPerSubject: 2 }))
    assert.equal((await store.getSession(idle.sid))?.revokedAt, bench.now)
    assert.equal((await store.getSession(oldest.sid))?.revokedAt, undefined)
    const entries = (await store.beat(report(origin))).entries
    assert.deepEqual(
      entries.map(({ key }) => key),
      [idle.sid],
    )
  })

  on(makeStore, 'deletes a session only when no token of it can be alive', async (bench) => {
    const { store } = bench
    const row = await store.createSession(birth())
    bench.now = row.idleAt + HOUR
    await store.sweep(100)
    assert.ok(await store.getSession(row.sid))
    bench.now = row.idleAt + HOUR + 2 * MINUTE
    assert.equal(await store.sweep(100), 1)
    assert.equal(await store.getSession(row.sid), undefined)
  })
}

function revocationContract(makeStore: MakeStore): void {
  on(makeStore, 'revokes a session and says so in the log, again at each repeat', async (bench) => {
    const { store } = bench
    const row = await store.createSession(birth())
    const step = revocation({ kind: 'session', sid: row.sid, reason: 'lost phone' })
    const first = await store.revoke(step)
    bench.now += 5
    const again = await store.revoke(step)
    assert.ok(again.position.p > first.position.p)
    assert.equal((await store.getSession(row.sid))?.revokedAt, START)
    assert.equal((await store.rotate(presentation(row))).outcome, 'revoked')
    const [entry] = (await store.beat(report(origin))).entries
    assert.equal(entry?.reason, 'lost phone')
    assert.equal(entry?.expiresAt, START + HOUR + MINUTE)
  })

  on(
    makeStore,
    'separates a login from a log-out-everywhere in the same millisecond',
    async ({ store }) => {
      const before = await store.createSession(birth())
      const { entry } = await store.revoke(revocation(everyone('anna')))
      const after = await store.createSession(birth())
      assert.ok(before.epoch < (entry.epoch as number))
      assert.ok(after.epoch >= (entry.epoch as number))
      assert.equal((await store.rotate(presentation(before))).outcome, 'revoked')
      assert.equal((await store.rotate(presentation(after))).outcome, 'rotated')
    },
  )

  on(makeStore, 'keeps the one session that a changed password leaves', async ({ store }) => {
    const kept = await store.createSession(birth())
    const other = await store.createSession(birth())
    const done = await store.revoke(revocation({ ...everyone('anna'), keepSid: kept.sid }))
    assert.equal(done.kept, true)
    assert.equal((await store.getSession(kept.sid))?.epoch, done.entry.epoch)
    assert.equal((await store.rotate(presentation(kept))).outcome, 'rotated')
    assert.equal((await store.rotate(presentation(other))).outcome, 'revoked')
  })

  on(makeStore, 'changes nothing when the session to keep is not there', async ({ store }) => {
    const row = await store.createSession(birth())
    const done = await store.revoke(revocation({ ...everyone('anna'), keepSid: newSid('anna') }))
    assert.equal(done.kept, false)
    assert.equal((await store.rotate(presentation(row))).outcome, 'rotated')
    assert.deepEqual((await store.beat(report(origin))).entries, [])
  })

  on(makeStore, 'keeps the entry of a token until the token is dead', async ({ store }) => {
    const expiresAt = START + 5 * MINUTE
    const step = revocation({ kind: 'token', tokenId: 'jti-1', expiresAt })
    assert.equal((await store.revoke(step)).entry.expiresAt, expiresAt + MINUTE)
  })
}

function logContract(makeStore: MakeStore): void {
  on(makeStore, 'gives positions that grow even when the clock goes back', async (bench) => {
    const { store } = bench
    const positions: Position[] = []
    for (const now of [START, START, START - HOUR, START + HOUR]) {
      bench.now = now
      positions.push((await revokeToken(store, `t${positions.length}`)).position)
    }
    const numbers = positions.map(({ p }) => p)
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    )
    assert.equal(new Set(numbers).size, 4)
    assert.equal(new Set(positions.map(({ tag }) => tag)).size, 4)
    assert.deepEqual(await store.head(), positions.at(-1))
  })

  on(makeStore, 'answers a beat with what came after it', async ({ store }) => {
    const first = await revokeToken(store, 'one')
    const second = await revokeToken(store, 'two')
    const fresh = await store.beat(report(origin))
    assert.equal(fresh.state, 'ok')
    assert.deepEqual(
      fresh.entries.map(({ key }) => key),
      ['one', 'two'],
    )
    assert.deepEqual(fresh.head, second.position)
    assert.deepEqual(fresh.maxLife, { [ISSUER]: HOUR })
    const later = await store.beat(report(first.position))
    assert.deepEqual(
      later.entries.map(({ key }) => key),
      ['two'],
    )
    const done = await store.beat(report(second.position))
    assert.deepEqual(done.entries, [])
  })

  on(makeStore, 'pages a long log', async ({ store }) => {
    await Promise.all(Array.from({ length: BEAT_LIMIT + 5 }, (_, i) => revokeToken(store, `t${i}`)))
    const first = await store.beat(report(origin))
    assert.equal(first.entries.length, BEAT_LIMIT)
    const last = first.entries.at(-1)?.position as Position
    assert.equal((await store.beat(report(last))).entries.length, 5)
  })

  on(makeStore, 'notices a position that is not in its log', async ({ store }) => {
    const { position } = await revokeToken(store, 'one')
    const foreign = await store.beat(report({ p: position.p, tag: 'ffffffffffffffff' }))
    assert.equal(foreign.state, 'diverged')
    assert.deepEqual(
      foreign.entries.map(({ key }) => key),
      ['one'],
    )
    const ahead = await store.beat(report({ p: position.p + 1, tag: position.tag }))
    assert.equal(ahead.state, 'diverged')
  })

  on(
    makeStore,
    'trims expired entries from the front and sends late followers back',
    async (bench) => {
      const { store } = bench
      const first = await revokeToken(store, 'one')
      bench.now += MINUTE
      const second = await revokeToken(store, 'two')
      bench.now = START + HOUR + 2 * MINUTE + 1
      assert.equal(await store.sweep(100), 1)
      assert.equal((await store.beat(report(first.position))).state, 'resync')
      assert.equal((await store.beat(report(second.position))).state, 'ok')
      bench.now += HOUR
      await store.sweep(100)
      // The head counts as known even when its entry is gone.
      assert.equal((await store.beat(report(second.position))).state, 'ok')
      assert.deepEqual((await store.beat(report(origin))).entries, [])
    },
  )

  on(makeStore, 'moves a long-lived entry out of the way of a trim', async (bench) => {
    const { store } = bench
    await store.revoke(
      revocation({ kind: 'token', tokenId: 'long', expiresAt: START + 100 * HOUR }),
    )
    for (let i = 0; i < 5; i++) await revokeToken(store, `short${i}`)
    bench.now = START + HOUR + 3 * MINUTE
    assert.equal(await store.sweep(100), 5)
    const { entries, head } = await store.beat(report(origin))
    assert.deepEqual(
      entries.map(({ key }) => key),
      ['long'],
    )
    assert.deepEqual(entries[0]?.position, head)
  })

  on(
    makeStore,
    'announces longer tokens and never takes the announcement back',
    async ({ store }) => {
      assert.equal((await store.declareIssuer(ISSUER, HOUR / 2)).raisedAt, undefined)
      const { raisedAt } = await store.declareIssuer(ISSUER, 2 * HOUR)
      assert.deepEqual(raisedAt, await store.head())
      const reply = await store.beat(report(origin))
      assert.deepEqual(reply.maxLife, { [ISSUER]: 2 * HOUR })
      assert.deepEqual(
        reply.entries.map(({ kind }) => kind),
        ['ring'],
      )
    },
  )

  on(makeStore, 'wakes whoever watches', async ({ store }) => {
    const woken = new Promise<void>((resolve) => {
      const stop = store.watch(() => {
        stop()
        resolve()
      })
    })
    await revokeToken(store, 'one')
    await woken
  })
}

function fleetContract(makeStore: MakeStore): void {
  on(makeStore, 'shows a receipt where each member stands', async ({ store }) => {
    const { position } = await revokeToken(store, 'one')
    await store.beat({ ...report(origin), id: 'late' })
    await store.beat({ ...report(position), id: 'here' })
    await store.beat({ ...report({ ...position, tag: 'ffffffffffffffff' }), id: 'lost' })
    const { present, members } = await store.readReceipt(position)
    assert.equal(present, true)
    const stand = members.map(({ id, position: at, confirmed }) => [id, at.p, confirmed])
    assert.deepEqual(stand.toSorted(), [
      ['here', position.p, true],
      ['late', 0, true],
      ['lost', 0, true],
    ])
  })

  on(makeStore, 'tells a receipt when its entry is not in the log', async ({ store }) => {
    const { position } = await revokeToken(store, 'one')
    assert.equal((await store.readReceipt({ ...position, tag: '00' })).present, false)
  })

  on(makeStore, 'removes a member unless it has reported since', async ({ store }) => {
    await store.beat({ ...report(origin), id: 'a' })
    await store.beat({ ...report(origin), id: 'a' })
    await store.removeMember('a', 1)
    assert.equal((await store.beat({ ...report(origin), id: 'b' })).members, 2)
    await store.removeMember('a', 2)
    assert.equal((await store.beat({ ...report(origin), id: 'b' })).members, 1)
    await store.removeMember('b')
    assert.deepEqual((await store.readReceipt(origin)).members, [])
  })
}

function ringContract(makeStore: MakeStore): void {
  on(
    makeStore,
    'changes the ring by compare-and-set and announces it in the same step',
    async ({ store }) => {
      assert.equal(await store.loadRing(), undefined)
      const change = (expectedVersion: number, ring: RingDocument) =>
        store.changeRing({ expectedVersion, ring, entryId: randomId(), issuer: ISSUER })
      assert.equal(await change(0, ringOf(1)), true)
      assert.deepEqual(await store.loadRing(), ringOf(1))
      const both = await Promise.all([change(1, ringOf(2)), change(1, ringOf(2))])
      assert.deepEqual(both.toSorted(), [false, true])
      const reply = await store.beat(report(origin))
      assert.equal(reply.ringVersion, 2)
      assert.deepEqual(
        reply.entries.map(({ kind, key }) => [kind, key]),
        [
          ['ring', '1'],
          ['ring', '2'],
        ],
      )
    },
  )
}

/** Presentations chosen at random, each answer compared with `decide` on a row kept beside the store. */
async function randomHistory(bench: Bench): Promise<void> {
  const { store } = bench
  const seed = randomSeed()
  const random = numbersFrom(seed)
  let row = await store.createSession(birth())
  let cut = 0
  for (let step = 0; step < 300; step++) {
    bench.now += Math.floor(random() * GRACE * 0.7)
    if (random() < 0.02) {
      const { entry } = await store.revoke(revocation(everyone('anna')))
      cut = entry.epoch as number
    }
    const asked: Presentation = {
      ...presentation(row),
      gen: Math.max(0, row.gen + Math.floor(random() * 4) - 2),
      contextHash: [undefined, 'phone', 'laptop'][Math.floor(random() * 3)],
      ...(random() < 0.1 ? { attempt: row.attempt } : {}),
      ...(random() < 0.03 ? { secretHash: 'another' } : {}),
    }
    const expected = decide(row, cut, asked, bench.now)
    const answer = await store.rotate(asked)
    assert.deepEqual(
      plain(answer),
      plain(expected),
      `step ${step} of the history with seed ${seed}`,
    )
    if (answer.row !== undefined) row = answer.row
    if (row.revokedAt !== undefined || row.epoch < cut || bench.now >= row.idleAt) {
      row = await store.createSession(birth())
    }
  }
}

/** Without members that are undefined: a row that has been through an engine may leave them out. */
function plain(decision: Decision): unknown {
  return JSON.parse(JSON.stringify(decision))
}

function birth(changes: Partial<Birth> = {}): Birth {
  return {
    issuer: ISSUER,
    sid: newSid('anna'),
    subject: 'anna',
    claims: '{"role":"editor"}',
    audience: '"https://api.example"',
    scope: 'read write',
    client: undefined,
    cnf: undefined,
    context: '{}',
    secretHash: 'hash of the session secret',
    contextHash: 'phone',
    macKid: 'mac-1',
    attempt: randomId(),
    idleLifetime: IDLE,
    absoluteLifetime: 90 * 24 * HOUR,
    maxPerSubject: 100,
    ...changes,
  }
}

function presentation(row: SessionRow): Presentation {
  return {
    issuer: ISSUER,
    sid: row.sid,
    gen: row.gen,
    secretHash: row.secretHash,
    client: row.client,
    cnf: row.cnf,
    contextHash: row.contextHash,
    attempt: randomId(),
    macKid: 'mac-1',
    claims: undefined,
    policy: { grace: GRACE, idleLifetime: IDLE, maxReplays: 100 },
    entryId: randomId(),
  }
}

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

function revocation(
  what: Without<Revocation, 'issuer' | 'reason' | 'entryId'> & { readonly reason?: string },
): Revocation {
  return { issuer: ISSUER, entryId: randomId(), reason: undefined, ...what } as Revocation
}

function everyone(subject: string) {
  return { kind: 'subject' as const, subject, hs: subjectHash(ISSUER, subject), keepSid: undefined }
}

function revokeToken(store: Store, tokenId: string) {
  return store.revoke(revocation({ kind: 'token', tokenId, expiresAt: undefined }))
}

function report(position: Position): BeatReport {
  return { id: 'member', position, maxStaleness: 30_000, onStale: 'deny' }
}

function ringOf(version: number): RingDocument {
  return { version, publicPart: '{}', sealed: { wraps: [], iv: '', data: `ring ${version}` } }
}

let ids = 0
/** Unique within a run, which is all the contract needs; real callers use random ids. */
function randomId(): string {
  return `id-${++ids}`
}

function newSid(subject: string): string {
  return subjectHash(ISSUER, subject) + String(++ids).padStart(22, '0')
}

function sidOf(row: SessionRow): string {
  return row.sid
}

/** The seed comes from the environment to repeat a failed run, else from the process. */
function randomSeed(): number {
  return Number(process.env.SIGNET_SEED ?? process.pid)
}

/** Numbers from 0 to 1 that follow from the seed. */
function numbersFrom(seed: number): () => number {
  let drawn = 0
  return () => Number.parseInt(hash('sha256', `${seed}:${drawn++}`).slice(0, 12), 16) / 16 ** 12
}
