/** What the journeys of this folder share: who issues, for how long, with which keys, in which store. */
import type { Schema } from '../jose/schema.ts'
import type { LogEntry } from '../revocation/entry.ts'
import type { LogStore } from '../revocation/log-store.ts'
import type { RevocationIndex } from '../revocation/revocation-index.ts'
import type { Clock, RandomBytes } from '../system.ts'
import type { Listener } from './events.ts'
import type { IssuerKeys } from './issuer-keys.ts'
import type { Session } from './session.ts'
import type { SessionStore } from './session-store.ts'
import type { Undelivered } from './undelivered.ts'

/** Durations in milliseconds. */
export interface Authority<C> {
  readonly issuer: string
  readonly audience: string | readonly string[]
  readonly accessLifetime: number
  readonly maxLifetime: number
  readonly idleLifetime: number
  readonly absoluteLifetime: number
  readonly grace: number
  readonly maxPerSubject: number
  readonly recordIp: boolean
  readonly storeTimeout: number
  readonly maxStaleness: number
  readonly store: SessionStore & LogStore
  readonly keys: IssuerKeys
  readonly undelivered: Undelivered
  readonly index: RevocationIndex
  /** Applies an entry of our own to the index, ahead of the log's follower. */
  readonly applyEntry: (entry: LogEntry) => void
  /** Brings the index up to date now; resolves when it is. */
  readonly catchUp: () => Promise<void>
  /** The store was seen to have lost writes: has it checked and repaired. */
  readonly suspectStore: () => Promise<void>
  readonly schema: Schema<C> | undefined
  readonly allowSensitiveClaims: readonly string[]
  readonly onRefresh: ((session: Session<C>) => C | Promise<C>) | undefined
  readonly emit: Listener
  /** Wall-clock milliseconds: the times that are judged before the store is asked. */
  readonly now: Clock
  readonly monotonic: Clock
  readonly randomBytes: RandomBytes
}
