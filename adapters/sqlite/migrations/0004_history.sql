-- What documents were before.

-- Every revision of every document. A document has at least one for good, once
-- it has had one.
CREATE TABLE settings_history (
  key TEXT NOT NULL,
  version INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  is_first INTEGER NOT NULL, -- 1: the document had none before; 0: it had, though it may have been forgotten
  value TEXT, -- null: the document was removed
  PRIMARY KEY (key, version)
) STRICT;

-- The revisions that have been replaced, and when: what may be forgotten.
CREATE TABLE settings_replaced (
  at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  key TEXT NOT NULL,
  PRIMARY KEY (at, version)
) STRICT, WITHOUT ROWID;

-- Nobody has kept what the documents were before they were what they are.
INSERT INTO settings_history (key, version, at, actor, is_first, value)
  SELECT s.key, s.version, coalesce(e.at, h.at), 'migration', 0, s.value
  FROM settings s JOIN log_head h LEFT JOIN event_log e ON e.pos = s.version;
