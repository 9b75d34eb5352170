import assert from 'node:assert/strict'
import { origin } from '../../revocation/position.ts'
import { subjectHash, subjectHashOf } from '../../sessions/session-id.ts'
import {
  birth,
  HOUR,
  IDLE,
  ISSUER,
  type MakeStore,
  MINUTE,
  on,
  presentation,
  report,
  revocation,
  START,
  sidOf,
} from './material.ts'

/** Births, lists and limits. */
export function sessionContract(makeStore: MakeStore): void {
  on(makeStore, 'creates a session with the times of its own clock', async ({ store }) => {
    const row = await store.createSession(birth())
    assert.equal(row.gen, 0)
    assert.equal(row.bornAt, START)
    assert.equal(row.rotatedAt, START)
    assert.equal(row.idleAt, START + IDLE)
    assert.equal(row.epoch, START)
    assert.equal(row.history, '')
    assert.deepEqual(await store.getSession(row.sid), { row, cut: 0 })
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
    const evicted = (await store.getSession(idle.sid))?.row
    assert.equal(evicted?.revokedAt, bench.now)
    assert.equal(evicted?.history, `x ${bench.now} 0 too many sessions\n`)
    assert.equal((await store.getSession(oldest.sid))?.row.revokedAt, undefined)
    const entries = (await store.beat(report(origin))).entries
    assert.deepEqual(
      entries.map(({ key }) => key),
      [idle.sid],
    )
  })
}

/** What can matter to nobody any more goes, and nothing else. */
export function sweepContract(makeStore: MakeStore): void {
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
