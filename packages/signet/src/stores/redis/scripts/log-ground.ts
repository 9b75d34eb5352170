/** What the scripts about the log share. KEYS of all of them: meta, stream, fleet, ring, bell. */
import { ENTRY_MARGIN_MS, FOREIGN_LIFE_MS } from '../../../revocation/entry.ts'

export const logKeys: string = `
local META, STREAM, FLEET, RING, BELL = unpack(KEYS)`

/**
 * How the log grows. An entry of the stream is one text: its JSON, which begins with its position and its expiry. A
 * follower that joins reads a million of them, so reading must be no more than putting texts in a row.
 */
export const appending: string = `
local function next_position(now)
  return math.max(tonumber(redis.call('HGET', META, 'p') or '0') + 1, now)
end

-- Puts an entry at a position; \`rest\` is its JSON from the expiry on.
local function put(p, tag, rest)
  local text = int(p)
  redis.call('XADD', STREAM, text .. '-0', 'e', '{"position":{"p":' .. text .. ',"tag":"' .. tag .. '"},' .. rest)
  redis.call('HSET', META, 'p', text, 'tag', tag)
end

-- Wakes whoever watches. The bell holds one ring, and its numbers grow by themselves.
local function ring_bell()
  redis.call('XADD', BELL, 'MAXLEN', 1, '*', 'r', '')
end

-- Appends an entry, given as JSON, and answers p, at and expiresAt.
local function append(entry, token_expires_at, tag, now)
  local max_life = redis.call('HGET', META, 'life:' .. cjson.decode(entry).issuer)
  local end_of_tokens = tonumber(token_expires_at) or now + tonumber(max_life or '${FOREIGN_LIFE_MS}')
  local expires_at = int(end_of_tokens + ${ENTRY_MARGIN_MS})
  local p = next_position(now)
  put(p, tag, '"expiresAt":' .. expires_at .. ',"at":' .. int(now) .. ',' .. string.sub(entry, 2))
  return int(p), int(now), expires_at
end`

export const reading: string = `
-- The head counts as in the log even when trimming has removed its entry, and so does the origin.
local function is_in_log(p, tag)
  if p == '0' then return true end
  local head = redis.call('HMGET', META, 'p', 'tag')
  if head[1] == p and head[2] == tag then return true end
  local found = redis.call('XRANGE', STREAM, p .. '-0', p .. '-0')[1]
  return found ~= nil and string.match(found[2][2], '"tag":"(%x*)"') == tag
end

local function state_of(p, tag)
  if is_in_log(p, tag) then return 'ok' end
  if tonumber(p) <= tonumber(redis.call('HGET', META, 'floor') or '0') then return 'resync' end
  return 'diverged'
end`

/** The issuers, each with the longest life of its tokens after it. */
export const issuers: string = `
local function max_lives()
  local lives = {}
  local meta = redis.call('HGETALL', META)
  for place = 1, #meta, 2 do
    if string.sub(meta[place], 1, 5) == 'life:' then
      lives[#lives + 1], lives[#lives + 2] = string.sub(meta[place], 6), meta[place + 1]
    end
  end
  return lives
end`

/** What a follower has not applied yet. */
export const tail: string = `
-- All entries as one JSON text: the driver hands over one string and we parse once, however many there are.
local function entries_after(p, limit)
  local texts = redis.call('XRANGE', STREAM, '(' .. p .. '-0', '+', 'COUNT', limit)
  for place, item in ipairs(texts) do
    texts[place] = item[2][2]
  end
  return '[' .. table.concat(texts, ',') .. ']'
end

-- State, head, ring version, entries, issuers.
local function tail_of(p, tag, limit)
  local state = state_of(p, tag)
  local head = redis.call('HMGET', META, 'p', 'tag')
  local ring_version = redis.call('HGET', RING, 'version') or '0'
  local entries = entries_after(state == 'ok' and p or '0', limit)
  return { state, head[1] or '0', head[2] or '', ring_version, entries, max_lives() }
end`
