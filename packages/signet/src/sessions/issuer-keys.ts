/** The three ways to hold keys, as the one thing that the journeys of this folder ask for. */
import { StoreUnavailableError } from '../errors.ts'
import type { Key, KeySet } from '../jose/key.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { createKeySet } from '../keys/key-set.ts'
import type { Lease } from '../revocation/lease.ts'

/** The keys of an issuer, whether the ring's or a secret from outside. */
export interface IssuerKeys {
  readonly accessKeys: KeySet
  /** @throws StoreUnavailableError when this process must not sign */
  accessSigner(): Key
  refreshSigner(): Key
  refreshKey(kid: string): Key | undefined
  isWithdrawn(kid: string): boolean
  rotate(): Promise<void>
  withdraw(kid: string): Promise<void>
  replaceAll(): Promise<void>
  /** Ends every session at its next refresh, in each of the three ways: the refresh-MAC secrets are always the ring's. */
  endSessions(): Promise<void>
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
    endSessions: () => ring.replaceRefreshSecrets(),
  }
}
