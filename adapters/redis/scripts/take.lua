-- KEYS: checkpoint, tokens. ARGV: history, what to put there.
local taken = {}
for i = 2, #KEYS do
  local ok = redis.call("SET", KEYS[i], ARGV[i], "NX", "PX", 10000)
  if not ok and redis.call("PTTL", KEYS[i]) < 0 then
    -- Ours expire: this is something else.
    ok = redis.call("SET", KEYS[i], ARGV[i], "PX", 10000)
  end
  if ok then taken[#taken + 1] = i - 2 end
end
return taken
