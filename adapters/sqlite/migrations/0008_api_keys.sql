-- Who may call the service. What a key is checked against tells nothing of it.
CREATE TABLE api_key (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL, -- separated by spaces
  user_id TEXT, -- null: nobody's in particular
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  expires_at INTEGER, -- null: never
  hash TEXT NOT NULL, -- HMAC-SHA-256 of the whole key
  former_hash TEXT, -- of the secret before
  former_until INTEGER, -- until when that is good
  last_used_at INTEGER
) STRICT, WITHOUT ROWID;

-- One row.
CREATE TABLE api_key_state (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  revision INTEGER NOT NULL, -- another one whenever a key comes, goes, changes
  pepper TEXT -- what keys are hashed under, unless AUTH_SECRET says so
) STRICT;
INSERT INTO api_key_state VALUES (1, 0, NULL);

-- So that keys that people change by hand are noticed too.
CREATE TRIGGER api_key_added AFTER INSERT ON api_key BEGIN
  UPDATE api_key_state SET revision = revision + 1;
END;
CREATE TRIGGER api_key_removed AFTER DELETE ON api_key BEGIN
  UPDATE api_key_state SET revision = revision + 1;
END;
CREATE TRIGGER api_key_changed AFTER UPDATE OF
  id, name, scopes, user_id, expires_at, hash, former_hash, former_until
ON api_key BEGIN
  UPDATE api_key_state SET revision = revision + 1;
END;
