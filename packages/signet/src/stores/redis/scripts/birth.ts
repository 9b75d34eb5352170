/** The scripts of births: of a session, and of a token without one. */
import { type Script, script } from '../script.ts'
import { ground } from './ground.ts'
import { ending, history, places, registers, rows } from './sessions.ts'

/**
 * KEYS: the session, its subject's register. ARGV: time, lifetimes, limit, issuer, then the fields that are given.
 * Answers the row, then ids and entries of the sessions that had to make room, which then stand in the box.
 */
export const createSession: Script = script(
  ground,
  rows,
  history,
  places,
  ending,
  registers,
  `
local _, idle_lifetime, absolute_lifetime, max_per_subject, issuer = unpack(ARGV)
local key = KEYS[1]
local sid, shard = sid_of(key), shard_of(key)
local index = shard .. 'i:' .. hs_of(sid)

-- Sent again by a driver: what has been born, and may have rotated since, stays as it is.
local known = read_session(key)
if known then return { packed(known) } end

local now = store_time()
local absolute_at = now + tonumber(absolute_lifetime)
local epoch, cut = stamp_subject(KEYS[2], now, absolute_at)

-- Revokes the longest unused sessions until one more fits. Eviction is a revocation: their access tokens die, too.
local function make_room()
  local max = tonumber(max_per_subject)
  if redis.call('ZCARD', index) < max then return {} end
  local live = {}
  for age, other in ipairs(redis.call('ZRANGE', index, 0, -1)) do
    local row = read_session(shard .. 's:' .. other)
    if row and is_live(row, cut, now) then
      live[#live + 1] = { sid = other, row = row, used = tonumber(row[ROTATED_AT]), age = age }
    end
  end
  table.sort(live, function(a, b)
    if a.used ~= b.used then return a.used < b.used end
    return a.age < b.age
  end)
  local entries = {}
  for place = 1, #live - max + 1 do
    local other = live[place]
    end_session(shard .. 's:' .. other.sid, other.row, 'too many sessions', now)
    -- Derived, so that the entry of a repeated step is the same.
    local id = sid .. '>' .. other.sid
    local entry = session_entry(id, issuer, other.sid, 'too many sessions')
    put_in_box(key, id, entry)
    entries[#entries + 1] = id
    entries[#entries + 1] = entry
  end
  return entries
end

local evicted = make_room()
redis.call('HSET', key, 'gen', '0', 'rotatedAt', int(now), 'replays', '0', 'revokedAt', '', 'history', '',
  'epoch', int(epoch), 'bornAt', int(now), 'absoluteAt', int(absolute_at),
  'idleAt', int(math.min(now + tonumber(idle_lifetime), absolute_at)), unpack(ARGV, 6))
redis.call('ZADD', index, int(now), sid)
redis.call('ZADD', shard .. 'e', redis.call('HGET', key, 'idleAt'), sid)
return { packed(read_session(key)), unpack(evicted) }
`,
)

/** KEYS: the register. Answers the stamp and the store time. */
export const stampSubject: Script = script(
  ground,
  places,
  registers,
  `
local now = store_time()
local epoch = stamp_subject(KEYS[1], now, now)
return { int(epoch), int(now) }
`,
)
