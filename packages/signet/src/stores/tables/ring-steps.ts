/** The steps of the ring port over tables: each function is one transaction. */
import type { RingChange } from '../../keys/ring-store.ts'
import { append } from './log-steps.ts'
import type { Tables } from './tables.ts'

/** Compare-and-set, and the entry that announces the change, in one step. */
export function changeRing(tables: Tables, change: RingChange): boolean {
  if ((tables.ring()?.version ?? 0) !== change.expectedVersion) return false
  tables.setRing(change.ring)
  const { entryId: id, issuer } = change
  append(tables, { id, kind: 'ring', issuer, key: String(change.ring.version) })
  return true
}
