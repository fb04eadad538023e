-- KEYS: checkpoint, then by document: token, key, scratch key.
-- ARGV: history, generation, then by document: token, version, text; a text
-- that is empty lies under the scratch key.
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

local kept = 0
for i = 0, (#KEYS - 1) / 3 - 1 do
  local token, key, scratch = KEYS[3 * i + 2], KEYS[3 * i + 3], KEYS[3 * i + 4]
  local expected, version, text = ARGV[3 * i + 3], tonumber(ARGV[3 * i + 4]), ARGV[3 * i + 5]
  if redis.pcall("GET", token) == expected then
    if generation == ARGV[2] and version <= position and not holds_newer(key, version) then
      -- The value first: where there is no memory nothing is done at all.
      if text ~= "" then
        redis.call("SET", key, text)
        kept = kept + 1
      elseif redis.call("EXISTS", scratch) == 1 then
        redis.call("RENAME", scratch, key)
        redis.call("PERSIST", key)
        kept = kept + 1
      end
    end
    redis.call("DEL", token)
  end
  if text == "" then redis.call("DEL", scratch) end
end
return kept
