/** A Lua script: one question to the store, answered in one atomic step. */
import { hash } from 'node:crypto'

export interface Script {
  readonly text: string
  /** What EVALSHA calls it by. */
  readonly sha: string
}

/** Puts a script together from what it shares with others and what it does itself. */
export function script(...parts: readonly string[]): Script {
  const text = parts.join('\n')
  return { text, sha: hash('sha1', text) }
}
