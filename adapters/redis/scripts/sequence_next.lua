-- KEYS: checkpoint, scratch key, then by series: counter, block.
-- ARGV: history, generation, then by series: least, most.
-- Gives by series: first and last; or 0, the highest known, and a permit.
if generation ~= ARGV[2] then return "fenced" end

-- After a first write Redis refuses no further one for want of memory.
redis.call("DEL", KEYS[2])

-- A field of the block; a fence and an installed block remove all of them.
local function new_permit(block, limit)
  local asked = redis.pcall("HINCRBY", block, "asked", 1)
  if type(asked) == "table" or asked > 32 then
    -- It is not ours, or nobody has used the permits.
    redis.call("DEL", block)
    asked = redis.call("HINCRBY", block, "asked", 1)
    redis.call("HSET", block, "limit", limit)
  end
  local now = redis.call("TIME")
  local permit = now[1] .. "." .. now[2] .. "." .. asked
  redis.call("HSET", block, "permit:" .. permit, 1)
  redis.call("EXPIRE", block, TTL)
  return permit
end

local answers = {}
for i = 1, (#KEYS - 2) / 2 do
  local counter, block = KEYS[2 * i + 1], KEYS[2 * i + 2]
  local least, most = tonumber(ARGV[2 * i + 1]), tonumber(ARGV[2 * i + 2])
  local held = redis.pcall("HMGET", block, "history", "gen", "last", "limit")
  local last, limit = whole(held[3]), whole(held[4])
  local at = whole(redis.pcall("GET", counter))
  local left = 0
  -- A counter below the last number was set back; above it others have counted.
  if held[1] == ARGV[1] and held[2] == generation and at and last and limit and at >= last then
    left = limit - at
  end
  if left >= least then
    local taken = math.min(left, most)
    redis.call("INCRBY", counter, taken)
    redis.call("HSET", block, "last", at + taken)
    answers[i] = { at + 1, at + taken }
  else
    answers[i] = { 0, math.max(at or 0, limit or 0), new_permit(block, limit or 0) }
  end
end
return answers
