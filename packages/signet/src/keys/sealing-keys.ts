/** Where the keys that seal the ring come from: a master key, or the one secret from outside. */
import { readFile } from 'node:fs/promises'
import { deriveSealingKey, type SealingKey } from './seal.ts'
import { secretBytes, secretKey } from './secret.ts'

/**
 * A master key: its text, as `signet secret` makes it; the file it stands in; or a function that fetches it, for a key
 * that a vault keeps. At least 32 bytes.
 */
export type MasterKey =
  | string
  | { readonly file: string }
  | (() => string | Uint8Array | Promise<string | Uint8Array>)

/**
 * The sealing key that a master key comes to.
 *
 * @param name the option, for messages
 * @throws TypeError, InvalidKeyError; whatever the reading of the file or the function throws
 */
export async function masterSealingKey(
  masterKey: MasterKey | undefined,
  name: string,
): Promise<SealingKey> {
  return sealingKey(await readMasterKey(masterKey), name, 'signet master key v1')
}

/** The sealing key that a signing secret comes to: the secret itself never encrypts anything. */
export function secretSealingKey(secret: string | undefined, name: string): SealingKey {
  return sealingKey(secret, name, 'signet ring v1')
}

async function readMasterKey(
  masterKey: MasterKey | undefined,
): Promise<string | Uint8Array | undefined> {
  if (typeof masterKey === 'function') return masterKey()
  if (typeof masterKey !== 'object' || masterKey === null) return masterKey
  // An editor puts a line end after the last line; it is not part of the key.
  return (await readFile(masterKey.file, 'utf8')).replace(/\r?\n$/, '')
}

function sealingKey(
  secret: string | Uint8Array | undefined,
  name: string,
  purpose: string,
): SealingKey {
  if (secret === undefined) {
    throw new TypeError(
      `'${name}' is undefined: the variable you read is not set; make one with: signet secret`,
    )
  }
  // The same checks as for a signing secret: a weak one would seal nothing.
  secretKey(secret)
  return deriveSealingKey(secretBytes(secret, 'utf8'), purpose)
}
