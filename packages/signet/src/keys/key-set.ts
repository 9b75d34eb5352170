/** Several keys under one roof: the verifier of tokens signed while keys rotate. */
import { isKey, type Key, type KeySet } from '../jose/key.ts'

/** The most keys a set holds: more is a mistake, or somebody else's plan. */
export const MAX_KEYS = 100

/**
 * A key set of keys made before.
 *
 * @param keys newest first, which is the order in which a token without `kid` tries them
 * @throws TypeError when something else stands in the list, RangeError for two keys of one `kid` or too many
 */
export function createKeySet(keys: readonly Key[]): KeySet {
  if (!Array.isArray(keys) || !keys.every(isKey))
    throw new TypeError('createKeySet takes a list of keys')
  if (keys.length > MAX_KEYS) throw new RangeError(`a key set holds at most ${MAX_KEYS} keys`)
  const byKid = new Map<string, Key>()
  for (const key of keys) {
    if (key.kid === undefined) continue
    if (byKid.has(key.kid))
      throw new RangeError(`two keys of the set have the kid ${JSON.stringify(key.kid)}`)
    byKid.set(key.kid, key)
  }
  return { keys: Object.freeze([...keys]), get: (kid) => byKid.get(kid) }
}
