/** The three ways to hold keys, as the one thing that the journeys of this folder ask for. */
import { StoreUnavailableError } from '../errors.ts'
import type { Key, KeySet } from '../jose/key.ts'
import { type KeyRing, SEALED } from '../keys/key-ring.ts'
import { createKeySet } from '../keys/key-set.ts'
import type { KeyPurpose } from '../keys/ring.ts'
import type { Lease } from '../revocation/lease.ts'

/** The keys of an issuer, whether the ring's or a secret from outside. */
export interface IssuerKeys {
  readonly accessKeys: KeySet
  /**
   * Resolves when there are keys to sign with that every verifier knows. At once but for the moment after an emergency,
   * in which the fleet hears of the new keys.
   *
   * @throws StoreUnavailableError when this process must not sign
   */
  ready(): Promise<void>
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

export interface IssuerKeysOptions {
  readonly ring: KeyRing
  /** Secrets from outside whose tokens are accepted, newest first. */
  readonly secrets: readonly Key[]
  /** The first secret signs access tokens; otherwise it does so until the ring's first access key begins. */
  readonly signsWithSecret: boolean
  readonly lease: Lease
  /** How long a predecessor may sign on, in milliseconds. */
  readonly maxStaleness: number
  /** Resolves when the fleet has applied the log as it is now, or after so many milliseconds. */
  readonly awaitFleet: (timeout: number) => Promise<unknown>
}

/** How long an emergency keeps logins waiting for a verifier that does not answer, in milliseconds. */
const EMERGENCY_WAIT_MS = 2000

/**
 * The ring and the outside secrets behind one face.
 *
 * Whoever signs must know the present ring: its withdrawals may be seconds old. The lease says whether it does, since
 * every beat that renews it has compared the ring's version.
 */
export function issuerKeys(options: IssuerKeysOptions): IssuerKeys {
  const { ring, secrets, signsWithSecret, lease } = options
  const confirmed = (): void => {
    if (lease.isAlive) return
    throw new StoreUnavailableError(
      'the key ring has not been confirmed in time, so nothing is signed',
    )
  }
  const signer = (purpose: KeyPurpose): Key | undefined => {
    if (purpose === 'refresh') return ring.signer('refresh')
    return signsWithSecret ? secrets[0] : (ring.signer('access') ?? secrets[0])
  }
  const mustSign = (purpose: KeyPurpose): Key => {
    confirmed()
    const key = ring.isOpen ? signer(purpose) : undefined
    if (key !== undefined) return key
    throw new StoreUnavailableError(
      ring.isOpen ? 'the fleet has not yet heard of the new keys' : SEALED,
    )
  }
  const onlyRing = (what: string): void => {
    if (secrets.length > 0) throw new TypeError(`${what} ${withSecrets(signsWithSecret)}`)
  }
  return {
    accessKeys: keySetOf(secrets, ring.accessKeys),
    ready: announcer(options, signer, confirmed),
    accessSigner: () => mustSign('access'),
    refreshSigner: () => mustSign('refresh'),
    refreshKey: (kid) => ring.refreshKey(kid),
    isWithdrawn: (kid) => ring.isWithdrawn(kid),
    rotate: async () => {
      if (signsWithSecret) onlyRing('keys.rotate()')
      await ring.rotate()
    },
    withdraw: async (kid) => {
      if (signsWithSecret) onlyRing('revoke({ keyId })')
      await ring.withdraw(kid)
    },
    replaceAll: async () => {
      onlyRing('revoke({ everything: true })')
      await ring.replaceAll()
    },
    endSessions: () => ring.replaceRefreshSecrets(),
  }
}

function withSecrets(signsWithSecret: boolean): string {
  return signsWithSecret
    ? 'is not possible while tokens are signed with one secret from outside: deploy a new secret, without the old one in previousSecrets'
    : "is not possible while tokens under 'keys.previousSecrets' are accepted: deploy without it first"
}

/**
 * Secrets from outside have no kid; the ring's keys do. The ring is always in the set: on the way from a secret to a
 * ring, the processes that still sign with the secret accept what the new ones sign.
 */
function keySetOf(secrets: readonly Key[], ringKeys: KeySet): KeySet {
  if (secrets.length === 0) return ringKeys
  const outside = createKeySet(secrets)
  const all = () => {
    const inside = ringKeys.keys
    return inside.length === 0 ? outside.keys : [...outside.keys, ...inside]
  }
  return {
    get keys() {
      return all()
    },
    get: (kid) => ringKeys.get(kid),
    // The secrets from outside stay as they are, so what the ring says of itself holds for both.
    ...(ringKeys.versionAt === undefined ? {} : { versionAt: ringKeys.versionAt }),
  }
}

/**
 * Makes `ready`: a key whose time to sign has come is taken into use once the fleet has the ring that brought it. While a
 * predecessor can sign, nobody waits for that; after an emergency there is none, and logins wait a moment.
 */
function announcer(
  { ring, maxStaleness, awaitFleet }: IssuerKeysOptions,
  signer: (purpose: KeyPurpose) => Key | undefined,
  confirmed: () => void,
): () => Promise<void> {
  const underWay = new Map<string, Promise<void>>()
  const announce = (kids: readonly string[], timeout: number) => {
    const name = kids.join(' ')
    const known = underWay.get(name)
    if (known !== undefined) return known
    const announced = awaitFleet(timeout)
      .then(() => ring.announce(kids))
      .finally(() => underWay.delete(name))
    underWay.set(name, announced)
    return announced
  }
  const purposes: readonly KeyPurpose[] = ['access', 'refresh']
  return async () => {
    for (;;) {
      confirmed()
      const kids = purposes.map((purpose) => ring.unannounced(purpose))
      const waiting = kids.filter((kid) => kid !== undefined)
      if (waiting.length === 0) return
      if (purposes.every((purpose) => signer(purpose) !== undefined)) {
        // Whoever cannot reach the fleet now will be told by its lease.
        announce(waiting, maxStaleness).catch(() => {})
        return
      }
      await announce(waiting, EMERGENCY_WAIT_MS)
    }
  }
}
