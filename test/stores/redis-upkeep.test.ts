/** What only Redis has to be held to: keys that must go, boxes that must be emptied, steps that arrive twice. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { origin } from '../../packages/signet/src/revocation/position.ts'
import { subjectHash, subjectHashOf } from '../../packages/signet/src/sessions/session-id.ts'
import {
  birth,
  everyone,
  HOUR,
  ISSUER,
  MINUTE,
  newSid,
  presentation,
  report,
  revocation,
  START,
} from '../../packages/signet/src/stores/contract/material.ts'
import { Keys, shardOf } from '../../packages/signet/src/stores/redis/keys.ts'
import type { Store } from '../../packages/signet/src/stores/store.ts'
import { hasRedis, needRedis } from '../support/need.ts'
import { RedisServer, until } from '../support/redis.ts'
import { clientOf, newPrefix, storeOn, type TestClient } from '../support/redis-clients.ts'

interface Bench {
  readonly store: Store
  readonly prefix: string
  readonly keys: Keys
  now: number
}

if (!hasRedis()) test('the upkeep of the Redis store', (t) => void needRedis(t))
else {
  describe('the upkeep of the Redis store', () => {
    let server: RedisServer
    let used: TestClient
    before(async () => {
      server = await RedisServer.start()
      used = clientOf('redis', server)
    })
    after(async () => {
      used.end()
      await server.end()
    })

    function upkeep(title: string, body: (bench: Bench) => Promise<void>): void {
      test(title, async () => {
        const prefix = newPrefix()
        const bench = { prefix, keys: new Keys(prefix), now: START, store: undefined as never }
        const store = storeOn(used.client, () => new Date(bench.now), prefix)
        await store.declareIssuer(ISSUER, HOUR)
        await body(Object.assign(bench, { store }))
        await store.close()
      })
    }

    upkeep('leaves nothing of sessions and subjects that are over', async (bench) => {
      const { store, prefix } = bench
      for (const subject of ['anna', 'berta', 'carla', 'dora']) {
        const mine = () => birth({ subject, sid: newSid(subject), maxPerSubject: 2 })
        const rows = [await store.createSession(mine()), await store.createSession(mine())]
        for (const row of rows) await store.rotate(presentation(row))
        // Evicts one of the two.
        await store.createSession(mine())
      }
      await store.revoke(revocation(everyone('berta')))
      const kept = await store.createSession(birth({ subject: 'carla', sid: newSid('carla') }))
      await store.revoke(revocation({ ...everyone('carla'), keepSid: kept.sid }))
      await store.stampSubject(subjectHash(ISSUER, 'emil'))
      await store.reoffer({
        ...{ id: 'lost', kind: 'subject', issuer: ISSUER, key: 'fritz', epoch: START },
        ...{ at: START, expiresAt: START },
      })
      bench.now += 90 * 24 * HOUR + 2 * HOUR
      let rounds = 0
      while ((await store.sweep(3)) > 0) assert.ok(++rounds < 30)
      const left = (await server.cli('KEYS', `${prefix}*`)).split('\n').toSorted()
      const log = ['bell', 'meta', 'stream'].map((name) => `${prefix}{log}:${name}`)
      assert.deepEqual(left, log)
      assert.equal(await server.cli('XLEN', bench.keys.stream), '0')
    })

    upkeep('keeps a session that rotates beyond where its birth put it', async (bench) => {
      const { store } = bench
      const row = await store.createSession(birth())
      bench.now = row.idleAt - MINUTE
      const { row: rotated } = await store.rotate(presentation(row))
      assert.ok(rotated)
      bench.now = row.idleAt + HOUR + 2 * MINUTE
      assert.equal(await store.sweep(100), 0)
      assert.equal((await store.getSession(row.sid))?.row.gen, 1)
      bench.now = rotated.idleAt + HOUR + 2 * MINUTE
      assert.equal(await store.sweep(100), 1)
    })

    upkeep('finds a revoked session before its idle time is over', async (bench) => {
      const { store } = bench
      const { sid } = await store.createSession(birth())
      await store.revoke(revocation({ kind: 'session', sid }))
      bench.now += HOUR + 2 * MINUTE + 1
      // The entry of the log is over as well.
      assert.equal(await store.sweep(100), 2)
    })

    upkeep('deletes nothing of a shard with an entry on its way to the log', async (bench) => {
      const { store, keys } = bench
      const row = await store.createSession(birth())
      const box = keys.box(shardOf(row.sid))
      bench.now = row.idleAt + HOUR + 2 * MINUTE
      await server.cli('HSET', box, 'stuck', '{}')
      assert.equal(await store.sweep(100), 0)
      await server.cli('HDEL', box, 'stuck')
      assert.equal(await store.sweep(100), 1)
    })

    upkeep('does not bear a session twice when a driver sends its birth again', async (bench) => {
      const { store } = bench
      const asked = birth({ maxPerSubject: 1 })
      const row = await store.createSession(asked)
      await store.rotate(presentation(row))
      bench.now += MINUTE
      const again = await store.createSession(asked)
      assert.equal(again.gen, 1)
      assert.equal(again.bornAt, START)
      assert.deepEqual((await store.beat(report(origin))).entries, [])
    })

    upkeep('empties a box that nobody else will', async (bench) => {
      const { store, keys } = bench
      const { sid } = await store.createSession(birth())
      const said = { id: 'left', kind: 'session', issuer: ISSUER, key: sid, reason: 'reused' }
      await server.cli('HSET', keys.box(shardOf(sid)), 'left', JSON.stringify(said))
      await until(async () => (await store.beat(report(origin))).entries.length > 0)
      const [entry] = (await store.beat(report(origin))).entries
      assert.deepEqual(
        [entry?.id, entry?.key, entry?.reason, entry?.expiresAt],
        ['left', sid, 'reused', START + HOUR + MINUTE],
      )
      await until(async () => (await server.cli('HLEN', keys.box(shardOf(sid)))) === '0')
    })

    upkeep('goes on with a page whose last session has ended since', async (bench) => {
      const { store } = bench
      const sids: string[] = []
      for (let i = 0; i < 4; i++) {
        bench.now += i % 2
        sids.push((await store.createSession(birth())).sid)
      }
      const hs = subjectHashOf(sids[0] as string)
      const { next } = await store.listSessions({ hs, after: undefined, limit: 2 })
      assert.equal(next, sids[1])
      await store.revoke(revocation({ kind: 'session', sid: sids[1] as string }))
      const { rows } = await store.listSessions({ hs, after: next, limit: 2 })
      assert.deepEqual(
        rows.map(({ sid }) => sid),
        sids.slice(2),
      )
    })

    upkeep('keeps numbers and texts whole that Lua would bend', async (bench) => {
      const { store } = bench
      bench.now = 8_640_000_000_000_000
      const reason = 'a "quoted" reason: \\ ü \u2028 </script>'
      const row = await store.createSession(
        birth({ scope: 'a\0b', client: '', claims: '{"a":"é"}' }),
      )
      assert.equal(row.bornAt, bench.now)
      assert.deepEqual([row.scope, row.client, row.claims], ['a\0b', '', '{"a":"é"}'])
      const { position } = await store.revoke(revocation({ kind: 'session', sid: row.sid, reason }))
      assert.equal(position.p, bench.now)
      const [entry] = (await store.beat(report(origin))).entries
      assert.equal(entry?.reason, reason)
      assert.equal(entry?.at, bench.now)
      const strict = { grace: 0, idleLifetime: HOUR, maxReplays: 1 }
      const old = await store.createSession(birth())
      await store.rotate({ ...presentation(old), policy: strict })
      const reused = { ...presentation(old), policy: strict, issuer: 'issuer "of" \\ ü' }
      assert.equal((await store.rotate(reused)).outcome, 'reused')
      const [, second] = (await store.beat(report(origin))).entries
      assert.deepEqual([second?.issuer, second?.key], [reused.issuer, old.sid])
    })
  })
}
