/** What a follower is made of. */
import type { Clock, LeaseClocks, RandomBytes } from '../system.ts'
import type { FollowedLog, OnStale } from './log-store.ts'

/** The key ring as far as the log concerns it: a ring is loaded before the position passes the entry that announces it. */
export interface RingFollower {
  readonly version: number
  /** Loads the ring; afterwards `version` is at least this. */
  load(version: number): Promise<void>
  /** Gives the store back what it has lost of the ring: a newer version, a withdrawn key. */
  repair(): Promise<void>
}

export interface FollowerOptions {
  readonly store: FollowedLog
  readonly ring: RingFollower
  /** Random per start. */
  readonly memberId: string
  /** The lease, in milliseconds. */
  readonly maxStaleness: number
  readonly onStale: OnStale
  /** Bound on each call to the store, in milliseconds. */
  readonly storeTimeout: number
  /** For the keys of the index. */
  readonly randomBytes: RandomBytes
  readonly clocks: LeaseClocks
  /** The time that entries expire by. */
  readonly now: Clock
  readonly onError: (error: unknown) => void
  /** The store has lost acknowledged writes. Called when that is noticed, and again with what was given back. */
  readonly onLostWrites: (givenBack: number | undefined) => void
}
