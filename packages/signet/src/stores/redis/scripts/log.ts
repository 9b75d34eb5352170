/** The scripts of the log and the ring. KEYS of all of them: meta, stream, fleet, ring, bell. */
import { ENTRY_MARGIN_MS } from '../../../revocation/entry.ts'
import { type Script, script } from '../script.ts'
import { ground } from './ground.ts'
import { appending, issuers, logKeys, reading, tail } from './log-ground.ts'

/** What the client's user must be allowed to run, with the arguments that follow a key. */
const rights = `
local RIGHTS = {
  { 'hget', '' }, { 'hmget', '' }, { 'hgetall' }, { 'hset', '', '' }, { 'hsetnx', '', '' }, { 'hdel', '' },
  { 'hkeys' }, { 'hlen' }, { 'zadd', '0', '' }, { 'zrem', '' }, { 'zrange', '0', '0' }, { 'zcard' },
  { 'zcount', '0', '0' }, { 'del' }, { 'xadd', '*', '', '' }, { 'xrange', '-', '+' }, { 'xrevrange', '+', '-' },
  { 'xtrim', 'MINID', '0' },
}`

/**
 * Writes the version of the layout into a store that has none. ARGV: time, version, the name of a key in a shard.
 * Answers the version it has; fails when the user lacks a right that a step would miss half-way.
 */
export const openLog: Script = script(
  ground,
  logKeys,
  rights,
  `
for _, right in ipairs(RIGHTS) do
  for _, key in ipairs({ META, ARGV[3] }) do
    if not redis.acl_check_cmd(right[1], key, unpack(right, 2)) then
      return redis.error_reply("NOPERM its user may not run '" .. right[1] .. "' on the keys of the store")
    end
  end
end
redis.call('HSETNX', META, 'version', ARGV[2])
return redis.call('HGET', META, 'version')`,
)

/** ARGV: time, then for each entry its JSON, the expiry of its token or nothing, and a tag. Answers p, at and expiresAt of each. */
export const appendEntries: Script = script(
  ground,
  logKeys,
  appending,
  `
local now = store_time()
local appended = {}
for place = 2, #ARGV, 3 do
  local p, at, expires_at = append(ARGV[place], ARGV[place + 1], ARGV[place + 2], now)
  appended[#appended + 1] = { p, at, expires_at }
end
ring_bell()
return appended
`,
)

/** ARGV: time, number and tag of a position, limit. */
export const look: Script = script(
  ground,
  logKeys,
  reading,
  issuers,
  tail,
  `
return tail_of(ARGV[2], ARGV[3], ARGV[4])
`,
)

/**
 * ARGV: time, member, number and tag of its position, lease, what it does when stale, limit.
 * Writes the member's record, then answers the tail and the number of members.
 */
export const beat: Script = script(
  ground,
  logKeys,
  reading,
  appending,
  issuers,
  tail,
  `
local _, id, p, tag, max_staleness, on_stale, limit = unpack(ARGV)
local known_p, known_tag = p, tag
-- A member whose position is not in the log begins again.
if state_of(p, tag) ~= 'ok' then known_p, known_tag = '0', '' end

local before = redis.call('HGET', FLEET, id)
local place = known_p .. ':' .. known_tag .. ':'
local beats = before and tonumber(string.match(before, '^[^:]*:[^:]*:(%d+)')) or 0
redis.call('HSET', FLEET, id, place .. int(beats + 1) .. ':' .. max_staleness .. ':' .. on_stale)
-- A receipt may be waiting for this move; a beat that only renews a lease is nobody else's concern.
if not before or string.sub(before, 1, #place) ~= place then ring_bell() end

local reply = tail_of(p, tag, limit)
reply[#reply + 1] = redis.call('HLEN', FLEET)
return reply
`,
)

