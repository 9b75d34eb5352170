import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { StoreUnavailableError } from '../errors.ts'
import { RedisBell } from './redis/bell.ts'
import { unavailable } from './redis/failure.ts'
import { Keys, shardIn, shardOf, shards } from './redis/keys.ts'
import { obstacleIn } from './redis/requirements.ts'
import { script } from './redis/script.ts'
import { readSession, sessionFields, toField, unpack } from './redis/session-fields.ts'
import { type RedisClient, redisStore } from './redis.ts'

/** The shape of a client that is never asked anything. */
function client(): RedisClient {
  const never = () => Promise.reject(new Error('not asked'))
  return Object.assign(new EventEmitter(), {
    isOpen: true,
    connect: never,
    sendCommand: never,
    duplicate: () => client() as never,
    destroy: () => {},
  })
}

describe('redisStore', () => {
  it('takes clients of both libraries and nothing else', () => {
    for (const wrong of [undefined, null, 'redis://localhost', {}, { get: () => {} }]) {
      assert.throws(
        () => redisStore(wrong as never),
        /TypeError: redisStore\(client\): the client must be one that createClient/,
      )
    }
    redisStore(client())
  })

  it('refuses options by name', () => {
    const make = (options: object) => () => redisStore(client(), options as never)
    assert.throws(make({ prefx: 'a:' }), /did you mean 'prefix'/)
    assert.throws(make({ prefix: undefined }), /option 'prefix' is undefined/)
    assert.throws(make({ prefix: 7 }), /TypeError: 'prefix' must be a string, got the number 7/)
    assert.throws(make({ prefix: '{app}:' }), /RangeError: 'prefix' must not contain braces/)
    assert.throws(make({ durability: { waitReplicas: 1 } }), /'timeoutMs' must be a whole number/)
    assert.throws(
      make({ durability: { waitReplicas: 0, timeoutMs: 100 } }),
      /RangeError: 'waitReplicas' must be from 1 to 100, got 0/,
    )
    assert.throws(make({ durability: { replicas: 1 } }), /unknown option 'replicas'/)
  })

  it('refuses calls after close, and closes twice', async () => {
    const store = redisStore(client())
    await store.close()
    await store.close()
    await assert.rejects(store.head(), /has been closed/)
    await assert.rejects(store.stampSubject('a'.repeat(16)), StoreUnavailableError)
  })

  it('does not let an error event of a client end the process', () => {
    const emitter = client()
    redisStore(emitter)
    ;(emitter as unknown as EventEmitter).emit('error', new Error('cut'))
  })
})

describe('the requirements of a Redis server', () => {
  const info = (version: string, policy = 'noeviction', role = 'master') =>
    `# Server\r\nredis_version:${version}\r\n# Memory\r\nmaxmemory_policy:${policy}\r\n# Replication\r\nrole:${role}\r\n`

  it('are met by Redis 7 and later, and by Valkey, which calls itself Redis 7.2', () => {
    for (const version of ['7.0.0', '7.4.1', '8.2.0', '10.0.0']) {
      assert.equal(obstacleIn(info(version)), undefined)
    }
    assert.equal(
      obstacleIn(`${info('7.2.4')}server_name:valkey\r\nvalkey_version:8.1.0`),
      undefined,
    )
  })

  it('are not met by an older server, one that evicts, or a replica', () => {
    assert.match(obstacleIn(info('6.2.14')) ?? '', /it has version 6\.2\.14/)
    assert.match(obstacleIn('') ?? '', /it has version unknown/)
    assert.match(obstacleIn(info('7.0.15', 'volatile-ttl')) ?? '', /policy is volatile-ttl/)
    assert.match(obstacleIn(info('7.0.15', 'noeviction', 'slave')) ?? '', /a read-only replica/)
  })
})

