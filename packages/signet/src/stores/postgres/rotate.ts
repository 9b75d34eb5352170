/**
 * Rotation: `decide` of sessions/rotation.ts as one statement for many presentations, one of each session. The contract
 * compares the two over random histories.
 */
import { ENTRY_MARGIN_MS, FOREIGN_LIFE_MS } from '../../revocation/entry.ts'
import type { Decision, Presentation, RotationOutcome } from '../../sessions/rotation.ts'
import type { Row, SqlValue } from './driver.ts'
import { newTags } from './log.ts'
import { sessionColumns, sessionRow } from './rows.ts'
import { DAY_MS } from './sessions.ts'
import { arrayParameter } from './text.ts'

/** How far a token may be ahead of its row; see rotation.ts. */
const MAX_LOST_GENERATIONS = 64
/**
 * The longest a statement may wait for a row, in milliseconds. It sees the subject's register as it was when it began; an
 * entry outlives the tokens it covers by a minute, so a decision on what was true ten seconds ago hurts nobody.
 */
const MAX_WAIT_MS = 10_000

/**
 * asked     the presentations
 * current   their rows, locked in the order of their ids, so that two batches never wait for each other
 * timed     the same with store time, read after the lock
 * decided   the first rule that fits. `late`: too much time went by before the row was there, and nothing was decided
 * stepped   the row as it stands after the step
 * reused    sessions that end, with their places in the log
 *
 * The head is locked after all rows, and only when a session ends.
 */
export const rotateStatement: string = `
  WITH asked AS MATERIALIZED (
    SELECT * FROM unnest($1::text::text[], $2::text::bigint[], $3::text::text[], $4::text::text[], $5::text::text[],
      $6::text::text[], $7::text::text[], $8::text::text[], $9::text::text[], $10::text::text[], $11::text::bigint[],
      $12::text::bigint[], $13::text::bigint[], $14::text::text[], $15::text::text[], $16::text::text[])
      WITH ORDINALITY AS asked (a_sid, a_gen, a_secret_hash, a_client, a_cnf, a_context_hash, a_device, a_attempt,
        a_mac_kid, a_claims, grace, idle, max_replays, issuer, entry_id, entry_tag, place)
  ), current AS MATERIALIZED (
    SELECT one.* FROM (SELECT a_sid FROM asked ORDER BY a_sid COLLATE "C") in_order
    CROSS JOIN LATERAL (SELECT * FROM signet.sessions WHERE sid = a_sid FOR UPDATE) one
  ), timed AS MATERIALIZED (
    SELECT current.*, signet.signet_now() AS now FROM current
  ), decided AS MATERIALIZED (
    SELECT asked.*, timed.*, CASE
      WHEN clock_timestamp() > least(statement_timestamp() + interval '${MAX_WAIT_MS} ms',
        to_timestamp($17::text::double precision / 1000)) THEN 'late'
      WHEN sid IS NULL OR a_secret_hash <> secret_hash OR a_gen > gen + ${MAX_LOST_GENERATIONS}
        OR ((client IS NOT NULL OR cnf IS NOT NULL)
          AND (a_client IS DISTINCT FROM client OR a_cnf IS DISTINCT FROM cnf)) THEN 'unknown'
      WHEN revoked_at IS NOT NULL THEN 'revoked'
      WHEN epoch < (SELECT cut FROM signet.registers WHERE registers.hs = timed.hs) THEN 'revoked'
      WHEN now >= absolute_at OR now >= idle_at THEN 'expired'
      WHEN a_attempt = attempt AND a_gen = gen - 1 THEN 'again'
      WHEN a_gen >= gen THEN 'rotated'
      WHEN grace > 0 AND now - rotated_at <= grace THEN CASE
        WHEN a_gen = gen - 1 AND replays < max_replays
          AND (context_hash IS NULL OR a_context_hash IS NULL OR a_context_hash = context_hash) THEN 'repeated'
        ELSE 'superseded' END
      ELSE 'reused' END AS outcome
    FROM asked LEFT JOIN timed ON sid = a_sid
  ), stepped AS MATERIALIZED (
    SELECT place, outcome, now, issuer, entry_id, entry_tag, sid,
      outcome = 'rotated' AND a_gen > gen AS recovered,
      subject, audience, scope, client, cnf, context, epoch, secret_hash, born_at, absolute_at,
      CASE outcome WHEN 'rotated' THEN coalesce(a_claims, claims) ELSE claims END AS claims,
      CASE outcome WHEN 'rotated' THEN a_gen + 1 ELSE gen END AS gen,
      CASE outcome WHEN 'rotated' THEN now ELSE rotated_at END AS rotated_at,
      CASE outcome WHEN 'rotated' THEN 0 WHEN 'repeated' THEN replays + 1 ELSE replays END AS replays,
      CASE outcome WHEN 'rotated' THEN a_attempt ELSE attempt END AS attempt,
      CASE outcome WHEN 'rotated' THEN a_context_hash ELSE context_hash END AS context_hash,
      CASE outcome WHEN 'rotated' THEN a_mac_kid ELSE mac_kid END AS mac_kid,
      CASE outcome WHEN 'rotated' THEN least(now + idle, absolute_at) ELSE idle_at END AS idle_at,
      CASE outcome WHEN 'reused' THEN now ELSE revoked_at END AS revoked_at,
      CASE WHEN outcome IN ('rotated', 'reused') OR (outcome = 'repeated' AND replays = 0)
        THEN signet.remember(history,
          CASE WHEN outcome = 'reused' THEN 'u' WHEN outcome = 'repeated' THEN 'r' WHEN a_gen > gen THEN 'c' ELSE 'n' END,
          now, a_gen, CASE WHEN a_context_hash IS NOT DISTINCT FROM context_hash THEN '' ELSE a_device END)
        ELSE history END AS history
    FROM decided
  ), written AS (
    UPDATE signet.sessions AS s SET claims = n.claims, gen = n.gen, rotated_at = n.rotated_at, replays = n.replays,
      attempt = n.attempt, context_hash = n.context_hash, mac_kid = n.mac_kid, idle_at = n.idle_at,
      revoked_at = n.revoked_at, history = n.history, ends_on = least(n.revoked_at, n.idle_at) / ${DAY_MS}
    FROM stepped n WHERE s.sid = n.sid AND outcome IN ('rotated', 'repeated', 'reused')
  ), reused AS MATERIALIZED (
    SELECT *, row_number() OVER (ORDER BY place) AS nth FROM stepped WHERE outcome = 'reused'
  ), moved AS (
    UPDATE signet.head SET p = greatest(head.p + 1, signet.signet_now()) + last.nth - 1, tag = last.entry_tag
    FROM (SELECT nth, entry_tag FROM reused ORDER BY nth DESC LIMIT 1) last
    RETURNING head.p - last.nth AS p, signet.signet_now() AS at
  ), appended AS (
    INSERT INTO signet.log (p, tag, id, kind, issuer, key, reason, at, expires_at)
    SELECT moved.p + nth, entry_tag, entry_id, 'session', reused.issuer, sid, 'reused', at,
      at + coalesce(max_life, ${FOREIGN_LIFE_MS}) + ${ENTRY_MARGIN_MS}
    FROM moved CROSS JOIN reused LEFT JOIN signet.issuers ON issuers.issuer = reused.issuer
  )
  SELECT outcome, recovered::text, coalesce(now, signet.signet_now()) AS now,
    floor(date_part('epoch', clock_timestamp()) * 1000)::bigint AS clock,
    ${sessionColumns}
  FROM stepped ORDER BY place`

