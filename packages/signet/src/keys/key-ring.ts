/**
 * The key ring at work: loaded, opened, and asked for the key of a token or of a signature. It is changed by
 * compare-and-set in the store, so two processes that rotate at once make one rotation.
 */
import { withDeadline } from '../deadline.ts'
import { InvalidKeyError, StoreUnavailableError } from '../errors.ts'
import type { Algorithm } from '../jose/algorithms.ts'
import { encodeBase64url } from '../jose/bytes.ts'
import type { Key, KeySet } from '../jose/key.ts'
import type { Clock, RandomBytes } from '../system.ts'
import type { Jwk } from './export.ts'
import { keyFromMaterial, newRingKey, publicJwk } from './key-material.ts'
import {
  createRing,
  type KeyPurpose,
  type KeyState,
  type Ring,
  type RingKey,
  type RotationPlan,
  rotateRing,
  signerOf,
  stateOf,
  uniteRings,
  verifiersOf,
  withdrawKeys,
} from './ring.ts'
import { namesIn, openRing, sealRing } from './ring-document.ts'
import type { RingDocument, RingStore } from './ring-store.ts'
import { keySetView } from './ring-view.ts'
import type { SealingKey } from './seal.ts'

export interface KeyRingOptions {
  readonly store: RingStore
  readonly issuer: string
  /** Of the ring's access keys; undefined when access tokens are signed with a secret from outside. */
  readonly algorithm: Algorithm | undefined
  /** The first seals; each opens. */
  readonly sealingKeys: readonly SealingKey[]
  /** What to do with a ring that none of the keys opens: 'replace' logs everyone out, as a new secret should. */
  readonly whenSealed: 'replace' | 'refuse'
  readonly plan: RotationPlan
  readonly storeTimeout: number
  readonly now: Clock
  readonly randomBytes: RandomBytes
}

export interface ListedKey {
  readonly kid: string
  readonly algorithm: Algorithm
  readonly state: KeyState
}

export class KeyRing {
  readonly #options: KeyRingOptions
  #ring: Ring = { version: 0, keys: [], withdrawn: [] }
  #keys = new Map<string, Key>()
  #withdrawn = new Set<string>()

  constructor(options: KeyRingOptions) {
    this.#options = options
  }

  get version(): number {
    return this.#ring.version
  }

