/** The engines that processes of a test share, by name: a parent makes one, and its children open the same. One more is a line. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteStore } from '../../packages/signet/src/stores/sqlite.ts'
import type { Store } from '../../packages/signet/src/stores/store.ts'

/** Text that a child can be given: the name of the engine, a space, and where it is. */
export type EnginePlace = string

export interface SharedEngine {
  /** An empty place, removed by `remove`. */
  make(): Promise<{ readonly place: string; readonly remove: () => Promise<void> }>
  open(place: string): Promise<Store>
}

export const sharedEngines: { readonly [name: string]: SharedEngine } = {
  SQLite: {
    async make() {
      const directory = mkdtempSync(join(tmpdir(), 'signet-fleet-'))
      return {
        place: join(directory, 'signet.db'),
        remove: async () => rmSync(directory, { recursive: true }),
      }
    },
    open: async (path) => sqliteStore(path),
  },
}

export function openEngine(place: EnginePlace): Promise<Store> {
  const space = place.indexOf(' ')
  const engine = sharedEngines[place.slice(0, space)]
  if (engine === undefined) throw new TypeError(`there is no engine in '${place}'`)
  return engine.open(place.slice(space + 1))
}
