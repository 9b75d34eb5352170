/** What becomes of a ring that this process cannot open. */
import { InvalidKeyError } from '../errors.ts'
import { emptyRing, type Ring, type RingBounds } from './ring.ts'
import { namesIn } from './ring-document.ts'
import type { RingDocument } from './ring-store.ts'

export type WhenSealed = 'replace' | 'refuse'

/**
 * A new ring in which all kids of the sealed one are withdrawn: whoever deploys another secret logs everybody out.
 *
 * @throws InvalidKeyError when that is not ours to do: behind a master key, a missing key is a mistake to be put right
 */
export function ringInPlaceOf(
  document: RingDocument,
  { whenSealed, bounds }: { readonly whenSealed: WhenSealed; readonly bounds: RingBounds },
): Ring {
  const { keys, withdrawn } = namesIn(document)
  // Only a ring behind a master key has access keys.
  const isBehindMasterKey = keys.some(({ purpose }) => purpose === 'access')
  if (isBehindMasterKey) {
    throw new InvalidKeyError(
      "the key ring in the store was sealed with another master key: give that one as 'keys.masterKey' or among 'keys.previousMasterKeys', or start with an empty store",
    )
  }
  if (whenSealed === 'refuse') {
    throw new InvalidKeyError(
      "the key ring in the store was sealed under a secret from outside: give that one among 'keys.previousSecrets', or start with an empty store",
    )
  }
  const kids = keys.map(({ kid }) => kid)
  return { ...emptyRing(bounds), withdrawn: [...new Set([...withdrawn, ...kids])] }
}
