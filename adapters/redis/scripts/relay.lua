-- Publishes messages. Whoever may not publish on one channel does so on others.
-- ARGV: channel and message of each. Answers what was said against it, or "".
local said = ""
for i = 1, #ARGV, 2 do
  local reply = redis.pcall("PUBLISH", ARGV[i], ARGV[i + 1])
  if type(reply) == "table" and reply.err then
    said = reply.err
  end
end
return said
