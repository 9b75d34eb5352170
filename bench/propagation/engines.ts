/** The stores over which revocations travel from process to process. One more is a line here. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteStore } from 'signet-jwt/stores/sqlite'
import type { Store } from '../../packages/signet/src/stores/store.ts'

export interface Engine {
  readonly name: string
  /** A place for a store, as text that a process can be started with; undefined when this machine has none. */
  readonly prepare: () => Promise<
    { readonly place: string; readonly release: () => void } | undefined
  >
  readonly open: (place: string) => Store
}

export const engines: readonly Engine[] = [
  {
    name: 'SQLite',
    prepare: async () => {
      const directory = mkdtempSync(join(tmpdir(), 'signet-bench-'))
      const release = () => rmSync(directory, { recursive: true })
      return { place: join(directory, 'signet.db'), release }
    },
    open: (place) => sqliteStore(place),
  },
]
