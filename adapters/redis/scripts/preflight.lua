-- Does once, on keys that hold nothing, everything that the other scripts do.
-- KEYS: a key of each kind that they touch, the first one a scratch key.
redis.call("INFO", "replication")
for i = 1, #KEYS do
  redis.call("DEL", KEYS[i])
  redis.call("GETRANGE", KEYS[i], 0, 1)
end
local key = KEYS[1]
redis.call("SET", key, "1", "PX", 1000)
redis.call("GET", key)
redis.call("EXISTS", key)
redis.call("PTTL", key)
redis.call("PERSIST", key)
redis.call("RENAME", key, KEYS[2])
redis.call("UNLINK", KEYS[2])
redis.call("ZADD", key, 1, "a")
redis.call("ZSCORE", key, "a")
redis.call("ZCARD", key)
redis.call("ZRANGE", key, 0, 0, "WITHSCORES")
redis.call("ZRANGEBYSCORE", key, "(1", "+inf")
redis.call("ZREMRANGEBYRANK", key, 0, 0)
redis.call("HSET", key, "a", "1")
redis.call("HGET", key, "a")
redis.call("HLEN", key)
redis.call("DEL", key)
redis.call("XADD", key, "MAXLEN", "~", 1, "1-0", "a", "1")
redis.call("XRANGE", key, "1", "1", "COUNT", 1)
redis.call("DEL", key)
return 1
