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

-- Writes what has changed of a group and appends effects to the log, as one.
--
-- change: group, if_version (null: there must be no such group), put, drop,
-- letters, gone. items: as commit_calls has them; null when there are none.
--
-- Gives what commit_calls does, or one row: conflict with the version held.
CREATE FUNCTION save_group(
  change json, items json, now_ms bigint, fresh_epoch text
) RETURNS TABLE (n integer, state text, pos bigint, epoch text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  fresh consumer_group := json_populate_record(
    NULL::consumer_group, change -> 'group');
  if_version bigint := (change ->> 'if_version')::bigint;
  held consumer_group;
BEGIN
  PERFORM set_config('synchronous_commit', 'on', true);
  IF if_version IS NULL THEN
    INSERT INTO consumer_group SELECT fresh.* ON CONFLICT DO NOTHING;
  ELSE
    UPDATE consumer_group g SET version = fresh.version,
        epoch = fresh.epoch, checkpoint = fresh.checkpoint,
        cursor_pos = fresh.cursor_pos, is_paused = fresh.is_paused,
        policy = fresh.policy, halted = fresh.halted
      WHERE g.name = fresh.name AND g.version = if_version
        AND g.incarnation = fresh.incarnation;
  END IF;
  IF NOT FOUND THEN
    SELECT * INTO held FROM consumer_group g WHERE g.name = fresh.name;
    RETURN QUERY SELECT NULL::integer, 'conflict', coalesce(held.version, 0),
      NULL::text;
    RETURN;
  END IF;

  DELETE FROM group_entry e
    USING json_array_elements_text(change -> 'drop') AS d (pos)
    WHERE e.group_name = fresh.name AND e.pos = d.pos::bigint;
  INSERT INTO group_entry
    SELECT fresh.name, p.* FROM json_to_recordset(change -> 'put') AS p (
      pos bigint, key text, origin text, state text, attempts integer,
      token text, member text, deadline bigint, next_at bigint, error text,
      behind integer, behind_to bigint)
    ON CONFLICT (group_name, pos) DO UPDATE SET key = excluded.key,
      origin = excluded.origin, state = excluded.state,
      attempts = excluded.attempts, token = excluded.token,
      member = excluded.member, deadline = excluded.deadline,
      next_at = excluded.next_at, error = excluded.error,
      behind = excluded.behind, behind_to = excluded.behind_to;
  DELETE FROM dead_letter l
    USING json_array_elements_text(change -> 'gone') AS d (pos)
    WHERE l.group_name = fresh.name AND l.pos = d.pos::bigint;
  INSERT INTO dead_letter
    SELECT fresh.name, l.pos, l.key, l.status, l.attempts, l.error, l.at,
      (l.status = 'redriven')::integer,
      e.id, e.type, e.at, e.data, e.meta, e.batch_end
    FROM json_to_recordset(change -> 'letters') AS l (pos bigint, key text,
      status text, attempts integer, error text, at bigint)
    LEFT JOIN (event_log e JOIN log_head h ON h.id = 1 AND h.epoch = fresh.epoch)
      ON e.pos = l.pos
    ON CONFLICT (group_name, pos) DO UPDATE SET status = excluded.status,
      attempts = excluded.attempts, error = excluded.error, at = excluded.at,
      redrives = dead_letter.redrives + excluded.redrives;
  IF items IS NOT NULL THEN
    RETURN QUERY SELECT * FROM commit_calls(items, NULL, now_ms, fresh_epoch);
  END IF;
END $$;

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
