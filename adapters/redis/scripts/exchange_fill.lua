-- KEYS: checkpoint, token, what was asked for, who asks.
-- ARGV: history, token, end of life on the server's clock, most of it, what to keep.
if redis.pcall("GET", KEYS[2]) ~= ARGV[2] then return 0 end
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- The call may have been under way for long.
local left = math.min(tonumber(ARGV[3]) - now, tonumber(ARGV[4]))
if left < 1 then return 0 end
-- Where there is no memory, this fails and nothing is done.
redis.call("SET", KEYS[3], ARGV[5], "PX", math.floor(left))
redis.call("DEL", KEYS[4])
return 1
