/** A key ring sealed anew: under another master key, or without one that should open it no longer. */
import { InvalidKeyError, StoreUnavailableError } from '../errors.ts'
import type { RandomBytes } from '../system.ts'
import { isSealedFor, namesIn } from './ring-document.ts'
import type { RingStore } from './ring-store.ts'
import { RingVault } from './ring-vault.ts'
import type { SealingKey } from './seal.ts'

export interface ResealRequest {
  readonly store: RingStore
  /** Of the log entry that announces the change. */
  readonly issuer: string
  /** The only key that opens the ring afterwards. */
  readonly sealingKey: SealingKey
  /** Keys that the ring may be sealed with now. */
  readonly previousKeys: readonly SealingKey[]
  /** Changes nothing. */
  readonly dryRun: boolean
  readonly storeTimeout: number
  readonly randomBytes: RandomBytes
  /** Told of each step as it is done. */
  readonly onStep: (step: string) => void
}

/** Another process may change the ring meanwhile; so many times it is read again. */
const MAX_TRIES = 10

/**
 * Seals the ring for one key and for no other, under a new data key. Only the seal changes: kids, instants and the keys
 * themselves stay, and every token with them.
 *
 * @throws InvalidKeyError when none of the keys opens the ring, or there is no ring; StoreUnavailableError
 */
export async function resealRing(request: ResealRequest): Promise<void> {
  const { sealingKey, previousKeys, dryRun, onStep } = request
  const reading = new RingVault({ ...request, sealingKeys: [sealingKey, ...previousKeys] })
  const writing = new RingVault({ ...request, sealingKeys: [sealingKey] })
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const stored = await reading.load()
    if (stored === undefined) throw new InvalidKeyError('the store holds no key ring')
    const { document, ring } = stored
    if (ring === undefined) {
      throw new InvalidKeyError('the key ring opens under none of the master keys given')
    }
    const { keys, withdrawn } = namesIn(document)
    const count = (purpose: string) => keys.filter((key) => key.purpose === purpose).length
    onStep(
      `opened ring ${document.version}: ${count('access')} access keys, ${count('refresh')} refresh secrets, ${withdrawn.length} withdrawn`,
    )
    onStep(`it is sealed for ${document.sealed.wraps.length} master key(s)`)
    if (isSealedFor(document, [sealingKey], { only: true })) {
      onStep('nothing to do: only the new master key opens it')
      return
    }
    if (dryRun) {
      onStep('dry run: it would be sealed for the new master key alone')
      return
    }
    const version = document.version + 1
    if (!(await writing.put({ ...ring, version }, document.version))) {
      onStep('another process has changed the ring meanwhile; reading it again')
      continue
    }
    await prove(writing)
    onStep(`ring ${version} is sealed for the new master key alone`)
    return
  }
  throw new StoreUnavailableError(
    `the key ring was changed ${MAX_TRIES} times meanwhile; try again`,
  )
}

/** What was written is read back and opened before anyone throws the old key away. */
async function prove(vault: RingVault): Promise<void> {
  const stored = await vault.load()
  if (stored?.ring !== undefined) return
  throw new InvalidKeyError('the ring does not open under the new master key: keep the old one')
}
