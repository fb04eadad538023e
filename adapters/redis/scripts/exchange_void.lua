-- KEYS: checkpoint, token, everything of the account. ARGV: history.
-- Without its token nothing is filled. Deleting needs no memory.
redis.call("DEL", unpack(KEYS, 2))
return "OK"