describe('a failure of a Redis client', () => {
  it('is told in words, and never with the command that failed', () => {
    const raw = Object.assign(new Error('WRONGPASS invalid username-password pair'), {
      command: { name: 'auth', args: ['hunter2'] },
    })
    const error = unavailable(raw)
    assert.ok(error instanceof StoreUnavailableError)
    assert.match(error.message, /does not accept the user name and password \(WRONGPASS/)
    assert.doesNotMatch(inspect(error, { depth: 9 }), /hunter2/)
  })

  it('is one line, whatever was thrown', () => {
    assert.match(unavailable(undefined).message, /no reason was given/)
    assert.match(unavailable(new Error('a\nb')).message, /serve: a$/)
    const refused = new AggregateError([new Error('connect ECONNREFUSED ::1:6379')])
    assert.match(unavailable(refused).message, /ECONNREFUSED/)
    assert.ok(unavailable(new Error('x'.repeat(999))).message.length < 300)
  })

  it('leaves a mistake of ours what it is', () => {
    const mistake = new TypeError('mistake')
    assert.equal(unavailable(mistake), mistake)
  })
})

describe('the keys of the Redis store', () => {
  const sid = `${hash('sha256', 'anna', 'base64url').slice(0, 16)}${'A'.repeat(22)}`

  it('put a subject and all that is its own into one slot', () => {
    const keys = new Keys('app:')
    const shard = shardOf(sid)
    assert.equal(keys.session(sid), `app:{s:${shard}}:s:${sid}`)
    assert.equal(keys.register(sid.slice(0, 16)), `app:{s:${shard}}:u:${sid.slice(0, 16)}`)
    assert.equal(shardIn(keys.box(shard)), shard)
    assert.ok(keys.log.every((key) => key.startsWith('app:{log}:')))
  })

  it('name a shard by the first byte of the hash', () => {
    for (let byte = 0; byte < 256; byte++) {
      const hs = Buffer.from([byte, byte ^ 0x5a, 7]).toString('base64url')
      assert.equal(shardOf(hs), shards[byte])
    }
  })
})

describe('a session as fields', () => {
  it('comes back as it was, absent and strange texts included', () => {
    const texts = [undefined, '', '=', 'a\0b', 'ü\n"\\', '\u2028']
    for (const text of texts) {
      const fields: { [name: string]: string } = {
        ...Object.fromEntries(sessionFields.map((name) => [name, '1'])),
        ...Object.fromEntries(
          ['scope', 'client', 'cnf', 'contextHash', 'subject'].map((name) => [name, toField(text)]),
        ),
        revokedAt: '',
      }
      const reply = ['rotated', ...sessionFields.map((name) => fields[name])].join('\0')
      const row = readSession('sid', unpack(reply), 1)
      assert.deepEqual(
        [row.scope, row.client, row.cnf, row.contextHash, row.subject],
        [text, text, text, text, text],
      )
      assert.deepEqual([row.revokedAt, row.gen, row.macKid], [undefined, 1, '1'])
    }
  })
})

describe('the bell of the Redis store', () => {
  it('waits for a ring no longer than a quarter of the shortest lease', async () => {
    const waits: number[] = []
    const bell = new RedisBell('bell', () => ({
      send: async (_key, [name, _block, wait]) => {
        if (name !== 'XREAD') return []
        waits.push(Number(wait))
        await new Promise(setImmediate)
        return null
      },
      close: () => {},
    }))
    const stop = bell.listen(() => {})
    while (waits.length === 0) await new Promise(setImmediate)
    bell.heedLease(400)
    bell.heedLease(30_000)
    const before = waits.length
    while (waits.length < before + 2) await new Promise(setImmediate)
    stop()
    assert.ok((waits[0] as number) <= 1000)
    assert.ok((waits.at(-1) as number) < 400 / 4)
  })

  it('opens another connection when one fails, and wakes whoever missed a ring meanwhile', async () => {
    let opened = 0
    let woken = 0
    const bell = new RedisBell('bell', () => {
      opened++
      return {
        send: async (_key, [name]) => {
          if (name === 'XREAD') throw new Error('cut')
          return [['5-0', ['r', '']]]
        },
        close: () => {},
      }
    })
    const stop = bell.listen(() => woken++)
    while (woken < 2) await new Promise((resolve) => setTimeout(resolve, 10))
    stop()
    assert.ok(opened >= 2)
  })
})

describe('a script', () => {
  it('is called by the hash of its text', () => {
    const { text, sha } = script('return 1')
    assert.equal(sha, hash('sha1', text))
  })
})
