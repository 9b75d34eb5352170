import assert from 'node:assert/strict'
import type { RingDocument } from '../../keys/ring-store.ts'
import { origin } from '../../revocation/position.ts'
import { ISSUER, type MakeStore, newId, on, report, revokeToken, ringOf } from './material.ts'

/** Where each member stands. */
export function fleetContract(makeStore: MakeStore): void {
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

/** One document, changed by compare-and-set. */
export function ringContract(makeStore: MakeStore): void {
  on(
    makeStore,
    'changes the ring by compare-and-set and announces it in the same step',
    async ({ store }) => {
      assert.equal(await store.loadRing(), undefined)
      const change = (expectedVersion: number, ring: RingDocument) =>
        store.changeRing({ expectedVersion, ring, entryId: newId(), issuer: ISSUER })
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
