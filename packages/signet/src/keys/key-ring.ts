/**
 * The key ring at work: loaded, opened, and asked for the key of a token or of a signature. It is changed by
 * compare-and-set in the store, so two processes that rotate at once make one rotation.
 */
import { StoreUnavailableError } from '../errors.ts'
import type { Key, KeySet } from '../jose/key.ts'
import type { Clock } from '../system.ts'
import type { Jwk } from './export.ts'
import { newKeyOf, publicJwk } from './key-material.ts'
import { type ListedKey, listAccessKeys } from './listed-key.ts'
import {
  emptyRing,
  fitRing,
  type KeyPurpose,
  newestOf,
  type Ring,
  type RingKey,
  type RingWishes,
  rotateRing,
  rotationDueAt,
  signerOf,
  uniteRings,
  verifiersOf,
  withdrawKeys,
} from './ring.ts'
import { isSealedFor, sealedRingOf } from './ring-document.ts'
import { type KeysAtWork, keysAtWork } from './ring-keys.ts'
import { ringInPlaceOf, type WhenSealed } from './ring-replacement.ts'
import { RingVault, type RingVaultOptions } from './ring-vault.ts'
import { keySetView } from './ring-view.ts'

export interface KeyRingOptions extends RingVaultOptions, RingWishes {
  /** What to do with a ring that none of the keys opens: 'replace' logs everyone out, as a new secret should. */
  readonly whenSealed: WhenSealed
  readonly now: Clock
}

/** Of a process that cannot open the present ring. */
export const SEALED =
  'this process cannot open the present key ring: it was sealed with another secret or master key'

export class KeyRing {
  readonly #options: KeyRingOptions
  readonly #vault: RingVault
  #ring: Ring
  /** Whether we could open it. What we cannot read we neither sign under nor change. */
  #isOpen = true
  #keys: KeysAtWork = new Map()
  /** The union of all that was ever seen: a store that has lost writes brings no key back. */
  readonly #withdrawn = new Set<string>()
  /** Keys the fleet is known to have. */
  readonly #announced = new Set<string>()

  constructor(options: KeyRingOptions) {
    this.#options = options
    this.#vault = new RingVault(options)
    this.#ring = emptyRing(options.bounds)
  }

