-- Consumer groups: how far they are, and what they could not handle.

CREATE TABLE consumer_group (
  name TEXT PRIMARY KEY,
  version INTEGER NOT NULL, -- rises with each change
  incarnation TEXT NOT NULL,
  epoch TEXT NOT NULL,
  checkpoint INTEGER NOT NULL, -- everything at or below is settled
  cursor_pos INTEGER NOT NULL, -- everything at or below has been looked at
  is_paused INTEGER NOT NULL,
  policy TEXT NOT NULL,
  halted TEXT -- null: it has not stopped by itself
) STRICT;

-- Events that have been looked at and are not settled.
CREATE TABLE group_entry (
  group_name TEXT NOT NULL,
  pos INTEGER NOT NULL,
  key TEXT,
  origin TEXT NOT NULL, -- log or letter
  state TEXT NOT NULL, -- taken, waiting, retry or parked
  attempts INTEGER NOT NULL,
  token TEXT,
  member TEXT,
  deadline INTEGER,
  next_at INTEGER,
  error TEXT,
  behind INTEGER NOT NULL,
  behind_to INTEGER NOT NULL,
  PRIMARY KEY (group_name, pos)
) STRICT, WITHOUT ROWID;

-- Events that a group could not handle. They are kept apart from the log,
-- which forgets.
CREATE TABLE dead_letter (
  group_name TEXT NOT NULL,
  pos INTEGER NOT NULL,
  key TEXT,
  status TEXT NOT NULL, -- dead, behind or redriven
  attempts INTEGER NOT NULL,
  error TEXT NOT NULL,
  at INTEGER NOT NULL,
  redrives INTEGER NOT NULL,
  -- The event; null where the log did not hold it any more.
  id TEXT,
  type TEXT,
  committed_at INTEGER,
  data TEXT,
  meta TEXT,
  batch_end INTEGER,
  PRIMARY KEY (group_name, pos)
) STRICT;
CREATE INDEX dead_letter_by_key ON dead_letter (group_name, key, pos)
  WHERE key IS NOT NULL;
