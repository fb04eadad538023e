-- Orders, fills, positions and runs: what each says is one JSON text.
CREATE TABLE trade_row (
  user_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL, -- how often it was written
  is_open INTEGER NOT NULL, -- 1: there is something to be done about it
  at INTEGER NOT NULL, -- what it is listed by
  json TEXT NOT NULL,
  PRIMARY KEY (user_id, kind, id)
) STRICT;

-- For listing rows, those of one user and those of all. Few are open, however
-- many there are.
CREATE INDEX trade_row_by_user ON trade_row (kind, user_id, at DESC, id);
CREATE INDEX trade_row_by_time ON trade_row (kind, at DESC, user_id, id);
CREATE INDEX trade_row_open_by_user ON trade_row (kind, user_id, at DESC, id)
  WHERE is_open = 1;
CREATE INDEX trade_row_open_by_time ON trade_row (kind, at DESC, user_id, id)
  WHERE is_open = 1;
