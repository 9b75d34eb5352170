/** What the key options of createSignet come to: who signs, and what seals the ring. */
import type { Key } from './jose/key.ts'
import type { KeyRing, KeyRingOptions } from './keys/key-ring.ts'
import type { RingBounds } from './keys/ring.ts'
import { rotateOnSchedule } from './keys/rotation-schedule.ts'
import { masterSealingKey, secretSealingKey } from './keys/sealing-keys.ts'
import { makeSecret, secretKey } from './keys/secret.ts'
import type { Listener } from './sessions/events.ts'
import type { SignetKeyOptions, SignetSettings } from './signet-options.ts'
import { type RandomBytes, system } from './system.ts'

export interface KeyPlan
  extends Pick<KeyRingOptions, 'algorithm' | 'isBridged' | 'sealingKeys' | 'whenSealed'> {
  /** Secrets from outside whose tokens are accepted, newest first. */
  readonly secrets: readonly Key[]
  /** The first of them signs, rather than the ring. */
  readonly signsWithSecret: boolean
}

/**
 * What the key options come to.
 *
 * In single-secret mode the ring holds refresh-MAC secrets only, sealed under a key derived from the secret: whoever
 * deploys a new secret without naming the old one logs everybody out.
 *
 * @throws TypeError, InvalidKeyError naming the option; whatever the reading of a file or a callback throws
 */
export async function planKeys(
  options: SignetKeyOptions,
  randomBytes: RandomBytes,
): Promise<KeyPlan> {
  if (options.keys !== undefined) return planRing(options.keys)
  if ('secret' in options) {
    const all = [options.secret, ...(options.previousSecrets ?? [])]
    return {
      algorithm: undefined,
      isBridged: false,
      sealingKeys: all.map((secret) => secretSealingKey(secret, 'secret')),
      whenSealed: 'replace',
      secrets: all.map((secret) => secretKey(secret)),
      signsWithSecret: true,
    }
  }
  const ephemeral = secretSealingKey(makeSecret(32, 'hex', randomBytes), 'secret')
  return {
    algorithm: 'HS256',
    isBridged: false,
    sealingKeys: [ephemeral],
    whenSealed: 'refuse',
    secrets: [],
    signsWithSecret: false,
  }
}

async function planRing(keys: NonNullable<SignetKeyOptions['keys']>): Promise<KeyPlan> {
  const { algorithm, masterKey, previousMasterKeys = [], previousSecrets = [] } = keys
  const sealingKeys = [
    await masterSealingKey(masterKey, 'keys.masterKey'),
    ...(await Promise.all(
      previousMasterKeys.map((key) => masterSealingKey(key, 'keys.previousMasterKeys')),
    )),
    ...previousSecrets.map((secret) => secretSealingKey(secret, 'keys.previousSecrets')),
  ]
  return {
    algorithm,
    isBridged: previousSecrets.length > 0,
    sealingKeys,
    whenSealed: 'refuse',
    secrets: previousSecrets.map((secret) => secretKey(secret)),
    signsWithSecret: false,
  }
}

export function ringBounds(settings: SignetSettings): RingBounds {
  const { maxLifetime, idleLifetime, maxStaleness, jwksMaxAge } = settings
  const lifetime = { access: maxLifetime, refresh: idleLifetime }
  return { jwksMaxAge, staleness: maxStaleness, lifetime }
}

/** Rotates the ring by the clock, when that was asked for; answers how to stop. */
export function rotateRegularly(
  ring: KeyRing,
  { rotateEvery: every }: SignetSettings,
  emit: Listener,
): () => void {
  if (every === undefined) return () => {}
  const { schedule, randomBytes, now } = system
  const onError = (error: unknown) => emit({ type: 'error', at: new Date(now()), error })
  return rotateOnSchedule({ ring, every, schedule, randomBytes, onError })
}
