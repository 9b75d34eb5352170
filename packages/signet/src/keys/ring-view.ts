/** The keys of a ring as a key set that follows it: the set of tomorrow is asked of the same object. */
import type { Key, KeySet } from '../jose/key.ts'
import { type Ring, steadySpan } from './ring.ts'

interface RingKeys {
  /** The ring now: another object after every change. */
  readonly ring: () => Ring
  /** The keys that are good now, newest first. */
  readonly keys: () => readonly Key[]
  readonly get: (kid: string) => Key | undefined
}

export function keySetView({ ring, keys, get }: RingKeys): KeySet {
  let version = 0
  let seen: Ring | undefined
  let steady = { from: 0, until: 0 }
  return {
    get keys() {
      return keys()
    },
    get,
    versionAt: (now) => {
      const present = ring()
      if (present !== seen || now < steady.from || now >= steady.until) {
        seen = present
        steady = steadySpan(present, now)
        version++
      }
      return version
    },
  }
}
