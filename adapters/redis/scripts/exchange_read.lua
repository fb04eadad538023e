-- KEYS: checkpoint, token, what is asked for, who asks, everything of the account.
-- ARGV: history, something random, how long a token and a question are
-- remembered, most characters. A token names the history: what lies beside one
-- of another has perhaps been invalidated there.
local TOKEN, VALUE, ASKED = KEYS[2], KEYS[3], KEYS[4]
local history, token_ms, asked_ms, most = ARGV[1], ARGV[3], ARGV[4], tonumber(ARGV[5])

local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local token = redis.pcall("GET", TOKEN)
if type(token) ~= "string" or string.sub(token, 1, #history + 1) ~= history .. ":" then
  token = history .. ":" .. ARGV[2]
  redis.call("DEL", ASKED, unpack(KEYS, 5))
  redis.call("SET", TOKEN, token, "PX", token_ms)
else
  local size = redis.pcall("STRLEN", VALUE)
  if type(size) == "number" and size > 0 and size <= most then
    return { token, now, 0, redis.call("GET", VALUE), redis.call("PTTL", VALUE) }
  end
  redis.call("PEXPIRE", TOKEN, token_ms)
end
local is_first = redis.call("SET", ASKED, "1", "NX", "PX", asked_ms)
return { token, now, is_first and 0 or 1 }
