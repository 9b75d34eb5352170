/** The scripts that change state for a revocation, and put its entry into the box in the same step. */
import { type Script, script } from '../script.ts'
import { ground } from './ground.ts'
import { ending, history, places, registers, rows } from './sessions.ts'

/** KEYS: the session. ARGV: time, id and JSON of the entry, note for its history. The entry is written at every repeat. */
export const revokeSession: Script = script(
  ground,
  rows,
  history,
  places,
  ending,
  `
local _, id, entry, note = unpack(ARGV)
local row = read_session(KEYS[1])
if row then end_session(KEYS[1], row, note, store_time()) end
put_in_box(KEYS[1], id, entry)
return { entry }
`,
)

/**
 * KEYS: the register and, where one session is to go on, that session. ARGV: time, id and JSON of the entry.
 * Answers the entry with its epoch, or nothing when the session to keep is not there; then nothing has changed.
 */
export const revokeSubject: Script = script(
  ground,
  rows,
  places,
  ending,
  registers,
  `
local _, id, entry = unpack(ARGV)
local register, kept_key = KEYS[1], KEYS[2]
local now = store_time()
local stamp, cut = register_of(register)
local kept
if kept_key then
  kept = read_session(kept_key)
  if not kept or not is_live(kept, cut, now) then return {} end
end

-- One more than every stamp given out before: what was born in this very millisecond is older, too.
local epoch = math.max(stamp + 1, now)
write_register(register, epoch, epoch, epoch)

-- All other sessions are over by their epochs; the list keeps only what can live.
local index = shard_of(register) .. 'i:' .. string.sub(register, -16)
redis.call('DEL', index)
if kept then
  change(kept_key, kept, EPOCH, int(epoch))
  redis.call('ZADD', index, kept[BORN_AT], sid_of(kept_key))
end
entry = string.sub(entry, 1, -2) .. ',"epoch":' .. int(epoch) .. '}'
put_in_box(register, id, entry)
return { entry }
`,
)

/** KEYS: the register. ARGV: time, id and JSON of an entry the store has lost, its epoch. Raises the register to it at least. */
export const reofferSubject: Script = script(
  ground,
  places,
  registers,
  `
local _, id, entry, epoch = unpack(ARGV)
local stamp, cut = register_of(KEYS[1])
epoch = tonumber(epoch)
write_register(KEYS[1], math.max(stamp, epoch), math.max(cut, epoch), 0)
redis.call('HSET', shard_of(KEYS[1]) .. 'box', id, entry)
return { entry }
`,
)

/** KEYS: the session. ARGV: time, generation, attempt. Answers 1 when its grace has begun again. */
export const undelivered: Script = script(
  ground,
  rows,
  `
local _, gen, attempt = unpack(ARGV)
local row = read_session(KEYS[1])
local is_last = row and tonumber(row[GEN]) == gen + 1 and row[ATTEMPT] == attempt
if not is_last or row[REVOKED_AT] ~= '' then return 0 end
change(KEYS[1], row, ROTATED_AT, int(store_time()))
return 1
`,
)
