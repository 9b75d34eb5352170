/** Processes of one fleet on one Redis: what one revokes, the others refuse when the receipt is complete. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createSignet, generateSecret, RevokedTokenError } from 'signet-jwt'
import { redisStore } from 'signet-jwt/stores/redis'
import { hasRedis, needRedis } from '../support/need.ts'
import { RedisServer, until } from '../support/redis.ts'
import { clientOf, type Library, libraries } from '../support/redis-clients.ts'

const issuer = 'https://issuer.example'

if (!hasRedis()) test('a fleet on Redis', (t) => void needRedis(t))
else {
  describe('a fleet on Redis', () => {
    let server: RedisServer
    before(async () => {
      server = await RedisServer.start()
    })
    after(() => server.end())

    /** As a process of its own would be: it shares nothing with the others but the server and the secret. */
    async function join(library: Library, masterKey: string) {
      const { client, end } = clientOf(library, server)
      const store = redisStore(client, { prefix: `${library}:` })
      const signet = await createSignet({ issuer, keys: { algorithm: 'ES256', masterKey }, store })
      return {
        signet,
        leave: async () => {
          await signet.close()
          end()
        },
      }
    }

    for (const library of libraries) {
      test(`refuses everywhere once a receipt is complete, with ${library}`, async () => {
        const masterKey = generateSecret()
        const one = await join(library, masterKey)
        const others = [await join(library, masterKey), await join(library, masterKey)]
        const waits: number[] = []
        for (let round = 0; round < 50; round++) {
          const { accessToken, refreshToken, sessionId } = await one.signet.issue({ subject: '42' })
          for (const { signet } of others) signet.verify(accessToken)
          const receipt = await one.signet.revoke({ sessionId }, { waitFor: 'fleet' })
          assert.deepEqual([receipt.complete, receipt.appliedBy], [true, 3])
          waits.push(receipt.waitedMs)
          for (const { signet } of others) {
            assert.throws(() => signet.verify(accessToken), RevokedTokenError)
            await assert.rejects(signet.refresh(refreshToken))
          }
        }
        // Without the bell a receipt would take the 50 ms after which it looks again by itself, or more.
        const median = waits.toSorted((a, b) => a - b)[waits.length >> 1] as number
        assert.ok(median < 40, `the bell wakes receipts and followers: ${median} ms`)
        for (const { leave } of [...others, one]) await leave()
        assert.equal(await server.cli('HLEN', `${library}:{log}:fleet`), '0')
      })
    }

    for (const library of libraries) {
      test(`leaves no connection of its own behind when it is closed, with ${library}`, async () => {
        const { client, end } = clientOf(library, server)
        const store = redisStore(client, { prefix: 'left:' })
        store.watch(() => {})
        await store.head()
        await until(async () => (await connections(server)) === 2)
        await store.close()
        await until(async () => (await connections(server)) === 1)
        end()
      })
    }
  })
}

/** Of clients, without the one that counts them. */
async function connections(server: RedisServer): Promise<number> {
  return (await server.cli('CLIENT', 'LIST')).split('\n').length - 1
}
