/** What every script stands on. */

/**
 * The first argument of every script is the time, empty outside tests. Numbers become text by `int` alone: Lua's own way
 * turns 1795451185000123 into 1.7954511850001e+15.
 */
export const ground: string = `
local function int(number)
  return string.format('%.0f', number)
end

-- Store time in milliseconds.
local function store_time()
  if ARGV[1] ~= '' then return tonumber(ARGV[1]) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end`
