/** A store made of tables and a way to run a step on them as one transaction. */
import type { Store } from '../store.ts'
import * as log from './log-steps.ts'
import * as ring from './ring-steps.ts'
import * as sessions from './session-steps.ts'
import type { Tables } from './tables.ts'

export interface Engine {
  /** Runs a step as one transaction and resolves once its changes are durable. */
  run<T>(step: (tables: Tables) => T): Promise<T>
  /** Runs a step that changes nothing. */
  read<T>(step: (tables: Tables) => T): Promise<T>
  watch(onWake: () => void): () => void
  close(): Promise<void>
  /** A random id for an entry the step itself causes. */
  entryId(): string
}

export function tableStore(engine: Engine): Store {
  return {
    createSession: (birth) => engine.run((tables) => sessions.createSession(tables, birth)),
    stampSubject: (hs) => engine.run((tables) => sessions.stampSubject(tables, hs)),
    rotate: (presentation) => engine.run((tables) => sessions.rotate(tables, presentation)),
    revoke: (revocation) => engine.run((tables) => sessions.revoke(tables, revocation)),
    undelivered: (delivery) => engine.run((tables) => sessions.undelivered(tables, delivery)),
    reoffer: (entry) => engine.run((tables) => sessions.reoffer(tables, entry)),
    getSession: (sid) => engine.read((tables) => sessions.getSession(tables, sid)),
    listSessions: (query) => engine.read((tables) => sessions.listSessions(tables, query)),
    sweep: (limit) => engine.run((tables) => sessions.sweep(tables, limit)),
    declareIssuer: (issuer, maxLife) =>
      engine.run((tables) => log.declareIssuer(tables, issuer, maxLife, engine.entryId())),
    beat: (report) => engine.run((tables) => log.beat(tables, report)),
    look: (position) => engine.read((tables) => log.look(tables, position)),
    head: () => engine.read((tables) => tables.head().position),
    readReceipt: (position) => engine.read((tables) => log.readReceipt(tables, position)),
    removeMember: (id, beats) => engine.run((tables) => log.removeMember(tables, id, beats)),
    watch: (onWake) => engine.watch(onWake),
    loadRing: () => engine.read((tables) => tables.ring()),
    changeRing: (change) => engine.run((tables) => ring.changeRing(tables, change)),
    close: () => engine.close(),
  }
}
