/** The scripts that read sessions, and the one that deletes them. */
import { type Script, script } from '../script.ts'
import { ground } from './ground.ts'
import { places, rows } from './sessions.ts'

/** KEYS: the session, its subject's register. Answers the row and the cut, or nothing. */
export const getSession: Script = script(
  ground,
  rows,
  `
local row = read_session(KEYS[1])
if not row then return {} end
return { packed(row), int(cut_of(KEYS[2])) }
`,
)

/**
 * KEYS: the register. ARGV: time, the session id the page before ended with or nothing, limit.
 * Answers '1' when there are more, then id and row of each live session, oldest first.
 */
export const listSessions: Script = script(
  ground,
  rows,
  places,
  `
local _, after, limit = unpack(ARGV)
local register, shard = KEYS[1], shard_of(KEYS[1])
local now, cut = store_time(), cut_of(register)
local index = shard .. 'i:' .. string.sub(register, -16)

-- The page before may have ended with a session that has itself ended since: its birth says where it stood.
local born_after = after ~= '' and redis.call('HGET', shard .. 's:' .. after, 'bornAt')
local page = { '' }
local sids = redis.call('ZRANGE', index, born_after or '-inf', '+inf', 'BYSCORE')
for _, sid in ipairs(sids) do
  local row = read_session(shard .. 's:' .. sid)
  local is_seen = born_after and row and row[BORN_AT] == born_after and sid <= after
  if row and not is_seen and is_live(row, cut, now) then
    if #page > limit * 2 then
      page[1] = '1'
      break
    end
    page[#page + 1] = sid
    page[#page + 1] = packed(row)
  end
end
return page
`,
)

/**
 * KEYS: the ends of a shard, its box. ARGV: time, how long after its end a session is kept, limit.
 * Answers how many sessions and registers went.
 */
export const sweepShard: Script = script(
  ground,
  places,
  `
local _, keep, limit = unpack(ARGV)
local ends, shard = KEYS[1], shard_of(KEYS[1])
-- An entry that is still on its way may be about what would go.
if redis.call('HLEN', KEYS[2]) > 0 then return 0 end
local before = store_time() - keep
local gone = 0

-- Rotation does not write the index: where a session stands in it is the earliest it can have ended.
for _, sid in ipairs(redis.call('ZRANGE', ends, '-inf', '(' .. int(before), 'BYSCORE', 'LIMIT', 0, limit)) do
  local key = shard .. 's:' .. sid
  local row = redis.call('HMGET', key, 'revokedAt', 'idleAt')
  local idle_at = tonumber(row[2] or '0')
  local ended_at = math.min(tonumber(row[1] or '') or idle_at, idle_at)
  if ended_at < before then
    redis.call('DEL', key)
    redis.call('ZREM', ends, sid)
    redis.call('ZREM', shard .. 'i:' .. hs_of(sid), sid)
    gone = gone + 1
  else
    redis.call('ZADD', ends, int(ended_at), sid)
  end
end

-- A register goes when every session born under it is over by its own times.
local registers = shard .. 'r'
for _, hs in ipairs(redis.call('ZRANGE', registers, '-inf', '(' .. int(before), 'BYSCORE', 'LIMIT', 0, limit - gone)) do
  redis.call('DEL', shard .. 'u:' .. hs)
  redis.call('ZREM', registers, hs)
  gone = gone + 1
end
return gone
`,
)
