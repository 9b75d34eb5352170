/** The ring between memory and the store: loaded and opened, sealed and put back by compare-and-set. */
import { withDeadline } from '../deadline.ts'
import { encodeBase64url } from '../jose/bytes.ts'
import type { RandomBytes } from '../system.ts'
import { keyFromMaterial, publicJwk } from './key-material.ts'
import type { Ring } from './ring.ts'
import { openRing, sealRing } from './ring-document.ts'
import type { RingDocument, RingStore } from './ring-store.ts'
import type { SealingKey } from './seal.ts'

export interface RingVaultOptions {
  readonly store: RingStore
  readonly issuer: string
  /** The first is the newest; each opens, and the ring is sealed for all of them. */
  readonly sealingKeys: readonly SealingKey[]
  /** Bound on each call to the store, in milliseconds. */
  readonly storeTimeout: number
  readonly randomBytes: RandomBytes
}

export interface StoredRing {
  readonly document: RingDocument
  /** Undefined when none of our keys opens it. */
  readonly ring: Ring | undefined
}

export class RingVault {
  readonly #options: RingVaultOptions

  constructor(options: RingVaultOptions) {
    this.#options = options
  }

  /** @throws StoreUnavailableError */
  async load(): Promise<StoredRing | undefined> {
    const { store, storeTimeout, sealingKeys } = this.#options
    const document = await withDeadline(() => store.loadRing(), storeTimeout)
    return document && { document, ring: openRing(document, sealingKeys) }
  }

  /**
   * Puts a ring in the place of `expectedVersion`, 0 for none; answers whether it was this call that did.
   *
   * @throws StoreUnavailableError when the answer is not known
   */
  put(ring: Ring, expectedVersion: number): Promise<boolean> {
    const { store, issuer, sealingKeys, storeTimeout, randomBytes } = this.#options
    const publicKeys = ring.keys.map((key) => publicJwk(keyFromMaterial(key)))
    const document = sealRing(ring, publicKeys, sealingKeys, randomBytes)
    const entryId = encodeBase64url(randomBytes(16))
    return withDeadline(
      () => store.changeRing({ expectedVersion, ring: document, entryId, issuer }),
      storeTimeout,
    )
  }
}
