-- KEYS: checkpoint, changes, stream, feature generations, scratch key.
-- ARGV: history, what stands there, to, settings position of to.
if (mark or "") ~= ARGV[2] then return { 0, mark } end
redis.call("DEL", KEYS[5])
redis.call("UNLINK", KEYS[2], KEYS[3], KEYS[4])
redis.call("ZADD", KEYS[2], ARGV[4], "")
redis.call("HSET", KEYS[4], "*", ARGV[3])
redis.call("SET", KEYS[1], ARGV[3])
return { 1, ARGV[3] }
