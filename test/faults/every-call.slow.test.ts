/** The same on engines that take their time. One more is a line here. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { sqliteStore } from '../../packages/signet/src/stores/sqlite.ts'
import { faultEveryCall } from './every-call.ts'

const directory = mkdtempSync(join(tmpdir(), 'signet-faults-'))
after(() => rmSync(directory, { recursive: true }))

let files = 0
faultEveryCall('SQLite', () => sqliteStore(join(directory, `${files++}.db`)))
