-- Dropping the events that nobody needs any more.

-- Where the log begins. Whoever looks for the oldest event begins here, and not
-- among those that were dropped and that vacuum has yet to take away.
CREATE TABLE log_tail (
  id integer PRIMARY KEY CHECK (id = 1),
  pos bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO log_tail
  SELECT 1, coalesce(min(pos), 1) FROM event_log;

-- What was dropped lies together, so that looking after a few is cheap.
ALTER TABLE event_log SET (autovacuum_vacuum_scale_factor = 0.02);

-- The position of the oldest event held, or of the next one when none is.
-- Stable, so that it sees what the statement sees that calls it.
CREATE FUNCTION log_earliest() RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN coalesce(
    (SELECT min(e.pos) FROM event_log e
      WHERE e.pos >= (SELECT t.pos FROM log_tail t WHERE t.id = 1)),
    (SELECT h.pos + 1 FROM log_head h WHERE h.id = 1));
END $$;

-- The log and the leases as one JSON text; stable, so that it sees what the
-- statement sees that calls it.
CREATE OR REPLACE FUNCTION record_view() RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (
    SELECT json_build_object(
      'epoch', h.epoch,
      'position', h.pos,
      'earliest', log_earliest(),
      'isOfTimeline', h.timeline = log_timeline(),
      'settingsPosition', h.set_pos,
      'formerEpochs', CASE WHEN h.epoch_since IS NOT NULL THEN
        (SELECT json_agg(f.epoch ORDER BY f.ended_at) FROM log_epoch f) END,
      'epochAgeMs',
        floor(extract(epoch FROM clock_timestamp()) * 1000) - h.epoch_since,
      'leases', (SELECT json_agg(json_build_array(i.boot_id, i.label, i.renewal,
        i.history, i.gate, i.applied_pos)) FROM instance i))
    FROM log_head h WHERE h.id = 1);
END $$;

-- The last position from earliest - 1 to newest whose event was committed
-- before a time: positions are dense and times never go back.
CREATE FUNCTION log_position_before(earliest bigint, newest bigint, time_ms bigint)
RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  low bigint := earliest;
  high bigint := newest + 1;
  middle bigint;
BEGIN
  WHILE low < high LOOP
    middle := (low + high) / 2;
    IF (SELECT e.at < time_ms FROM event_log e WHERE e.pos = middle) THEN
      low := middle + 1;
    ELSE
      high := middle;
    END IF;
  END LOOP;
  RETURN low - 1;
END $$;

-- Held shared by who makes a group or sends one back, alone by who drops
-- events, each up to its commit: one of the two sees what the other has done.
CREATE FUNCTION log_tail_lock() RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN 'log_tail'::regclass::oid::bigint;
END $$;

-- Drops the oldest events, at most so many: those committed before before_ms
-- and all but the newest "keep", save those committed at or after young_ms, the
-- newest, and those from the oldest on that a group has not settled, unless it
-- was committed before force_ms.
--
-- Gives as JSON text what was done and how the log stands after it.
CREATE FUNCTION trim_log(
  before_ms bigint, keep bigint, young_ms bigint, force_ms bigint, most integer
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  head log_head;
  oldest bigint;
  due bigint;
  forced bigint;
  needs jsonb;
  allowed bigint;
  up_to bigint;
  gone integer := 0;
BEGIN
  -- A crash that takes it back does no harm.
  PERFORM set_config('synchronous_commit', 'off', true),
    pg_advisory_xact_lock(log_tail_lock());
  -- What follows sees everything that was committed before the lock was had.
  SELECT * INTO STRICT head FROM log_head WHERE id = 1;
  oldest := log_earliest();
  -- Events that came since the head was read are not looked at.
  oldest := least(oldest, head.pos + 1);
  due := least(head.pos - 1,
    greatest(log_position_before(oldest, head.pos, before_ms), head.pos - keep),
    log_position_before(oldest, head.pos, young_ms));
  forced := least(due, log_position_before(oldest, head.pos, force_ms));
  -- Of dead letters there are copies, also of those that are on their way again.
  SELECT coalesce(jsonb_agg(jsonb_build_object('name', n.name, 'pos', n.pos)),
    '[]') INTO needs
    FROM (
      SELECT g.name, min(u.pos) AS pos FROM consumer_group g,
        LATERAL (
          SELECT g.cursor_pos + 1 AS pos
          UNION ALL
          SELECT e.pos FROM group_entry e WHERE e.group_name = g.name
            AND e.origin = 'log' AND e.state <> 'parked'
        ) AS u
      WHERE u.pos >= oldest
      GROUP BY g.name
    ) AS n;
  allowed := greatest(forced, least(due, (
    SELECT min(n.pos) - 1 FROM jsonb_to_recordset(needs) AS n (pos bigint))));
  up_to := least(allowed, oldest + most - 1);
  IF up_to >= oldest THEN
    DELETE FROM event_log WHERE pos BETWEEN oldest AND up_to;
    GET DIAGNOSTICS gone = ROW_COUNT;
    UPDATE log_tail SET pos = up_to + 1 WHERE id = 1;
    oldest := up_to + 1;
  END IF;
  RETURN json_build_object(
    'dropped', gone,
    'isMore', up_to < allowed,
    'passed', (SELECT coalesce(json_agg(n.name ORDER BY n.name COLLATE "C"), '[]')
      FROM jsonb_to_recordset(needs) AS n (name text, pos bigint)
      WHERE n.pos <= up_to),
    'pins', (SELECT coalesce(json_agg(json_build_object('group', n.name,
        'position', n.pos, 'events', due - n.pos + 1, 'committedAt', e.at)
        ORDER BY n.name COLLATE "C"), '[]')
      FROM jsonb_to_recordset(needs) AS n (name text, pos bigint)
      JOIN event_log e ON e.pos = n.pos
      WHERE n.pos > up_to AND n.pos <= due),
    'head', json_build_object('epoch', head.epoch, 'position', head.pos,
      'earliest', oldest),
    'oldestAt', (SELECT e.at FROM event_log e WHERE e.pos = oldest));
END $$;

-- Writes what has changed of a group and appends effects to the log, as one.
--
-- change: group, if_version (null: there must be no such group), put, drop,
-- letters, gone. items: as commit_calls has them; null when there are none.
--
-- Gives what commit_calls does, or one row: conflict with the version held;
-- expired with the oldest position held, where the group is made or sent back
-- and the log does not hold what it is to read next.
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
  oldest bigint;
BEGIN
  PERFORM set_config('synchronous_commit', 'on', true);
  SELECT * INTO held FROM consumer_group g WHERE g.name = fresh.name;
  IF held.version IS NOT DISTINCT FROM if_version AND (held.name IS NULL
    OR held.epoch <> fresh.epoch OR held.cursor_pos > fresh.cursor_pos)
  THEN
    PERFORM pg_advisory_xact_lock_shared(log_tail_lock());
    oldest := log_earliest();
    IF fresh.cursor_pos < oldest - 1 AND EXISTS (
      SELECT FROM log_head h WHERE h.id = 1 AND h.epoch = fresh.epoch)
    THEN
      RETURN QUERY SELECT NULL::integer, 'expired', oldest, NULL::text;
      RETURN;
    END IF;
  END IF;
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
