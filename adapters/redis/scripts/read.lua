-- KEYS: checkpoint, changes, documents. ARGV: history, settings position or "".
local changed = false
local since = ARGV[2]
local set = mark and string.match(mark, ":(%d+)$")
if since == set then
  changed = {}
elseif since ~= "" and set and tonumber(since) < tonumber(set) then
  local floor = redis.pcall("ZSCORE", KEYS[2], "")
  if type(floor) == "string" and tonumber(floor) <= tonumber(since) then
    changed = redis.call("ZRANGEBYSCORE", KEYS[2], "(" .. since, "+inf")
  end
end
local answer = { mark, changed }
for i = 3, #KEYS do
  local text = redis.pcall("GETRANGE", KEYS[i], 0, 65536)
  if type(text) == "table" then
    text = 0 -- of another type
  elseif #text > 65536 then
    text = 1 -- too large to go through here
  end
  answer[i] = text
end
return answer
