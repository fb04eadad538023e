-- The state of record and the log of every change to it.
-- Times are milliseconds since the Unix epoch, JSON is text kept byte for byte.

-- One row: where the log ends. It is written last in every transaction.
CREATE TABLE log_head (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  epoch TEXT NOT NULL,
  pos INTEGER NOT NULL,
  set_pos INTEGER NOT NULL, -- position of the newest settings.updated
  at INTEGER NOT NULL, -- never goes back
  timeline TEXT -- of the server's own log; SQLite has none
) STRICT;

-- Positions are dense, in commit order, from 1.
CREATE TABLE event_log (
  pos INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  key TEXT,
  at INTEGER NOT NULL,
  data TEXT NOT NULL,
  meta TEXT NOT NULL,
  batch_end INTEGER NOT NULL -- position of the last event committed together
) STRICT;

-- The version is the position of the entry that last changed the document.
CREATE TABLE settings (
  key TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  value TEXT NOT NULL
) STRICT;

-- The highest number that has been given out.
CREATE TABLE sequence (
  user_id TEXT NOT NULL,
  day TEXT NOT NULL,
  leased_to INTEGER NOT NULL,
  PRIMARY KEY (user_id, day)
) STRICT;

-- Computed vectors, each with the newest invalidation at the time of its fill.
CREATE TABLE feature (
  symbol TEXT NOT NULL,
  date TEXT NOT NULL,
  json TEXT NOT NULL,
  feature_set TEXT NOT NULL,
  window_hash TEXT NOT NULL,
  computed_at REAL NOT NULL,
  expires_at INTEGER NOT NULL,
  serial INTEGER NOT NULL,
  PRIMARY KEY (symbol, date)
) STRICT;
CREATE INDEX feature_by_date ON feature (date);
CREATE INDEX feature_by_expiry ON feature (expires_at);

-- The last invalidations, numbered without a gap; null stands for every.
CREATE TABLE feature_invalidation (
  serial INTEGER PRIMARY KEY,
  symbol TEXT,
  date TEXT
) STRICT;