/** @param notAfter server time in milliseconds after which nothing may be decided any more; undefined: not known yet */
export function rotateValues(
  batch: readonly Presentation[],
  notAfter: number | undefined,
): readonly SqlValue[] {
  const list = (value: (each: Presentation) => string | number | undefined) =>
    arrayParameter(batch.map(value))
  return [
    list(({ sid }) => sid),
    list(({ gen }) => gen),
    list(({ secretHash }) => secretHash),
    list(({ client }) => client),
    list(({ cnf }) => cnf),
    list(({ contextHash }) => contextHash),
    list(({ device }) => device),
    list(({ attempt }) => attempt),
    list(({ macKid }) => macKid),
    list(({ claims }) => claims),
    list(({ policy }) => policy.grace),
    list(({ policy }) => policy.idleLifetime),
    list(({ policy }) => policy.maxReplays),
    list(({ issuer }) => issuer),
    list(({ entryId }) => entryId),
    arrayParameter(newTags(batch.length)),
    notAfter === undefined ? null : String(notAfter),
  ]
}

/** The answer to one presentation; undefined when it came too late to be decided. */
export function decisionOf(row: Row): Decision | undefined {
  if (row.outcome === 'late') return undefined
  return {
    outcome: (row.outcome === 'again' ? 'rotated' : row.outcome) as RotationOutcome,
    row: row.sid === null ? undefined : sessionRow(row),
    recovered: row.recovered === 'true',
    now: Number(row.now),
  }
}
