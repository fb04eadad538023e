-- Blocks of numbers that are leased to a fast layer.

-- The history in which a block may be out; null when none is.
ALTER TABLE sequence ADD COLUMN leased_in TEXT;

-- Position of the last sequence.fenced of the series.
ALTER TABLE sequence ADD COLUMN fenced_pos INTEGER NOT NULL DEFAULT 0;

-- The epoch in which it was last compared with what the fast layer holds.
ALTER TABLE sequence ADD COLUMN epoch TEXT;
