-- KEYS: checkpoint, feature generations, names, then by vector: vector, stamp.
-- ARGV: history, something random, now, then by vector: symbol, date, generation,
-- time to live, end of it, vector, stamp.
local GENERATIONS, NAMES = KEYS[2], KEYS[3]
local MAX_SWEPT = 200
local now = ARGV[3]

local all = redis.pcall("HGET", GENERATIONS, "*")
if type(all) ~= "string" then
  -- What has been void is lost: it can be known from here on only.
  redis.call("DEL", GENERATIONS)
  redis.call("HSET", GENERATIONS, "*", ARGV[2])
  return 0
end

local names, longest = {}, 0
for i = 1, (#KEYS - 3) / 2 do
  local at = 7 * i - 3
  local symbol, date, generation, ttl = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local name = symbol .. ":" .. date
  local by = redis.call("HMGET", GENERATIONS, symbol, "@" .. date, name)
  local current = { all, by[1] or "", by[2] or "", by[3] or "" }
  if table.concat(current, "|") == generation then
    -- Where there is no memory, the first of these fails and nothing is done.
    redis.call("SET", KEYS[2 * i + 2], ARGV[at + 5], "PX", ttl)
    redis.call("SET", KEYS[2 * i + 3], ARGV[at + 6], "PX", ttl)
    names[#names + 1] = ARGV[at + 4]
    names[#names + 1] = name
    longest = math.max(longest, tonumber(ttl))
  end
end
if #names == 0 then return 0 end

if type(redis.pcall("ZCARD", NAMES)) ~= "number" then redis.call("DEL", NAMES) end
local past = redis.call("ZRANGEBYSCORE", NAMES, "-inf", now, "LIMIT", 0, MAX_SWEPT)
if #past > 0 then redis.call("ZREM", NAMES, unpack(past)) end
redis.call("ZADD", NAMES, unpack(names))
if redis.call("PTTL", NAMES) < longest then redis.call("PEXPIRE", NAMES, longest) end
return #names / 2
