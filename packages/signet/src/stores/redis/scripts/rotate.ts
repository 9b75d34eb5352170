/** `decide` of sessions/rotation.ts, rule by rule, and what it says carried out. */

import { MAX_LOST_GENERATIONS } from '../../../sessions/rotation.ts'
import { type Script, script } from '../script.ts'
import { ground } from './ground.ts'
import { ending, history, places, rows } from './sessions.ts'

/**
 * KEYS: the session, its subject's register.
 * Answers one text, NUL between its parts: the outcome, '1' when the store was behind the token, the store time, the
 * fields of the row where there is one, and of a reuse the entry, which then stands in the box.
 */
export const rotate: Script = script(
  ground,
  rows,
  history,
  places,
  ending,
  `
local _, gen_text, secret_hash, client, cnf, context, device, attempt, mac_kid, claims, grace, idle, cap, issuer, entry_id =
  unpack(ARGV)
local row = read_session(KEYS[1])
local now = store_time()
local at = int(now)
if not row then return 'unknown\\0\\0' .. at end

local function answer(outcome, recovered)
  return outcome .. '\\0' .. (recovered and '1' or '') .. '\\0' .. at .. '\\0' .. packed(row)
end
-- The device that presents a token is noted when it is another than before.
local function remembered(mark)
  local note = device
  if context == row[CONTEXT_HASH] then note = '' end
  return remember(row[HISTORY], mark, at, gen_text, note)
end

local gen, current = tonumber(gen_text), tonumber(row[GEN])
local absolute_at = tonumber(row[ABSOLUTE_AT])
local is_foreign = secret_hash ~= row[SECRET_HASH]
  or gen > current + ${MAX_LOST_GENERATIONS}
  or ((row[CLIENT] ~= '' or row[CNF] ~= '') and (client ~= row[CLIENT] or cnf ~= row[CNF]))
if is_foreign then return answer('unknown') end
if row[REVOKED_AT] ~= '' then return answer('revoked') end
if tonumber(row[EPOCH]) < cut_of(KEYS[2]) then return answer('revoked') end
if now >= absolute_at or now >= tonumber(row[IDLE_AT]) then return answer('expired') end
if attempt == row[ATTEMPT] and gen == current - 1 then return answer('rotated') end

if gen >= current then
  local is_ahead = gen > current
  local replaced = claims == '' and row[CLAIMS] or string.sub(claims, 2)
  change(KEYS[1], row, HISTORY, remembered(is_ahead and 'c' or 'n'), GEN, int(gen + 1), ROTATED_AT, at, REPLAYS, '0',
    ATTEMPT, attempt, CONTEXT_HASH, context, MAC_KID, mac_kid, CLAIMS, replaced,
    IDLE_AT, int(math.min(now + idle, absolute_at)))
  return answer('rotated', is_ahead)
end

grace = tonumber(grace)
if grace > 0 and math.max(0, now - row[ROTATED_AT]) <= grace then
  local same_context = row[CONTEXT_HASH] == '' or context == '' or context == row[CONTEXT_HASH]
  local replays = tonumber(row[REPLAYS])
  if gen ~= current - 1 or not same_context or replays >= tonumber(cap) then return answer('superseded') end
  -- Only the first repeat is remembered: a hundred tabs must not push out what happened before them.
  local events = replays == 0 and remembered('r') or row[HISTORY]
  change(KEYS[1], row, REPLAYS, int(replays + 1), HISTORY, events)
  return answer('repeated')
end

change(KEYS[1], row, REVOKED_AT, at, HISTORY, remembered('u'))
retire(KEYS[1], now)
local entry = session_entry(entry_id, issuer, sid_of(KEYS[1]), 'reused')
put_in_box(KEYS[1], entry_id, entry)
return answer('reused') .. '\\0' .. entry`,
)