  /** Loads the ring, making the first one when there is none. @throws InvalidKeyError when it cannot be opened */
  async open(): Promise<void> {
    for (;;) {
      const document = await this.#load()
      if (document === undefined) {
        const first = createRing(1, this.#newKeys(), this.#options.now())
        if (await this.#put(first, 0)) return
        continue
      }
      const opened = openRing(document, this.#options.sealingKeys)
      if (opened === undefined) {
        if (await this.#replaceSealed(document)) return
        continue
      }
      this.#use(opened.ring)
      // A seal that lacks one of our keys would lock out whoever comes after us with only that key.
      if (
        opened.isSealedForAll ||
        (await this.#put({ ...opened.ring, version: opened.ring.version + 1 }, document.version))
      )
        return
    }
  }

  /** Loads the ring announced by the log. A ring of a lower version never replaces the present one. */
  async load(version: number): Promise<void> {
    const document = await this.#load()
    if (document === undefined || document.version < version) {
      throw new StoreUnavailableError(`key ring ${version} was announced and is not in the store`)
    }
    const opened = openRing(document, this.#options.sealingKeys)
    if (opened === undefined) {
      // Withdrawals stand in the open part: they are obeyed even by a process that can no longer sign.
      this.#use({
        ...this.#ring,
        version: document.version,
        keys: [],
        withdrawn: namesIn(document).withdrawn,
      })
      return
    }
    if (opened.ring.version > this.#ring.version) this.#use(opened.ring)
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

  /** The key that signs now. @throws StoreUnavailableError when this process cannot open the present ring */
  signer(purpose: KeyPurpose): Key {
    const entry = signerOf(this.#ring, purpose, this.#options.now())
    const key = entry && this.#keys.get(entry.kid)
    if (key !== undefined) return key
    throw new StoreUnavailableError(
      'this process cannot open the present key ring: it was sealed with another secret or master key',
    )
  }

  list(): readonly ListedKey[] {
    const now = this.#options.now()
    return this.#ring.keys
      .filter(({ purpose }) => purpose === 'access')
      .map((key) => ({
        kid: key.kid,
        algorithm: key.algorithm,
        state: stateOf(this.#ring, key, now),
      }))
  }

  /** The public keys, newest first, as a JWK Set (RFC 7517 section 5). Shared secrets have no public part and do not appear. */
  jwks(): { keys: Jwk[] } {
    const keys = this.#good('access').map((key) => publicJwk(key))
    return { keys: keys.filter((jwk) => jwk !== undefined) }
  }

  /** Publishes new keys that will sign later; the plan says when. */
  async rotate(): Promise<void> {
    const { now, plan } = this.#options
    await this.#change((ring) => rotateRing(ring, this.#newKeys(), now(), plan))
  }

  /** Withdraws a key for good; an active one is replaced in the same change. @throws RangeError for an unknown kid */
  async withdraw(kid: string): Promise<void> {
    await this.#change((ring) => {
      if (ring.withdrawn.includes(kid)) return undefined
      const key = ring.keys.find((candidate) => candidate.kid === kid)
      if (key === undefined) {
        throw new RangeError(
          `'keyId' names no key of the ring; its keys are ${ring.keys.map((each) => each.kid).join(', ')}`,
        )
      }
      const active = signerOf(ring, key.purpose, this.#options.now())
      const successors = active?.kid === kid ? [this.#newKey(key.purpose, key.algorithm)] : []
      return withdrawKeys(ring, [kid], successors, this.#options.now())
    })
  }

  /** Withdraws every key there is and begins anew: nothing signed before is accepted. */
  async replaceAll(): Promise<void> {
    await this.#change((ring) =>
      withdrawKeys(
        ring,
        ring.keys.map(({ kid }) => kid),
        this.#newKeys(),
        this.#options.now(),
      ),
    )
  }

  /** Gives a store that has lost writes what it lacks of the ring. A process that cannot open the ring leaves that to others. */
  async repair(): Promise<void> {
    for (;;) {
      const document = await this.#load()
      const stored = document && openRing(document, this.#options.sealingKeys)?.ring
      if (this.#ring.keys.length === 0 || (document !== undefined && stored === undefined)) return
      const ours = { ...this.#ring, withdrawn: [...this.#withdrawn] }
      const united = uniteRings(ours, stored, this.#options.now())
      if (united === undefined) return document && this.load(document.version)
      if (await this.#put(united, stored?.version ?? 0)) return
    }
  }

  /** Withdraws every refresh-MAC secret for a new one: no session that exists can be refreshed, access keys stay. */
  async replaceRefreshSecrets(): Promise<void> {
    await this.#change((ring) =>
      withdrawKeys(
        ring,
        ring.keys.filter(({ purpose }) => purpose === 'refresh').map(({ kid }) => kid),
        [this.#newKey('refresh', 'HS256')],
        this.#options.now(),
      ),
    )
  }

  /** Changes the present ring; when another process was faster, the change is made to what it left. */
  async #change(edit: (ring: Ring) => Ring | undefined): Promise<void> {
    for (;;) {
      const changed = edit(this.#ring)
      if (changed === undefined || (await this.#put(changed, this.#ring.version))) return
      const document = await this.#load()
      if (document !== undefined) await this.load(document.version)
    }
  }

  async #replaceSealed(document: RingDocument): Promise<boolean> {
    if (this.#options.whenSealed === 'refuse') {
      throw new InvalidKeyError(
        "the key ring in the store was sealed with another master key: give that one as 'masterKey', or start with an empty store",
      )
    }
    const now = this.#options.now()
    const fresh = createRing(document.version + 1, this.#newKeys(), now)
    const { kids, withdrawn } = namesIn(document)
    return this.#put(
      { ...fresh, withdrawn: [...new Set([...withdrawn, ...kids])] },
      document.version,
    )
  }

  async #put(ring: Ring, expectedVersion: number): Promise<boolean> {
    const { store, sealingKeys, randomBytes, issuer, storeTimeout } = this.#options
    const document = sealRing(ring, this.#publicKeys(ring), sealingKeys, randomBytes)
    const entryId = encodeBase64url(randomBytes(16))
    const changed = await withDeadline(
      () => store.changeRing({ expectedVersion, ring: document, entryId, issuer }),
      storeTimeout,
    )
    if (changed) this.#use(ring)
    return changed
  }

  #load(): Promise<RingDocument | undefined> {
    return withDeadline(() => this.#options.store.loadRing(), this.#options.storeTimeout)
  }

  #use(ring: Ring): void {
    const known = this.#keys
    this.#ring = ring
    this.#keys = new Map(
      ring.keys.map((key) => [key.kid, known.get(key.kid) ?? keyFromMaterial(key)]),
    )
    for (const kid of ring.withdrawn) this.#withdrawn.add(kid)
  }

  #good(purpose: KeyPurpose): readonly Key[] {
    return verifiersOf(this.#ring, purpose, this.#options.now()).flatMap(({ kid }) => {
      const key = this.#withdrawn.has(kid) ? undefined : this.#keys.get(kid)
      return key === undefined ? [] : [key]
    })
  }

  #goodKey(purpose: KeyPurpose, kid: string): Key | undefined {
    const key = this.#keys.get(kid)
    if (key === undefined || this.#withdrawn.has(kid)) return undefined
    const entry = this.#ring.keys.find((candidate) => candidate.kid === kid) as RingKey
    const isGood =
      entry.purpose === purpose && stateOf(this.#ring, entry, this.#options.now()) !== 'gone'
    return isGood ? key : undefined
  }

  #newKeys() {
    const refresh = this.#newKey('refresh', 'HS256')
    const { algorithm } = this.#options
    return algorithm === undefined ? [refresh] : [this.#newKey('access', algorithm), refresh]
  }

  #newKey(purpose: KeyPurpose, algorithm: Algorithm) {
    return newRingKey(algorithm, purpose, this.#options.randomBytes)
  }

  #publicKeys(ring: Ring): readonly (Jwk | undefined)[] {
    return ring.keys.map((key) => publicJwk(this.#keys.get(key.kid) ?? keyFromMaterial(key)))
  }
}
