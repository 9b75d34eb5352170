/** Cutting expired entries off the front of the log, as `trim` of tables/log-steps.ts does. */
import { ENTRY_MARGIN_MS } from '../../revocation/entry.ts'
import type { Query } from './database.ts'
import { newTags } from './log.ts'
import { arrayParameter, parameter } from './text.ts'

/** Under the head's lock nobody appends, so what is read stays true until the commit. */
const lockHead = 'SELECT signet.signet_now() AS now FROM signet.head FOR UPDATE'
const oldestEntries = `
  SELECT p, (expires_at + ${ENTRY_MARGIN_MS} < $2::text::bigint)::text AS is_over
  FROM signet.log ORDER BY p LIMIT $1::text::bigint`
/** What is alive among the removed is written again at the end, under its own id. */
const cut = `
  WITH kept AS (
    SELECT * FROM unnest($2::text::bigint[], $3::text::text[]) WITH ORDINALITY AS kept (p, tag, place)
  ), moved AS (
    UPDATE signet.head SET floor = $1::text::bigint,
      p = CASE WHEN n = 0 THEN head.p ELSE greatest(head.p + 1, $4::text::bigint) + n - 1 END,
      tag = coalesce(last_tag, head.tag)
    FROM (SELECT count(*) AS n, (array_agg(tag ORDER BY place DESC))[1] AS last_tag FROM kept) all_kept
    RETURNING head.p - n AS p
  ), removed AS (
    DELETE FROM signet.log WHERE p <= $1::text::bigint RETURNING *
  )
  INSERT INTO signet.log (p, tag, id, kind, issuer, key, epoch, reason, at, expires_at)
  SELECT moved.p + place, kept.tag, id, kind, issuer, key, epoch, reason, at, expires_at
  FROM moved CROSS JOIN kept JOIN removed ON removed.p = kept.p`

/** Answers how many went. Expired entries wait while those alive before them are more. */
export async function trim(query: Query, limit: number): Promise<number> {
  const [{ now } = { now: 0 }] = await query(lockHead)
  const rows = await query(oldestEntries, [String(limit), String(now)])
  const oldest = rows.map((row) => ({ p: Number(row.p), isOver: row.is_over === 'true' }))
  const lastOver = oldest.findLastIndex(({ isOver }) => isOver)
  const going = oldest.slice(0, lastOver + 1)
  const alive = going.filter(({ isOver }) => !isOver)
  const waiting = going.length - alive.length
  // Moving half of what is read to free the other half would be work without end.
  if (waiting === 0 || waiting <= alive.length) return 0
  await query(cut, [
    parameter(going.at(-1)?.p),
    arrayParameter(alive.map(({ p }) => p)),
    arrayParameter(newTags(alive.length)),
    String(now),
  ])
  return waiting
}
