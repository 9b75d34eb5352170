import assert from 'node:assert/strict'
import { origin } from '../../revocation/position.ts'
import {
  birth,
  everyone,
  HOUR,
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
