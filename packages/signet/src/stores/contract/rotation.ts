import assert from 'node:assert/strict'
import { origin } from '../../revocation/position.ts'
import { type Decision, decide, type Presentation } from '../../sessions/rotation.ts'
import {
  type Bench,
  birth,
  everyone,
  GRACE,
  type MakeStore,
  newSid,
  numbersFrom,
  on,
  presentation,
  report,
  revocation,
  seedOfRun,
} from './material.ts'

/** One atomic step decides about a presentation, exactly as `decide` does. */
export function rotationContract(makeStore: MakeStore): void {
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
}

/** What is kept for people and for outages, beside what decides. */
export function deliveryContract(makeStore: MakeStore): void {
  on(makeStore, 'remembers the last events of a session, as the row says them', async (bench) => {
    const { store } = bench
    const row = await store.createSession(birth())
    for (let gen = 0; gen < 25; gen++) {
      bench.now += 1
      await store.rotate({ ...presentation(row), gen, contextHash: `device ${gen % 2}` })
    }
    await store.rotate({ ...presentation(row), gen: 24, contextHash: undefined })
    await store.rotate({ ...presentation(row), gen: 24, contextHash: undefined })
    const lines = (await store.getSession(row.sid))?.row.history.split('\n') ?? []
    assert.equal(lines.length, 21)
    assert.equal(lines[0], `r ${bench.now} 24 phone`)
    assert.equal(lines[1], `n ${bench.now} 24 phone`)
    assert.equal(lines[19], `n ${bench.now - 18} 6 phone`)
    assert.equal(lines[20], '')
  })

  on(
    makeStore,
    'begins the grace of a lost answer again, for its own attempt only',
    async (bench) => {
      const { store } = bench
      const row = await store.createSession(birth())
      const asked = presentation(row)
      await store.rotate(asked)
      bench.now += GRACE + 1
      const { sid, gen, attempt } = asked
      assert.equal(await store.undelivered({ sid, gen, attempt: 'another' }), false)
      assert.equal(await store.undelivered({ sid, gen: gen + 1, attempt }), false)
      assert.equal(await store.undelivered({ sid: newSid('anna'), gen, attempt }), false)
      assert.equal(await store.undelivered({ sid, gen, attempt }), true)
      assert.equal((await store.rotate(presentation(row))).outcome, 'repeated')
      await store.revoke(revocation({ kind: 'session', sid }))
      assert.equal(await store.undelivered({ sid, gen, attempt }), false)
    },
  )
}

/** Presentations chosen at random, each answer compared with `decide` on a row kept beside the store. */
async function randomHistory(bench: Bench): Promise<void> {
  const { store } = bench
  const seed = seedOfRun()
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
