/** The three ways to hold keys, as the one thing the journeys ask for. */
import { StoreUnavailableError } from './errors.ts'
import type { Key, KeySet } from './jose/key.ts'
import type { KeyRing, KeyRingOptions } from './keys/key-ring.ts'
import { createKeySet } from './keys/key-set.ts'
import { deriveSealingKey, type SealingKey } from './keys/seal.ts'
import { secretBytes, secretKey } from './keys/secret.ts'
import type { Lease } from './revocation/lease.ts'
import type { IssuerKeys } from './sessions/authority.ts'
import type { SignetKeyOptions } from './signet-options.ts'
import type { RandomBytes } from './system.ts'

export interface KeyPlan {
  readonly algorithm: KeyRingOptions['algorithm']
  readonly sealingKeys: readonly SealingKey[]
  readonly whenSealed: KeyRingOptions['whenSealed']
  /** The secret from outside and its predecessors, newest first; undefined when the ring signs. */
  readonly secrets: readonly Key[] | undefined
}

/**
 * What the key options come to.
 *
 * In single-secret mode the ring holds refresh-MAC secrets only, sealed under a key derived from the secret: whoever
 * deploys a new secret without naming the old one logs everybody out.
 */
export function planKeys(options: SignetKeyOptions, randomBytes: RandomBytes): KeyPlan {
  if (options.keys !== undefined) {
    const { algorithm, masterKey } = options.keys
    const sealingKeys = [sealingKeyOf(masterKey, 'keys.masterKey', 'signet master key v1')]
    return { algorithm, sealingKeys, whenSealed: 'refuse', secrets: undefined }
  }
  if ('secret' in options) {
    const all = [options.secret, ...(options.previousSecrets ?? [])]
    return {
      algorithm: undefined,
      sealingKeys: all.map((secret) => sealingKeyOf(secret, 'secret', 'signet ring v1')),
      whenSealed: 'replace',
      secrets: all.map((secret) => secretKey(secret)),
    }
  }
  const ephemeral = deriveSealingKey(randomBytes(32), 'signet ring v1')
  return { algorithm: 'HS256', sealingKeys: [ephemeral], whenSealed: 'refuse', secrets: undefined }
}

function sealingKeyOf(secret: string | undefined, name: string, purpose: string): SealingKey {
  if (secret === undefined) {
    throw new TypeError(
      `'${name}' is undefined: the variable you read is not set; make one with: signet secret`,
    )
  }
  // The same checks as for a signing secret: a weak one would seal nothing.
  secretKey(secret)
  return deriveSealingKey(secretBytes(secret, 'utf8'), purpose)
}

/**
 * The ring and the outside secret behind one face.
 *
 * Whoever signs must know the present ring: its withdrawals may be seconds old. The lease says whether it does, since
 * every beat that renews it has compared the ring's version.
 */
export function issuerKeys(
  ring: KeyRing,
  secrets: readonly Key[] | undefined,
  lease: Lease,
): IssuerKeys {
  const set: KeySet = secrets === undefined ? ring.accessKeys : createKeySet(secrets)
  const confirmed = (): void => {
    if (lease.isAlive) return
    throw new StoreUnavailableError(
      'the key ring has not been confirmed in time, so nothing is signed',
    )
  }
  const onlyRing = (what: string): void => {
    if (secrets === undefined) return
    throw new TypeError(
      `${what} is not possible while tokens are signed with one secret from outside: deploy a new secret, without the old one in previousSecrets`,
    )
  }
  return {
    accessKeys: set,
    accessSigner: () => {
      confirmed()
      return secrets?.[0] ?? ring.signer('access')
    },
    refreshSigner: () => {
      confirmed()
      return ring.signer('refresh')
    },
    refreshKey: (kid) => ring.refreshKey(kid),
    isWithdrawn: (kid) => ring.isWithdrawn(kid),
    rotate: async () => {
      onlyRing('keys.rotate()')
      await ring.rotate()
    },
    withdraw: async (kid) => {
      onlyRing('revoke({ keyId })')
      await ring.withdraw(kid)
    },
    replaceAll: async () => {
      onlyRing('revoke({ everything: true })')
      await ring.replaceAll()
    },
  }
}