/** ARGV: time, number and tag of a position. Answers 1 when it is in the log, then id, record and 1 or 0 of each member. */
export const readReceipt: Script = script(
  ground,
  logKeys,
  reading,
  `
local reading = { is_in_log(ARGV[2], ARGV[3]) and 1 or 0 }
local fleet = redis.call('HGETALL', FLEET)
for place = 1, #fleet, 2 do
  local p, tag = string.match(fleet[place + 1], '^([^:]*):([^:]*)')
  reading[#reading + 1] = fleet[place]
  reading[#reading + 1] = fleet[place + 1]
  reading[#reading + 1] = is_in_log(p, tag) and 1 or 0
end
return reading
`,
)

/** ARGV: time, member, the number of beats its record must show or nothing. */
export const removeMember: Script = script(
  ground,
  logKeys,
  `
local record = redis.call('HGET', FLEET, ARGV[2])
local beats = record and string.match(record, '^[^:]*:[^:]*:(%d+)')
if ARGV[3] == '' or beats == ARGV[3] then redis.call('HDEL', FLEET, ARGV[2]) end
return 1
`,
)

/** ARGV: time, issuer, longest life, JSON of the entry, tag. Answers the number of the entry's position when it was raised. */
export const declareIssuer: Script = script(
  ground,
  logKeys,
  appending,
  `
local _, issuer, max_life, entry, tag = unpack(ARGV)
local known = redis.call('HGET', META, 'life:' .. issuer)
if known and tonumber(known) >= tonumber(max_life) then return '' end
redis.call('HSET', META, 'life:' .. issuer, max_life)
if not known then return '' end
-- Any entry will do: the reply that carries it carries the new value, and a receipt can wait for it.
local version = redis.call('HGET', RING, 'version') or '0'
local p = append(string.sub(entry, 1, -2) .. ',"key":"' .. version .. '"}', '', tag, store_time())
ring_bell()
return p
`,
)

/**
 * Compare-and-set of the ring, and the entry that announces it. ARGV: time, expected version, version, public part,
 * sealed part, JSON of the entry, tag. Answers 1 when it was this call.
 */
export const changeRing: Script = script(
  ground,
  logKeys,
  appending,
  `
local _, expected, version, public_part, sealed, entry, tag = unpack(ARGV)
if (redis.call('HGET', RING, 'version') or '0') ~= expected then return 0 end
redis.call('HSET', RING, 'version', version, 'publicPart', public_part, 'sealed', sealed)
append(entry, '', tag, store_time())
ring_bell()
return 1
`,
)

/**
 * Removes expired entries from the front of the log, so that what remains is a suffix. A long-lived one at the front is
 * written again at the end, under its own id, when expired ones wait behind it. ARGV: time, limit, a random text.
 * Answers how many went, the store time, and the longest life of any issuer's tokens.
 */
export const trim: Script = script(
  ground,
  logKeys,
  issuers,
  appending,
  `
local now = store_time()
local longest = 0
local lives = max_lives()
for place = 2, #lives, 2 do
  longest = math.max(longest, tonumber(lives[place]))
end
local function is_over(item)
  return tonumber(string.match(item[2][2], '"expiresAt":(%d+)')) + ${ENTRY_MARGIN_MS} < now
end

local function trim()
  local oldest = redis.call('XRANGE', STREAM, '-', '+', 'COUNT', ARGV[2])
  local last_over, waiting = 0, 0
  for place, item in ipairs(oldest) do
    if is_over(item) then last_over, waiting = place, waiting + 1 end
  end
  -- Moving half of what is read to free the other half would be work without end.
  if waiting == 0 or waiting * 2 <= last_over then return 0 end
  for place = 1, last_over do
    local item = oldest[place]
    if not is_over(item) then
      local tag = string.sub(redis.sha1hex(ARGV[3] .. item[1]), 1, 16)
      put(next_position(now), tag, string.match(item[2][2], '("expiresAt":.*)$'))
    end
  end
  local floor = string.sub(oldest[last_over][1], 1, -3)
  redis.call('HSET', META, 'floor', floor)
  redis.call('XTRIM', STREAM, 'MINID', int(tonumber(floor) + 1) .. '-0')
  return waiting
end

return { trim(), int(now), int(longest) }
`,
)
