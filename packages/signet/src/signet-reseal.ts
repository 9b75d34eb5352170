/** `reseal`: the key ring of a store under a new master key, as one call of whoever runs the issuer. */
import { withDeadline } from './deadline.ts'
import { resealRing } from './keys/reseal.ts'
import { type MasterKey, masterSealingKey } from './keys/sealing-keys.ts'
import { checkOptions } from './options.ts'
import { origin } from './revocation/position.ts'
import type { Store } from './stores/store.ts'
import { system } from './system.ts'

export interface ResealOptions {
  /** The only master key that opens the ring afterwards. */
  readonly masterKey: MasterKey | undefined
  /** Master keys that the ring may be sealed with now. */
  readonly previousMasterKeys?: readonly MasterKey[]
  /** Says what would be done, and changes nothing. Default false. */
  readonly dryRun?: boolean
  /** Told of each step as it is done, in words without secrets. */
  readonly onStep?: (step: string) => void
}

/** Bound on each call to the store, in milliseconds: longer than an issuer's, since nobody waits for a login here. */
const STORE_TIMEOUT_MS = 10_000

/**
 * Seals the key ring for `masterKey` and for no other key. Tokens, kids and sessions stay as they are. Processes that
 * still have only an old master key sign nothing from then on, so give them the new one first; copies of the database
 * from before still open with the old one.
 *
 * @throws TypeError naming the option; InvalidKeyError when none of the keys opens the ring; StoreUnavailableError
 */
export async function reseal(store: Store, options: ResealOptions): Promise<void> {
  checkOptions('reseal', options, ['masterKey', 'previousMasterKeys', 'dryRun', 'onStep'], {
    undefinedIsAbsent: ['masterKey'],
  })
  const { masterKey, previousMasterKeys = [], dryRun = false, onStep = () => {} } = options
  const sealingKey = await masterSealingKey(masterKey, 'masterKey')
  const previousKeys = await Promise.all(
    previousMasterKeys.map((key) => masterSealingKey(key, 'previousMasterKeys')),
  )
  const { maxLife } = await withDeadline(() => store.look(origin), STORE_TIMEOUT_MS)
  await resealRing({
    store,
    // The entry is for every follower of the store, whatever issuer it names.
    issuer: Object.keys(maxLife)[0] ?? 'signet',
    sealingKey,
    previousKeys,
    dryRun,
    onStep,
    storeTimeout: STORE_TIMEOUT_MS,
    randomBytes: system.randomBytes,
  })
}
