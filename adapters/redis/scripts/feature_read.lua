-- KEYS: checkpoint, feature generations. ARGV: history, names of generations.
local generations = redis.pcall("HMGET", KEYS[2], unpack(ARGV, 2))
return generations.err and {} or generations
