-- Calls that change something and that only administrators may make.
CREATE TABLE admin_call (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- in the order of the commits
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  user_id TEXT NOT NULL,
  operation TEXT NOT NULL,
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  request_id TEXT NOT NULL,
  status INTEGER -- null: not answered, or nobody knows
) STRICT;
CREATE INDEX admin_call_by_time ON admin_call (at);
