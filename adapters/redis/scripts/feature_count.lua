-- KEYS: checkpoint, names. ARGV: history, now.
local count = redis.pcall("ZCOUNT", KEYS[2], "(" .. ARGV[2], "+inf")
return type(count) == "number" and count or 0
