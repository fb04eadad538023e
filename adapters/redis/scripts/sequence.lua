-- Goes before the scripts of sequences, behind the fence.
local TTL = 172800 -- 48 h
local generation = mark and string.match(mark, "^1:[^:]*:([^:]*):%d+:%d+$")

-- A number such as ours; nothing where something else stands.
local function whole(text)
  if type(text) == "string" and #text <= 12 and string.find(text, "^%d+$") then
    return tonumber(text)
  end
end
