/** The ring of a database as only the holder of its master key can read it: what an attacker with a leaked key has. */
import { randomBytes } from 'node:crypto'
import type { Key } from 'signet-jwt'
import { sqliteStore } from 'signet-jwt/stores/sqlite'
import { keyFromMaterial } from '../../packages/signet/src/keys/key-material.ts'
import type { RingKey } from '../../packages/signet/src/keys/ring.ts'
import { RingVault } from '../../packages/signet/src/keys/ring-vault.ts'
import { masterSealingKey, secretSealingKey } from '../../packages/signet/src/keys/sealing-keys.ts'

export interface Opener {
  readonly masterKey?: string
  readonly secret?: string
}

/** Every key of the ring with its material. */
export async function openedRing(
  path: string,
  { masterKey, secret }: Opener,
): Promise<readonly RingKey[]> {
  const store = sqliteStore(path)
  const sealingKey =
    masterKey === undefined
      ? secretSealingKey(secret, 'secret')
      : await masterSealingKey(masterKey, 'masterKey')
  const options = { sealingKeys: [sealingKey], issuer: '', storeTimeout: 5000, randomBytes }
  const stored = await new RingVault({ ...options, store }).load().finally(() => store.close())
  if (stored?.ring === undefined) throw new Error('the ring does not open')
  return stored.ring.keys
}

/** The private access key of a kid. */
export async function leakedKey(path: string, opener: Opener, kid: string): Promise<Key> {
  const entry = (await openedRing(path, opener)).find((key) => key.kid === kid)
  if (entry === undefined) throw new Error('the ring has no such key')
  return keyFromMaterial(entry)
}
