-- Who believes a fast layer, and the epochs that the log has had.

-- What every instance has put down of itself. A lease is a row whose gate is
-- not closed; who wants one goes by the rows of the others.
CREATE TABLE instance (
  boot_id TEXT PRIMARY KEY,
  label TEXT NOT NULL,
  renewal INTEGER NOT NULL, -- rises with every statement of the instance
  history TEXT NOT NULL,
  gate TEXT NOT NULL CHECK (gate IN ('closed', 'opening', 'open')),
  applied_pos INTEGER NOT NULL
) STRICT;

-- The epochs that the log has had before the one in log_head.
CREATE TABLE log_epoch (
  epoch TEXT PRIMARY KEY,
  ended_at INTEGER NOT NULL
) STRICT;

-- When the epoch took the place of another; null when it never has.
ALTER TABLE log_head ADD COLUMN epoch_since INTEGER;
