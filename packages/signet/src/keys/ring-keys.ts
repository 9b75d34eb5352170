/** The keys of a ring, ready for use. */
import type { Key } from '../jose/key.ts'
import { keyFromMaterial } from './key-material.ts'
import { goneAt, type KeyPurpose, type Ring } from './ring.ts'

export interface KeyAtWork {
  readonly key: Key
  readonly purpose: KeyPurpose
  /** From here on its tokens are refused, in milliseconds. */
  readonly goneAt: number
}

export type KeysAtWork = ReadonlyMap<string, KeyAtWork>

/**
 * The keys of a ring by kid. Those that are at work already are kept; of a ring that could not be opened these are all
 * there are, since a key that comes from the open part alone may be anybody's.
 */
export function keysAtWork(ring: Ring, known: KeysAtWork): KeysAtWork {
  const found = ring.keys.flatMap((entry): [string, KeyAtWork][] => {
    const { kid, purpose, material } = entry
    const key = known.get(kid)?.key ?? (material === '' ? undefined : keyFromMaterial(entry))
    return key === undefined ? [] : [[kid, { key, purpose, goneAt: goneAt(ring, entry) }]]
  })
  return new Map(found)
}
