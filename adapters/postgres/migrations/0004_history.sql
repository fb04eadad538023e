-- What documents were before.

-- Nobody changes a document while its history begins.
LOCK TABLE settings IN SHARE MODE;

-- Every revision of every document. A document has at least one for good, once
-- it has had one.
CREATE TABLE settings_history (
  key text NOT NULL,
  version bigint NOT NULL,
  at bigint NOT NULL,
  actor text NOT NULL,
  -- Whether the document had none before; else it had, though it may have been
  -- forgotten.
  is_first boolean NOT NULL,
  value text, -- null: the document was removed
  PRIMARY KEY (key, version)
);

-- The revisions that have been replaced, and when: what may be forgotten.
CREATE TABLE settings_replaced (
  at bigint NOT NULL,
  version bigint NOT NULL,
  key text NOT NULL,
  PRIMARY KEY (at, version)
);

-- For listing keys in the order of their characters.
CREATE INDEX settings_in_order ON settings (key COLLATE "C");

-- Nobody has kept what the documents were before they were what they are, nor
-- what those were that had been removed by hand.
INSERT INTO settings_history (key, version, at, actor, is_first, value)
  SELECT s.key, s.version, coalesce(e.at, h.at), 'migration', false, s.value
  FROM settings s JOIN log_head h ON h.id = 1
  LEFT JOIN event_log e ON e.pos = s.version;
INSERT INTO settings_history (key, version, at, actor, is_first)
  SELECT DISTINCT ON (e.key) e.key, e.pos, e.at, 'migration', false
  FROM event_log e
  WHERE e.type = 'settings.updated' AND e.key IS NOT NULL
    AND NOT EXISTS (SELECT FROM settings s WHERE s.key = e.key)
  ORDER BY e.key, e.pos DESC;

-- The version of the newest revision of a document; null when it has none.
CREATE FUNCTION newest_revision(of_key text) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT h.version FROM settings_history h WHERE h.key = of_key
    ORDER BY h.version DESC LIMIT 1);
END $$;

-- The data of a settings.updated event.
CREATE FUNCTION settings_updated(
  key text, version bigint, actor text, paths json
) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT format('{"key":%s,"version":%s,"actor":%s%s}',
    to_json(key), version, to_json(actor), ',"paths":' || paths::text)
$$;

