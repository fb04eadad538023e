-- Goes before the scripts of the fast layer.
local info = redis.call("INFO", "replication")
if not string.find(info, "\nrole:master\r", 1, true) then
  return redis.error_reply("READONLY Redis is a replica")
end
if ARGV[1] ~= "" and not string.find(info, "\nmaster_replid:" .. ARGV[1] .. "\r", 1, true) then
  return "fenced"
end
local mark = redis.pcall("GET", KEYS[1])
if type(mark) == "table" then mark = "not a text" end
