-- KEYS: checkpoint, changes, stream, feature generations, scratch key.
-- ARGV: history, from, to, settings position of from, position of to, then four
-- lists, each after its length; see drain.ts.
local CHANGES, STREAM, FEATURES, SCRATCH = KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local MAX_CHANGES, MAX_ENTRIES, MAX_FEATURES = 1000, 10000, 10000
local from, to, from_set, position = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local at = 5
local function take()
  at = at + 1
  return ARGV[at]
end

if mark ~= from then return { 0, mark } end

-- After a first write Redis refuses no further one for want of memory.
redis.call("DEL", SCRATCH)

local changes = tonumber(take())
if changes > 0 then
  -- The member without a name marks from where on names are complete.
  local floor = redis.pcall("ZSCORE", CHANGES, "")
  if type(floor) ~= "string" then
    redis.call("DEL", CHANGES)
    redis.call("ZADD", CHANGES, from_set, "")
  end
  for _ = 1, changes do
    local key, token, changed_at, text = take(), take(), take(), take()
    redis.call("DEL", token)
    local is_kept = false
    if text == "" then
      redis.call("UNLINK", key)
    else
      is_kept = redis.call("SET", key, text, "XX")
    end
    for _ = 1, tonumber(take()) do
      local part, part_text = take(), take()
      if is_kept and part_text ~= "" then
        redis.call("SET", part, part_text)
      else
        redis.call("UNLINK", part)
      end
    end
    redis.call("ZADD", CHANGES, changed_at, key)
  end
  local excess = redis.call("ZCARD", CHANGES) - 1 - MAX_CHANGES
  if excess > 0 then
    local last = redis.call("ZRANGE", CHANGES, excess, excess, "WITHSCORES")
    redis.call("ZREMRANGEBYRANK", CHANGES, 0, excess)
    redis.call("ZADD", CHANGES, last[2], "")
  end
end

local voided = tonumber(take())
if voided > 0 then
  local all = redis.pcall("HGET", FEATURES, "*")
  if type(all) ~= "string" or redis.call("HLEN", FEATURES) > MAX_FEATURES then
    redis.call("DEL", FEATURES)
    redis.call("HSET", FEATURES, "*", to)
  end
  for _ = 1, voided do
    local symbol, date = take(), take()
    if symbol ~= "" and date ~= "" then
      local name = symbol .. ":" .. date
      redis.call("HSET", FEATURES, name, position)
      redis.call("DEL", "features:" .. name, "hf:feature:" .. name)
    elseif symbol ~= "" then
      redis.call("HSET", FEATURES, symbol, position)
    elseif date ~= "" then
      redis.call("HSET", FEATURES, "@" .. date, position)
    else
      redis.call("DEL", FEATURES)
      redis.call("HSET", FEATURES, "*", to)
    end
  end
end

for _ = 1, tonumber(take()) do redis.call("DEL", take()) end

for _ = 1, tonumber(take()) do
  local channel, message, id, fields = take(), take(), take(), tonumber(take())
  local entry = { "XADD", STREAM, "MAXLEN", "~", MAX_ENTRIES, id }
  for i = 1, fields do entry[6 + i] = take() end
  local added = redis.pcall(unpack(entry))
  if type(added) == "table" then
    -- It is something else, or reaches beyond this entry: it is not ours.
    redis.call("DEL", STREAM)
    redis.call(unpack(entry))
  end
  -- Whoever may not publish there does not keep the log from going on.
  redis.pcall("PUBLISH", channel, message)
end

redis.call("SET", KEYS[1], to)
return { 1, to }
