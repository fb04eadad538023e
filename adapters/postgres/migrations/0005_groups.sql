-- Consumer groups: how far they are, and what they could not handle.

CREATE TABLE consumer_group (
  name text PRIMARY KEY,
  version bigint NOT NULL, -- rises with each change
  incarnation text NOT NULL,
  epoch text NOT NULL,
  checkpoint bigint NOT NULL, -- everything at or below is settled
  cursor_pos bigint NOT NULL, -- everything at or below has been looked at
  is_paused boolean NOT NULL,
  policy text NOT NULL,
  halted text -- null: it has not stopped by itself
) WITH (fillfactor = 50);

-- Events that have been looked at and are not settled.
CREATE TABLE group_entry (
  group_name text NOT NULL,
  pos bigint NOT NULL,
  key text,
  origin text NOT NULL, -- log or letter
  state text NOT NULL, -- taken, waiting, retry or parked
  attempts integer NOT NULL,
  token text,
  member text,
  deadline bigint,
  next_at bigint,
  error text,
  behind integer NOT NULL,
  behind_to bigint NOT NULL,
  PRIMARY KEY (group_name, pos)
) WITH (fillfactor = 70);

-- Events that a group could not handle. They are kept apart from the log,
-- which forgets.
CREATE TABLE dead_letter (
  group_name text NOT NULL,
  pos bigint NOT NULL,
  key text,
  status text NOT NULL, -- dead, behind or redriven
  attempts integer NOT NULL,
  error text NOT NULL,
  at bigint NOT NULL,
  redrives integer NOT NULL,
  -- The event; null where the log did not hold it any more.
  id uuid,
  type text,
  committed_at bigint,
  data text,
  meta text,
  batch_end bigint,
  PRIMARY KEY (group_name, pos)
);
CREATE INDEX dead_letter_in_order
  ON dead_letter (group_name COLLATE "C", pos);
CREATE INDEX dead_letter_by_key
  ON dead_letter (group_name, key, pos) WHERE key IS NOT NULL;

-- Forgets a group. Gives whether there was one.
CREATE FUNCTION remove_group(of_name text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('synchronous_commit', 'on', true);
  DELETE FROM consumer_group WHERE name = of_name;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  DELETE FROM group_entry WHERE group_name = of_name;
  DELETE FROM dead_letter WHERE group_name = of_name;
  RETURN true;
END $$;
