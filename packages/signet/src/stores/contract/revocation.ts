import assert from 'node:assert/strict'
import { origin } from '../../revocation/position.ts'
import {
  birth,
  everyone,
  HOUR,
  ISSUER,
  type MakeStore,
  MINUTE,
  newSid,
  on,
  presentation,
  report,
  revocation,
  START,
} from './material.ts'

/** A state change and its entry are one step. */
export function revocationContract(makeStore: MakeStore): void {
  on(makeStore, 'revokes a session and says so in the log, again at each repeat', async (bench) => {
    const { store } = bench
    const row = await store.createSession(birth())
    const step = revocation({ kind: 'session', sid: row.sid, reason: 'lost phone' })
    const first = await store.revoke(step)
    bench.now += 5
    const again = await store.revoke(step)
    assert.ok(again.position.p > first.position.p)
    const ended = (await store.getSession(row.sid))?.row
    assert.equal(ended?.revokedAt, START)
    assert.equal(ended?.history, `x ${START} 0 lost phone\n`)
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
    assert.equal((await store.getSession(kept.sid))?.row.epoch, done.entry.epoch)
    assert.equal((await store.getSession(other.sid))?.cut, done.entry.epoch)
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
    const { entry } = await store.revoke(step)
    assert.equal(entry.expiresAt, expiresAt + MINUTE)
    await store.reoffer(entry)
    const [, again] = (await store.beat(report(origin))).entries
    assert.equal(again?.expiresAt, expiresAt + MINUTE)
  })
}

/** What a follower does for a store that has lost acknowledged writes. */
export function repairContract(makeStore: MakeStore): void {
  on(
    makeStore,
    'writes a lost entry again, with the state that belongs to it',
    async ({ store }) => {
      const row = await store.createSession(birth())
      const lost = { id: 'lost', issuer: ISSUER, at: START, expiresAt: START + HOUR }
      const session = { ...lost, kind: 'session', key: row.sid, reason: 'stolen' } as const
      const position = await store.reoffer(session)
      assert.deepEqual(await store.head(), position)
      assert.equal((await store.rotate(presentation(row))).outcome, 'revoked')
      const later = await store.createSession(birth())
      const epoch = later.epoch + 10
      await store.reoffer({ ...lost, kind: 'subject', key: 'anna', epoch })
      assert.equal((await store.rotate(presentation(later))).outcome, 'revoked')
      assert.ok((await store.createSession(birth())).epoch >= epoch)
      // An older log-out lowers nothing.
      await store.reoffer({ ...lost, kind: 'subject', key: 'anna', epoch: 1 })
      assert.equal((await store.getSession(later.sid))?.cut, epoch)
      const entries = (await store.beat(report(origin))).entries
      assert.ok(entries.every(({ id }) => id === 'lost'))
      assert.equal(entries[0]?.reason, 'stolen')
      assert.equal(entries[1]?.epoch, epoch)
    },
  )
}
