-- KEYS: checkpoint, feature generations, names, scratch key, vector, stamp.
-- ARGV: history, something random, symbol or "", date or "".
local GENERATIONS, NAMES, SCRATCH = KEYS[2], KEYS[3], KEYS[4]
local MAX_GENERATIONS = 10000
local generation, symbol, date = ARGV[2], ARGV[3], ARGV[4]

-- After a first write Redis refuses no further one for want of memory.
redis.call("DEL", SCRATCH)

local all = redis.pcall("HGET", GENERATIONS, "*")
local isAll = symbol == "" and date == ""
if isAll or type(all) ~= "string" or redis.call("HLEN", GENERATIONS) > MAX_GENERATIONS then
  redis.call("DEL", GENERATIONS)
  redis.call("HSET", GENERATIONS, "*", generation)
  redis.call("UNLINK", NAMES)
elseif date == "" then
  redis.call("HSET", GENERATIONS, symbol, generation)
elseif symbol == "" then
  redis.call("HSET", GENERATIONS, "@" .. date, generation)
else
  local name = symbol .. ":" .. date
  redis.call("HSET", GENERATIONS, name, generation)
  redis.call("DEL", KEYS[5], KEYS[6])
  redis.pcall("ZREM", NAMES, name)
end
return 1
