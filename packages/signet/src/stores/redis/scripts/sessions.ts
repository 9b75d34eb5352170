/** What the scripts about sessions share: their rows, the keys around them, and how one ends. */
import { HISTORY_LENGTH } from '../../../sessions/history.ts'
import { sessionFields } from '../session-fields.ts'

/** GEN, ROTATED_AT ...: the places of the fields in a row. */
const constants = sessionFields.map((field) =>
  field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase(),
)

/** How a row is read, with the places of its fields as constants. */
export const rows: string = `
local ${constants.join(', ')} = ${constants.map((_, place) => place + 1).join(', ')}
local FIELDS = { ${sessionFields.map((field) => `'${field}'`).join(', ')} }

-- The fields of a session in that order; false when there is none.
local function read_session(key)
  local row = redis.call('HMGET', key, ${sessionFields.map((field) => `'${field}'`).join(', ')})
  return row[GEN] and row
end

-- Changes fields, given as places and texts, in the store and in the row at hand alike.
local function change(key, row, ...)
  local written = { ... }
  for at = 1, #written, 2 do
    row[written[at]] = written[at + 1]
    written[at] = FIELDS[written[at]]
  end
  redis.call('HSET', key, unpack(written))
end

-- A row as one text: a client is faster at one string than at twenty. No field holds a NUL.
local function packed(row)
  return table.concat(row, '\\0')
end

local function cut_of(register)
  return tonumber(redis.call('HGET', register, 'cut') or '0')
end

-- Whether the session would still rotate.
local function is_live(row, cut, now)
  return row[REVOKED_AT] == '' and tonumber(row[EPOCH]) >= cut
    and now < tonumber(row[IDLE_AT]) and now < tonumber(row[ABSOLUTE_AT])
end`

/** How an event enters the history of a session: `remember` of sessions/history.ts, with its numbers as texts. */
export const history: string = `
local function remember(history, mark, at, gen, note)
  local find = string.find
  local stop = 0
  for _ = 1, ${HISTORY_LENGTH - 1} do
    local next = find(history, '\\n', stop + 1, true)
    if not next then
      stop = #history
      break
    end
    stop = next
  end
  return mark .. ' ' .. at .. ' ' .. gen .. ' ' .. note .. '\\n' .. string.sub(history, 1, stop)
end`

/** Where things lie around a session or a register: found from its own key, in whose slot all of it is. */
export const places: string = `
-- 'p{s:ab}:' of any key of the shard.
local function shard_of(key)
  return (string.match(key, '^.-{s:%x%x}:'))
end
local function sid_of(session_key)
  return string.sub(session_key, -38)
end
local function hs_of(sid)
  return string.sub(sid, 1, 16)
end`

/** How a session ends. */
export const ending: string = `
-- Takes an ended session out of its subject's list, and lets the sweep find it early.
local function retire(key, now)
  local shard, sid = shard_of(key), sid_of(key)
  redis.call('ZREM', shard .. 'i:' .. hs_of(sid), sid)
  redis.call('ZADD', shard .. 'e', int(now), sid)
end

-- Ends a session that has not been ended before: the first reason is the one to tell.
local function end_session(key, row, note, now)
  if row[REVOKED_AT] ~= '' then return end
  local at = int(now)
  change(key, row, REVOKED_AT, at, HISTORY, remember(row[HISTORY], 'x', at, row[GEN], note))
  retire(key, now)
end

-- The entry of a session as JSON, as it waits in the box.
local function session_entry(id, issuer, sid, reason)
  return '{"id":' .. cjson.encode(id) .. ',"kind":"session","issuer":' .. cjson.encode(issuer)
    .. ',"key":' .. cjson.encode(sid) .. ',"reason":' .. cjson.encode(reason) .. '}'
end

local function put_in_box(key, id, entry)
  redis.call('HSET', shard_of(key) .. 'box', id, entry)
end`

/** The register of a subject: what orders its logins and log-outs. */
export const registers: string = `
local function register_of(key)
  local register = redis.call('HMGET', key, 'stamp', 'cut')
  return tonumber(register[1] or '0'), tonumber(register[2] or '0')
end

-- Writes the register, which must outlive every session born under it; \`needed_until\` is a store time.
local function write_register(key, stamp, cut, needed_until)
  redis.call('HSET', key, 'stamp', int(stamp), 'cut', int(cut))
  redis.call('ZADD', shard_of(key) .. 'r', 'GT', int(math.max(stamp, needed_until)), string.sub(key, -16))
end

-- The stamp of a birth, written back: births and log-outs are ordered by the register alone, and the clock is a floor
-- that keeps a lost register from repeating itself.
local function stamp_subject(key, now, needed_until)
  local stamp, cut = register_of(key)
  local epoch = math.max(stamp, now)
  write_register(key, epoch, cut, needed_until)
  return epoch, cut
end`
