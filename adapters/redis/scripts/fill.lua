-- KEYS: checkpoint, then by document: token, key, scratch key.
-- ARGV: history, generation, then by document: token, version, text, and how
-- many parts it has, each with key, scratch key, text; a text that is empty
-- lies under the scratch key. A part without that either has no value.
local generation, position
if mark then
  generation, position = string.match(mark, "^1:[^:]*:([^:]*):(%d+):%d+$")
  position = tonumber(position)
end

local function holds_newer(key, version)
  local head = redis.pcall("GETRANGE", key, 0, 127)
  if type(head) ~= "string" then return false end
  local held, of = string.match(head, '^{"version":(%d+),"gen":"([^"]*)",')
  held = tonumber(held)
  return held and of == generation and held > version and held <= position
end

local function put(key, scratch, text)
  if text ~= "" then
    redis.call("SET", key, text)
  elseif scratch ~= "" and redis.call("EXISTS", scratch) == 1 then
    redis.call("RENAME", scratch, key)
    redis.call("PERSIST", key)
  else
    return false
  end
  return true
end

local at = 2
local function take()
  at = at + 1
  return ARGV[at]
end

local kept = 0
for i = 0, (#KEYS - 1) / 3 - 1 do
  local token, key, scratch = KEYS[3 * i + 2], KEYS[3 * i + 3], KEYS[3 * i + 4]
  local expected, version, text = take(), tonumber(take()), take()
  local is_kept = false
  if redis.pcall("GET", token) == expected then
    if generation == ARGV[2] and version <= position and not holds_newer(key, version) then
      -- The value first: where there is no memory nothing is done at all.
      is_kept = put(key, scratch, text)
      if is_kept then kept = kept + 1 end
    end
    redis.call("DEL", token)
  end
  if text == "" then redis.call("DEL", scratch) end
  for _ = 1, tonumber(take()) do
    local part, part_scratch, part_text = take(), take(), take()
    if is_kept and not put(part, part_scratch, part_text) then
      redis.call("UNLINK", part)
    end
    if part_scratch ~= "" then redis.call("DEL", part_scratch) end
  end
end
return kept
