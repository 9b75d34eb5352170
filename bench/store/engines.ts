/** The stores that are measured. One more is a line in the table, and a file with its bare statements. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryStore } from 'signet-jwt/stores/memory'
import { sqliteStore } from 'signet-jwt/stores/sqlite'
import type { Store } from '../../packages/signet/src/stores/store.ts'
import { bareSqlite } from './bare-sqlite.ts'

/** The statements of an operation, issued to the driver by hand for a whole group at once, and nothing beside them. */
export type Bare = { readonly [operation in 'rotation' | 'issue' | 'revocation']: Group }

/** Carries out so many operations as the driver does it best; resolves when all are durable. */
export type Group = (size: number) => void | Promise<void>

export interface OpenEngine {
  readonly store: Store
  /** undefined where there is no driver below the store. */
  readonly bare: Bare | undefined
  readonly release: () => Promise<void>
}

export interface Engine {
  readonly name: string
  /** undefined when this machine has no such server. */
  readonly open: () => Promise<OpenEngine | undefined>
}

export const engines: readonly Engine[] = [
  {
    name: 'memory',
    open: async () => {
      const store = memoryStore()
      return { store, bare: undefined, release: () => store.close() }
    },
  },
  { name: 'SQLite, full durability', open: openSqlite },
]

async function openSqlite(): Promise<OpenEngine> {
  // Not in memory: TMPDIR must lie on a disk for durability to mean something.
  const directory = mkdtempSync(join(tmpdir(), 'signet-bench-'))
  const store = sqliteStore(join(directory, 'signet.db'))
  const bare = bareSqlite(join(directory, 'bare.db'))
  const release = async () => {
    await store.close()
    bare.close()
    rmSync(directory, { recursive: true })
  }
  return { store, bare, release }
}
