/** Reads the vectors of others. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export function readVector(name: string): string {
  return readFileSync(join(import.meta.dirname, '..', 'vectors', name), 'utf8').trim()
}

// Files of many shapes: each test says what it reads from them.
// biome-ignore lint/suspicious/noExplicitAny: see above
export function readJson(name: string): any {
  return JSON.parse(readVector(name))
}
