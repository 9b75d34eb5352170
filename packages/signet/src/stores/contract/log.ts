import assert from 'node:assert/strict'
import { BEAT_LIMIT } from '../../revocation/log-store.ts'
import { origin, type Position } from '../../revocation/position.ts'
import {
  HOUR,
  ISSUER,
  type MakeStore,
  MINUTE,
  on,
  report,
  revocation,
  revokeToken,
  START,
} from './material.ts'

/** One order, in which nothing is lost without being noticed. */
export function logContract(makeStore: MakeStore): void {
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
}

/** Trimming, announcements and wake-ups. */
export function logUpkeepContract(makeStore: MakeStore): void {
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
