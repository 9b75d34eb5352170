/** What the key options of createSignet come to: who signs, and what seals the ring. */
import type { Key } from './jose/key.ts'
import type { KeyRingOptions } from './keys/key-ring.ts'
import { deriveSealingKey, type SealingKey } from './keys/seal.ts'
import { secretBytes, secretKey } from './keys/secret.ts'
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
