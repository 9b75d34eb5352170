/** The store of one Redis client, put together. Only tests come here directly, with a clock of their own. */
import type { RandomBytes, Surroundings } from '../../system.ts'
import type { Store } from '../store.ts'
import { RedisBell } from './bell.ts'
import { Connection } from './connection.ts'
import type { Driver } from './driver.ts'
import { Keys } from './keys.ts'
import { RedisLog } from './log.ts'
import { Outbox } from './outbox.ts'
import { type Durability, Replicas } from './replicas.ts'
import { RedisSessions } from './sessions.ts'
import { Sweep } from './sweep.ts'

export interface StoreParts {
  readonly driver: Driver
  readonly prefix: string
  readonly durability: Durability | undefined
  /** The time scripts are given. Without it they ask the server, as everything but tests must. */
  readonly clock: (() => Date) | undefined
  readonly uuid: Surroundings['uuid']
  readonly randomBytes: RandomBytes
}

export function openRedisStore(parts: StoreParts): Store {
  const { driver, durability } = parts
  const keys = new Keys(parts.prefix)
  const replicas = durability && new Replicas(driver, durability)
  const onReady = () => outbox.start()
  const connection = new Connection({ driver, keys, replicas, clock: parts.clock, onReady })
  const outbox = new Outbox(connection, keys, parts.randomBytes)
  const bell = new RedisBell(keys.bell, () => connection.duplicate())
  const log = new RedisLog(connection, keys, bell, { tag: () => outbox.tag(), id: parts.uuid })
  const sessions = new RedisSessions(connection, keys, outbox, () => log.head())
  const sweep = new Sweep(connection, keys, log)
  return {
    createSession: (birth) => sessions.createSession(birth),
    stampSubject: (hs) => sessions.stampSubject(hs),
    rotate: (presentation) => sessions.rotate(presentation),
    undelivered: (delivery) => sessions.undelivered(delivery),
    revoke: (revocation) => sessions.revoke(revocation),
    reoffer: (entry) => sessions.reoffer(entry),
    getSession: (sid) => sessions.getSession(sid),
    listSessions: (query) => sessions.listSessions(query),
    sweep: (limit) => sweep.run(limit),
    declareIssuer: (issuer, maxLife) => log.declareIssuer(issuer, maxLife),
    beat: (report) => log.beat(report),
    look: (position) => log.look(position),
    head: () => log.head(),
    readReceipt: (position) => log.readReceipt(position),
    removeMember: (id, beats) => log.removeMember(id, beats),
    watch: (onWake) => log.watch(onWake),
    loadRing: () => log.loadRing(),
    changeRing: (change) => log.changeRing(change),
    close: async () => {
      outbox.stop()
      bell.close()
      connection.close()
    },
  }
}
