/** 10,000 histories, most of them in memory, in tests that each end in time. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { seedOfRun } from '../../packages/signet/src/stores/contract/material.ts'
import { memoryStore } from '../../packages/signet/src/stores/memory.ts'
import { sqliteStore } from '../../packages/signet/src/stores/sqlite.ts'
import { checkHistories } from './histories.ts'

const directory = mkdtempSync(join(tmpdir(), 'signet-'))
after(() => rmSync(directory, { recursive: true }))
let files = 0

const engines = [
  { engine: 'memory', parts: 18, make: (clock: () => Date) => memoryStore({ clock }) },
  {
    engine: 'SQLite',
    parts: 2,
    make: (clock: () => Date) => sqliteStore(join(directory, `${files++}.db`), { clock }),
  },
]

for (const { engine, parts, make } of engines) {
  for (let part = 0; part < parts; part++) {
    test(`500 histories with crashes on ${engine}, part ${part + 1}`, async (t) => {
      const seed = seedOfRun() + part
      t.diagnostic(`SIGNET_SEED=${seed}`)
      await checkHistories(make, 500, seed)
    })
  }
}