  get version(): number {
    return this.#ring.version
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /**
   * Loads the ring, or makes the first one, and brings it to what this process was configured with: its bounds, its
   * algorithm, the keys it is sealed for.
   *
   * @throws InvalidKeyError when it cannot be opened
   */
  async open(): Promise<void> {
    const { sealingKeys, randomBytes, now } = this.#options
    for (;;) {
      const stored = await this.#vault.load()
      const begin =
        stored === undefined
          ? this.#ring
          : (stored.ring ?? ringInPlaceOf(stored.document, this.#options))
      const ring = fitRing(
        begin,
        this.#options,
        newKeyOf(this.#options.algorithm, randomBytes),
        now(),
      )
      if (ring === stored?.ring && isSealedFor(stored.document, sealingKeys, { only: true }))
        return this.#use(ring)
      const version = stored?.document.version ?? 0
      if (await this.#put({ ...ring, version: version + 1 }, version)) return
    }
  }

  /** Loads the ring announced by the log. A ring of a lower version never replaces the present one. */
  async load(version: number): Promise<void> {
    const stored = await this.#vault.load()
    if (stored === undefined || stored.document.version < version) {
      throw new StoreUnavailableError(`key ring ${version} was announced and is not in the store`)
    }
    const { document, ring } = stored
    if (document.version <= this.#ring.version) return
    if (ring === undefined) {
      // What stands in the open part is obeyed even by a process that can no longer sign: withdrawals and ends.
      this.#isOpen = false
      this.#use(sealedRingOf(document))
      return
    }
    this.#isOpen = true
    this.#use(ring)
    // Someone without our newest key has changed the ring. Whoever has only that key must not be locked out.
    if (!isSealedFor(document, this.#options.sealingKeys.slice(0, 1)))
      await this.#put({ ...ring, version: ring.version + 1 }, ring.version)
  }

  /** The keys of access tokens that are good now. */
  readonly accessKeys: KeySet = keySetView({
    ring: () => this.#ring,
    keys: () => this.#good('access'),
    get: (kid) => this.#goodKey('access', kid),
  })

  /** The refresh-MAC secret of a `kid`, if it is good now. */
  refreshKey(kid: string): Key | undefined {
    return this.#goodKey('refresh', kid)
  }

  isWithdrawn(kid: string): boolean {
    return this.#withdrawn.has(kid)
  }

  /** The key that signs now; undefined when there is none, or none that the fleet is known to have. */
  signer(purpose: KeyPurpose): Key | undefined {
    const kid = this.#isOpen ? this.#signerKid(purpose) : undefined
    return kid === undefined ? undefined : this.#keys.get(kid)?.key
  }

  /** The kid of a key whose time to sign has come and that the fleet is not known to have. */
  unannounced(purpose: KeyPurpose): string | undefined {
    const due = signerOf(this.#ring, purpose, this.#options.now())?.kid
    return due === this.#signerKid(purpose) ? undefined : due
  }

  /** The fleet has these keys, or has had its time to get them. */
  announce(kids: readonly string[]): void {
    for (const kid of kids) this.#announced.add(kid)
  }

  list(): readonly ListedKey[] {
    return listAccessKeys(this.#ring, this.#options.now())
  }

  /** The public keys, newest first, as a JWK Set (RFC 7517 section 5). Shared secrets have no public part and do not appear. */
  jwks(): { keys: Jwk[] } {
    const keys = this.#good('access').map((key) => publicJwk(key))
    return { keys: keys.filter((jwk) => jwk !== undefined) }
  }

  /** Publishes new keys that will sign later. What another process has published meanwhile is as good as ours. */
  async rotate(): Promise<void> {
    const [main] = this.#purposes
    const before = newestOf(this.#ring, main)?.kid
    await this.#change((ring) =>
      newestOf(ring, main)?.kid === before ? this.#rotated(ring, this.#purposes) : undefined,
    )
  }

  /** Gives each purpose its next key when its last signs, or will have signed, for `every` milliseconds. */
  async rotateIfDue(every: number): Promise<void> {
    await this.#change((ring) => {
      const due = this.#purposes.filter((purpose) => this.#dueIn(ring, purpose, every) <= 0)
      return due.length === 0 ? undefined : this.#rotated(ring, due)
    })
  }

  /** Milliseconds until rotateIfDue does something. */
  dueIn(every: number): number {
    return Math.min(...this.#purposes.map((purpose) => this.#dueIn(this.#ring, purpose, every)))
  }

  /** Withdraws a key for good; an active one is replaced in the same change. @throws RangeError for an unknown kid */
  async withdraw(kid: string): Promise<void> {
    // Another process may just have published the key.
    await this.#catchUp()
    await this.#change((ring) => {
      if (ring.withdrawn.includes(kid)) return undefined
      if (ring.keys.some((key) => key.kid === kid)) return this.#without(ring, () => kid)
      const known = ring.keys.map((each) => each.kid).join(', ')
      throw new RangeError(`'keyId' names no key of the ring; its keys are ${known}`)
    })
  }

  /** Withdraws every key there is and begins anew: nothing signed before is accepted. */
  async replaceAll(): Promise<void> {
    await this.#change((ring) => this.#without(ring, (key) => key.kid))
  }

  /** Gives a store that has lost writes what it lacks of the ring. A process that cannot open the ring leaves that to others. */
  async repair(): Promise<void> {
    for (;;) {
      const stored = await this.#vault.load()
      if (!this.#isOpen || (stored !== undefined && stored.ring === undefined)) return
      const ours = { ...this.#ring, withdrawn: [...this.#withdrawn] }
      const united = uniteRings(ours, stored?.ring, this.#options.now())
      if (united === undefined) return stored && this.load(stored.document.version)
      if (await this.#put(united, stored?.document.version ?? 0)) return
    }
  }

  /** Withdraws every refresh-MAC secret for a new one: no session that exists can be refreshed, access keys stay. */
  async replaceRefreshSecrets(): Promise<void> {
    await this.#change((ring) =>
      this.#without(ring, ({ kid, purpose }) => (purpose === 'refresh' ? kid : undefined)),
    )
  }

  #signerKid(purpose: KeyPurpose): string | undefined {
    const announced = (kid: string) => this.#announced.has(kid)
    return signerOf(this.#ring, purpose, this.#options.now(), announced)?.kid
  }

  #rotated(ring: Ring, purposes: readonly KeyPurpose[]): Ring {
    return rotateRing(ring, purposes.map(this.#newKeyFor(ring)), this.#options.now())
  }

  #without(ring: Ring, kidOf: (key: RingKey) => string | undefined): Ring {
    const kids = ring.keys.map(kidOf).filter((kid) => kid !== undefined)
    return withdrawKeys(ring, kids, this.#newKeyFor(ring), this.#options.now())
  }

  /** Of the ring's own algorithm, once it has access keys: what a newer deployment has chosen stays. */
  #newKeyFor(ring: Ring) {
    const algorithm = newestOf(ring, 'access')?.algorithm ?? this.#options.algorithm
    return newKeyOf(algorithm, this.#options.randomBytes)
  }

  /** The purposes that rotate, first the one that tells rotations apart. */
  get #purposes(): readonly [KeyPurpose, ...KeyPurpose[]] {
    return this.#options.algorithm === undefined ? ['refresh'] : ['access', 'refresh']
  }

  #dueIn(ring: Ring, purpose: KeyPurpose, every: number): number {
    return rotationDueAt(ring, purpose, every) - this.#options.now()
  }

  /** Changes the present ring; when another process was faster, the change is made to what it left. */
  async #change(edit: (ring: Ring) => Ring | undefined): Promise<void> {
    for (;;) {
      if (!this.#isOpen) throw new StoreUnavailableError(SEALED)
      const { version } = this.#ring
      const changed = edit(this.#ring)
      if (changed === undefined || (await this.#put(changed, version))) return
      await this.#catchUp()
    }
  }

  async #catchUp(): Promise<void> {
    await this.load(this.#ring.version)
  }

  async #put(ring: Ring, expectedVersion: number): Promise<boolean> {
    const changed = await this.#vault.put(ring, expectedVersion)
    if (changed) this.#use(ring)
    return changed
  }

  #use(ring: Ring): void {
    this.#ring = ring
    this.#keys = keysAtWork(ring, this.#keys)
    for (const kid of ring.withdrawn) this.#withdrawn.add(kid)
  }

  #good(purpose: KeyPurpose): readonly Key[] {
    return verifiersOf(this.#ring, purpose, this.#options.now()).flatMap(
      ({ kid }) => this.#goodKey(purpose, kid) ?? [],
    )
  }

  #goodKey(purpose: KeyPurpose, kid: string): Key | undefined {
    const found = this.#keys.get(kid)
    if (found === undefined || found.purpose !== purpose) return undefined
    return this.#withdrawn.has(kid) || this.#options.now() >= found.goneAt ? undefined : found.key
  }
}
