/**
 * An adapter of oidc-provider for Redis, written after the contract in its documentation: each model has keys of its own
 * that expire, `consume` marks what is stored, and a list names what belongs to a grant. The contract asks for no more, and
 * that is what is measured. Every key has a prefix of this process, by which they are removed at the end.
 */
import { Redis } from 'ioredis'

const GRANTABLE = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken'])

/** @returns the class to give to the Provider, and a function that removes what it has stored */
export function redisAdapter(url) {
  const prefix = `signet-bench-${process.pid}:`
  const redis = new Redis(url, { keyPrefix: prefix })
  const clear = async () => {
    const plain = new Redis(url)
    for await (const keys of plain.scanStream({ match: `${prefix}*`, count: 1000 })) {
      if (keys.length > 0) await plain.unlink(keys)
    }
  }
  return { adapter: adapterOn(redis), clear }
}

function adapterOn(redis) {
  return class RedisAdapter {
    constructor(model) {
      this.model = model
    }

    key(id) {
      return `${this.model}:${id}`
    }

    async upsert(id, payload, expiresIn) {
      const key = this.key(id)
      const step = redis.multi().hset(key, 'payload', JSON.stringify(payload))
      if (expiresIn) step.expire(key, expiresIn)
      if (payload.grantId && GRANTABLE.has(this.model)) {
        const list = `grant:${payload.grantId}`
        step.rpush(list, key)
        if (expiresIn) step.expire(list, expiresIn, 'GT').expire(list, expiresIn, 'NX')
      }
      await step.exec()
    }

    async find(id) {
      const { payload, consumed } = await redis.hgetall(this.key(id))
      if (payload === undefined) return undefined
      return { ...JSON.parse(payload), ...(consumed && { consumed: Number(consumed) }) }
    }

    async consume(id) {
      await redis.hset(this.key(id), 'consumed', Math.floor(Date.now() / 1000))
    }

    async destroy(id) {
      await redis.del(this.key(id))
    }

    async revokeByGrantId(grantId) {
      const list = `grant:${grantId}`
      await redis.del(list, ...(await redis.lrange(list, 0, -1)))
    }

    /** Of sessions in a browser and of device codes, which the bench has none of. */
    async findByUid() {}
    async findByUserCode() {}
  }
}
