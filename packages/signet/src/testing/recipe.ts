/** What the factory makes a token of; a flaw is a change to it, or to the text that comes of it. */
import { type Claims, type Key, sign } from '../codec.ts'

export interface Recipe {
  readonly claims: Claims
  readonly key: Key
  readonly lifetimeSeconds: number | 'forever'
  readonly now: Date
  /** Header parameter. Default 'at+jwt'. */
  readonly typ?: string
}

export function signRecipe({ claims, key, lifetimeSeconds, now, typ = 'at+jwt' }: Recipe): string {
  return sign(claims, key, { lifetimeSeconds, now, typ })
}
