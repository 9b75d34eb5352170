/** A store: the three ports in one. */
import type { RingStore } from '../keys/ring-store.ts'
import type { LogStore } from '../revocation/log-store.ts'
import type { SessionStore } from '../sessions/session-store.ts'

/** What createSignet takes. Each port is described where it is called; contract.ts is the suite that all must pass. */
export interface Store extends SessionStore, LogStore, RingStore {
  /** Frees what the store holds; calls after it are refused. */
  close(): Promise<void>
}
