/**
 * The port to the key ring: one document, changed by compare-and-set. The change and the log entry that announces it are
 * one step, so whoever has applied the entry can load the ring it speaks of.
 */
import type { Sealed } from './seal.ts'

export interface RingDocument {
  readonly version: number
  /** JSON text of the public part, as it was sealed with: kids, public keys, instants, withdrawn kids. */
  readonly publicPart: string
  readonly sealed: Sealed
}

export interface RingStore {
  /** The ring, or undefined before the first. */
  loadRing(): Promise<RingDocument | undefined>
  /** Puts `ring` in the place of `expectedVersion` (0 for none); answers whether it was this call. */
  changeRing(change: RingChange): Promise<boolean>
}

export interface RingChange {
  readonly expectedVersion: number
  readonly ring: RingDocument
  readonly entryId: string
  readonly issuer: string
}
