/** The operator's key, compared so that the time it takes tells nothing. */
import { createHash, timingSafeEqual } from 'node:crypto'

/** Makes the check of a presented key. Hashes of equal length are compared, whatever the lengths of the keys. */
export function adminKeyCheck(adminKey: string): (presented: string) => boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const expected = digest(adminKey)
  return (presented) => timingSafeEqual(digest(presented), expected)
}
