/** The access keys of a ring, shown to whoever runs the issuer. */
import type { Algorithm } from '../jose/algorithms.ts'
import { goneAt, type KeyState, type Ring, stateOf } from './ring.ts'

export interface ListedKey {
  readonly kid: string
  readonly algorithm: Algorithm
  readonly state: KeyState
  /** When it signs, or began to. */
  readonly signFrom: Date
  /** When its tokens are refused; undefined while it has no successor. */
  readonly goneAt: Date | undefined
}

/** Oldest first. */
export function listAccessKeys(ring: Ring, now: number): readonly ListedKey[] {
  return ring.keys
    .filter(({ purpose }) => purpose === 'access')
    .map((key) => {
      const gone = goneAt(ring, key)
      return {
        kid: key.kid,
        algorithm: key.algorithm,
        state: stateOf(ring, key, now),
        signFrom: new Date(key.signFrom),
        goneAt: Number.isFinite(gone) ? new Date(gone) : undefined,
      }
    })
}
