/**
 * A process that dies between the two steps of a revocation: what it has put into the box of a shard, it never brings to
 * the log. It prints the id of the session that it ended.
 *
 *     node redis-crash.ts <library> <port of a Cluster's node> <prefix> <how: reuse or revoke>
 */
import { Cluster } from 'ioredis'
import { createCluster } from 'redis'
import {
  birth,
  ISSUER,
  newId,
  presentation,
} from '../../packages/signet/src/stores/contract/material.ts'
import { driverOf } from '../../packages/signet/src/stores/redis/client.ts'
import type { Driver } from '../../packages/signet/src/stores/redis/driver.ts'
import { openRedisStore } from '../../packages/signet/src/stores/redis/redis-store.ts'
import { appendEntries } from '../../packages/signet/src/stores/redis/scripts/log.ts'
import { system } from '../../packages/signet/src/system.ts'

const [library, port, prefix = '', how] = process.argv.slice(2)

const client =
  library === 'ioredis'
    ? new Cluster([{ host: '127.0.0.1', port: Number(port) }])
    : createCluster({ rootNodes: [{ url: `redis://127.0.0.1:${port}` }] })
const driver = driverOf(client)

const dying: Driver = {
  ...driver,
  send: (key, command) => {
    if (command[1] === appendEntries.sha) process.kill(process.pid, 'SIGKILL')
    return driver.send(key, command)
  },
}

const { uuid, randomBytes } = system
const parts = { prefix, durability: undefined, clock: undefined, uuid, randomBytes }
const store = openRedisStore({ driver: dying, ...parts })
await store.declareIssuer(ISSUER, 3_600_000)
const row = await store.createSession(birth())
process.stdout.write(row.sid)
const policy = { grace: 0, idleLifetime: 3_600_000, maxReplays: 100 }
if (how === 'revoke') {
  const { sid } = row
  await store.revoke({ kind: 'session', sid, issuer: ISSUER, reason: 'lost', entryId: newId() })
} else {
  await store.rotate({ ...presentation(row), policy })
  await store.rotate({ ...presentation(row), policy })
}