-- Commits what several calls append and change, in their order, as one.
--
-- items: n, call, id, type, key, data, meta; a settings document to be changed
-- has value, actor and perhaps paths in
-- place of data. Ids differ, calls come one after the
-- other. guards: n, call, key, if_version of the documents; null when there are
-- none. Only the first change of a key may have an if_version.
--
-- Gives the state of every item: stored and duplicate with its position;
-- conflict with the version held; busy, as another transaction holds the row;
-- dropped, as an item of the same call is one of the latter.
CREATE OR REPLACE FUNCTION commit_calls(
  items json, guards json, now_ms bigint, fresh_epoch text
) RETURNS TABLE (n integer, state text, pos bigint, epoch text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  held jsonb := '{}'; -- versions by key, of the rows that are locked
  failed integer[] := '{}'; -- calls
  head log_head;
BEGIN
  PERFORM set_config('synchronous_commit', 'on', true),
    set_config('holdfast.own_write', 'on', true);

  IF guards IS NOT NULL THEN
    INSERT INTO settings (key, value)
      SELECT DISTINCT g.key, '' FROM json_to_recordset(guards) AS g (key text)
      WHERE NOT EXISTS (SELECT FROM settings s WHERE s.key = g.key)
      ORDER BY g.key
      ON CONFLICT DO NOTHING;
    SELECT coalesce(jsonb_object_agg(key, version), '{}') INTO held FROM (
      SELECT s.key, s.version FROM settings s
      WHERE s.key IN (SELECT g.key FROM json_to_recordset(guards) AS g (key text))
      ORDER BY s.key
      FOR UPDATE OF s SKIP LOCKED) AS locked;
    failed := array(
      SELECT g.call
      FROM json_to_recordset(guards) AS g (call integer, key text, if_version bigint)
      WHERE NOT held ? g.key OR g.if_version <> (held ->> g.key)::bigint);
  END IF;

  -- What follows sees everything that was committed before the lock was had.
  head := lock_log_head(fresh_epoch);
  RETURN QUERY
    WITH item AS (
      SELECT i.*, CASE WHEN i.value IS NULL THEN
        (SELECT e.pos FROM event_log e WHERE e.id = i.id) END AS first_pos
      FROM json_to_recordset(items) AS i (n integer, call integer, id uuid,
        type text, key text, data text, meta text, value text, actor text,
        paths json)
      WHERE i.call <> ALL (failed)
    ), placed AS (
      SELECT i.*,
        coalesce(i.first_pos, head.pos + count(*)
          FILTER (WHERE i.first_pos IS NULL) OVER (ORDER BY i.call, i.n)) AS pos,
        head.pos + count(*)
          FILTER (WHERE i.first_pos IS NULL) OVER (ORDER BY i.call) AS batch_end
      FROM item i
    ), logged AS (
      INSERT INTO event_log
      SELECT p.pos, p.id, p.type, p.key, greatest(head.at, now_ms),
        coalesce(p.data, settings_updated(p.key, p.pos, p.actor, p.paths)), p.meta,
        p.batch_end
      FROM placed p WHERE p.first_pos IS NULL
    ), moved AS (
      UPDATE log_head SET pos = end_pos, at = greatest(head.at, now_ms),
        set_pos = coalesce(end_set_pos, head.set_pos)
      FROM (SELECT max(pos) AS end_pos,
          max(pos) FILTER (WHERE type = 'settings.updated') AS end_set_pos
        FROM placed WHERE first_pos IS NULL) AS fresh
      WHERE id = 1 AND end_pos IS NOT NULL
    )
    SELECT p.n, CASE WHEN p.first_pos IS NULL THEN 'stored' ELSE 'duplicate' END,
      p.pos, head.epoch
    FROM placed p;

  IF guards IS NOT NULL THEN
    WITH change AS (
      SELECT i.key, e.pos AS version, e.at, i.actor, i.value
      FROM json_to_recordset(items)
        AS i (call integer, id uuid, key text, value text, actor text)
      JOIN event_log e ON e.id = i.id
      WHERE i.value IS NOT NULL AND i.call <> ALL (failed)
    ), change_after AS (
      SELECT c.*, coalesce(
        lag(c.version) OVER (PARTITION BY c.key ORDER BY c.version),
        newest_revision(c.key)) AS before
      FROM change c
    ), kept AS (
      INSERT INTO settings_history (key, version, at, actor, is_first, value)
      SELECT c.key, c.version, c.at, c.actor, c.before IS NULL, c.value
      FROM change_after c
    ), replaced AS (
      INSERT INTO settings_replaced (at, version, key)
      SELECT c.at, c.before, c.key FROM change_after c WHERE c.before IS NOT NULL
    )
    UPDATE settings s SET version = d.version, value = d.value
      FROM (SELECT DISTINCT ON (c.key) c.key, c.version, c.value FROM change c
        ORDER BY c.key, c.version DESC) AS d
      WHERE s.key = d.key;
  END IF;
  IF failed <> '{}' THEN
    DELETE FROM settings s WHERE s.version = 0
      AND s.key IN (SELECT jsonb_object_keys(held));
    RETURN QUERY
      SELECT g.n,
        CASE
          WHEN NOT held ? g.key THEN 'busy'
          WHEN g.if_version <> (held ->> g.key)::bigint THEN 'conflict'
          ELSE 'dropped'
        END,
        (held ->> g.key)::bigint, head.epoch
      FROM json_to_recordset(guards)
        AS g (n integer, call integer, key text, if_version bigint)
      WHERE g.call = ANY (failed);
  END IF;
  PERFORM set_config('holdfast.own_write', '', true);
END $$;

-- Rows of settings that are changed by hand get their version, entry and
-- revision when the change commits, all rows of one transaction as one batch.
CREATE OR REPLACE FUNCTION log_by_hand() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  head log_head;
  now_ms bigint := floor(extract(epoch FROM clock_timestamp()) * 1000);
  end_pos bigint;
BEGIN
  IF NOT EXISTS (SELECT FROM settings_by_hand) THEN
    RETURN NULL; -- the first call of this transaction has done it
  END IF;
  PERFORM set_config('synchronous_commit', 'on', true),
    set_config('holdfast.own_write', 'on', true);
  head := lock_log_head(gen_random_uuid()::text);
  WITH named AS (
    DELETE FROM settings_by_hand RETURNING key
  ), fresh AS (
    SELECT key, head.pos + row_number() OVER (ORDER BY key) AS pos
    FROM (SELECT DISTINCT key FROM named) AS changed
  ), logged AS (
    INSERT INTO event_log
    SELECT pos, gen_random_uuid(), 'settings.updated', key,
      greatest(head.at, now_ms),
      settings_updated(key, pos, 'sql:' || session_user),
      json_strip_nulls(json_build_object(
        'timestamp', to_char(clock_timestamp() AT TIME ZONE 'UTC',
          'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'source', 'settings',
        'user', substring(key FROM '^user:([^:]+):'))),
      max(pos) OVER ()
    FROM fresh
  ), changed AS (
    UPDATE settings s SET version = f.pos FROM fresh f WHERE s.key = f.key
  ), change_after AS (
    SELECT f.key, f.pos, s.value, newest_revision(f.key) AS before
    FROM fresh f LEFT JOIN settings s ON s.key = f.key
  ), kept AS (
    INSERT INTO settings_history (key, version, at, actor, is_first, value)
    SELECT c.key, c.pos, greatest(head.at, now_ms), 'sql:' || session_user,
      c.before IS NULL, c.value
    FROM change_after c
  ), replaced AS (
    INSERT INTO settings_replaced (at, version, key)
    SELECT greatest(head.at, now_ms), c.before, c.key
    FROM change_after c WHERE c.before IS NOT NULL
  )
  SELECT max(pos) INTO end_pos FROM fresh;
  UPDATE log_head SET pos = end_pos, set_pos = end_pos,
    at = greatest(head.at, now_ms)
    WHERE id = 1;
  PERFORM set_config('holdfast.own_write', '', true),
    pg_notify('holdfast_log', '');
  RETURN NULL;
END $$;

-- Forgets revisions that were replaced before a time, the oldest first: those
-- of one document in their order, whoever else does so. Gives how many.
CREATE FUNCTION trim_history(before_ms bigint, most integer) RETURNS bigint
LANGUAGE sql AS $$
  WITH old AS (
    SELECT r.at, r.version FROM settings_replaced r WHERE r.at < before_ms
    ORDER BY r.at, r.version LIMIT most FOR UPDATE
  ), listed AS (
    DELETE FROM settings_replaced r USING old
    WHERE r.at = old.at AND r.version = old.version
    RETURNING r.key, r.version
  ), gone AS (
    DELETE FROM settings_history h USING listed l
    WHERE h.key = l.key AND h.version = l.version
  )
  SELECT count(*) FROM listed
$$;
