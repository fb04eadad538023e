-- KEYS: checkpoint, counter, block. ARGV: nothing, as any history will do.
local at = whole(redis.pcall("GET", KEYS[2]))
local limit = whole(redis.pcall("HGET", KEYS[3], "limit"))
return math.max(at or 0, limit or 0)
