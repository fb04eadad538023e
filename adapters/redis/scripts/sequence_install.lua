-- KEYS: checkpoint, counter, block.
-- ARGV: history, generation, permit, first, last.
if generation ~= ARGV[2] then return "fenced" end
local counter, block = KEYS[2], KEYS[3]
local before = tonumber(ARGV[4]) - 1
if redis.pcall("HEXISTS", block, "permit:" .. ARGV[3]) ~= 1 then return 0 end
if (whole(redis.pcall("GET", counter)) or 0) > before then return 0 end
redis.call("DEL", block)
redis.call("HSET", block, "history", ARGV[1], "gen", generation, "last", before, "limit", ARGV[5])
redis.call("EXPIRE", block, TTL)
redis.call("SET", counter, before, "EX", TTL)
return 1
