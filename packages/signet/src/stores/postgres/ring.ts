/** The steps of the ring port. */
import type { RingChange, RingStore } from '../../keys/ring-store.ts'
import type { Database, Query } from './database.ts'
import { append } from './log.ts'
import { ringDocument } from './rows.ts'
import { parameter } from './text.ts'

const readRing = 'SELECT version, public_part, sealed FROM signet.ring'
const insertRing = `
  INSERT INTO signet.ring VALUES (1, $1::text::bigint, $2, $3) ON CONFLICT (one) DO NOTHING RETURNING one`
const replaceRing = `
  UPDATE signet.ring SET version = $1::text::bigint, public_part = $2, sealed = $3
  WHERE version = $4::text::bigint RETURNING one`

export function ringSteps(database: Database): RingStore {
  return {
    loadRing: async () => {
      const [row] = await database.read(readRing)
      return row === undefined ? undefined : ringDocument(row)
    },
    changeRing: (change) => database.transaction((query) => changeRing(query, database, change)),
  }
}

/** Compare-and-set, and the entry that announces the change, in one step. */
async function changeRing(
  query: Query,
  database: Database,
  { expectedVersion, ring, entryId: id, issuer }: RingChange,
): Promise<boolean> {
  const document = [
    parameter(ring.version),
    parameter(ring.publicPart),
    JSON.stringify(ring.sealed),
  ]
  const changed =
    expectedVersion === 0
      ? await query(insertRing, document)
      : await query(replaceRing, [...document, parameter(expectedVersion)])
  if (changed.length === 0) return false
  await append(query, database, [{ id, kind: 'ring', issuer, key: String(ring.version) }])
  return true
}
