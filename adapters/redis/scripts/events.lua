-- KEYS: checkpoint, stream. ARGV: history, first position, limit.
local last = mark and string.match(mark, ":(%d+):%d+$")
local found = last and redis.pcall("XRANGE", KEYS[2], ARGV[2], last, "COUNT", ARGV[3]) or {}
if found.err then found = {} end
return { mark, found }
