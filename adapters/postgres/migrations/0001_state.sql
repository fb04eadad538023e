-- The state of record and the log of every change to it.
-- Times are milliseconds since the Unix epoch, JSON is text kept byte for byte.

-- One row: where the log ends. Who changes what others must hear of locks rows
-- in the order of their keys and this one last, so that nobody deadlocks; held
-- up to the commit, its lock makes positions dense and in commit order.
CREATE TABLE log_head (
  id integer PRIMARY KEY CHECK (id = 1),
  epoch text NOT NULL,
  pos bigint NOT NULL,
  set_pos bigint NOT NULL, -- position of the newest settings.updated
  at bigint NOT NULL, -- never goes back
  timeline text NOT NULL -- log_timeline() at the last write
) WITH (fillfactor = 10);

-- Positions are dense, in commit order, from 1.
CREATE TABLE event_log (
  pos bigint PRIMARY KEY,
  id uuid NOT NULL UNIQUE,
  type text NOT NULL,
  key text,
  at bigint NOT NULL,
  data text NOT NULL,
  meta text NOT NULL,
  batch_end bigint NOT NULL -- position of the last event committed together
);

-- The version is the position of the entry that last changed the document. Who
-- changes rows by hand leaves it alone: it is set when the change commits.
CREATE TABLE settings (
  key text PRIMARY KEY,
  version bigint NOT NULL DEFAULT 0,
  value text NOT NULL
);

-- Keys that an open transaction has changed by hand; empty for everybody else.
CREATE TABLE settings_by_hand (
  key text NOT NULL
);

-- The highest number that has been given out.
CREATE TABLE sequence (
  user_id text NOT NULL,
  day text NOT NULL,
  leased_to bigint NOT NULL,
  PRIMARY KEY (user_id, day)
);

-- Computed vectors.
CREATE TABLE feature (
  symbol text NOT NULL,
  date text NOT NULL,
  json text NOT NULL,
  feature_set text NOT NULL,
  window_hash text NOT NULL,
  computed_at double precision NOT NULL,
  expires_at bigint NOT NULL,
  PRIMARY KEY (symbol, date)
);
CREATE INDEX feature_by_date ON feature (date);
CREATE INDEX feature_by_expiry ON feature (expires_at);

-- The last invalidations, numbered without a gap; null stands for every.
CREATE TABLE feature_invalidation (
  serial bigint PRIMARY KEY,
  symbol text,
  date text
);

-- What changes when positions could have been given a second time: the
-- timeline of the server's own log, the cluster, the database in it.
CREATE FUNCTION log_timeline() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN concat_ws('/',
    substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),
    (pg_control_system()).system_identifier,
    (SELECT oid FROM pg_database WHERE datname = current_database()));
END $$;

-- Locks the head; gives the log another epoch where the timeline is another.
CREATE FUNCTION lock_log_head(fresh_epoch text) RETURNS log_head
LANGUAGE plpgsql AS $$
DECLARE
  head log_head;
BEGIN
  SELECT * INTO STRICT head FROM log_head WHERE id = 1 FOR UPDATE;
  IF head.timeline <> log_timeline() THEN
    UPDATE log_head SET epoch = fresh_epoch, timeline = log_timeline()
      WHERE id = 1 RETURNING * INTO head;
  END IF;
  RETURN head;
END $$;

-- The data of a settings.updated event.
CREATE FUNCTION settings_updated(key text, version bigint, actor text)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT format('{"key":%s,"version":%s,"actor":%s}',
    to_json(key), version, to_json(actor))
$$;

-- Commits what several calls append and change, in their order, as one.
--
-- items: n, call, id, type, key, data, meta; a settings document to be changed
-- has value and actor in place of data. Ids differ, calls come one after the
-- other. guards: n, call, key, if_version of the documents; null when there are
-- none. Only the first change of a key may have an if_version.
--
-- Gives the state of every item: stored and duplicate with its position;
-- conflict with the version held; busy, as another transaction holds the row;
-- dropped, as an item of the same call is one of the latter.
CREATE FUNCTION commit_calls(
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
        type text, key text, data text, meta text, value text, actor text)
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
        coalesce(p.data, settings_updated(p.key, p.pos, p.actor)), p.meta,
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
    UPDATE settings s SET version = d.pos, value = d.value
      FROM (
        SELECT DISTINCT ON (i.key) i.key, i.value,
          (SELECT e.pos FROM event_log e WHERE e.id = i.id) AS pos
        FROM json_to_recordset(items)
          AS i (n integer, call integer, id uuid, key text, value text)
        WHERE i.value IS NOT NULL AND i.call <> ALL (failed)
        ORDER BY i.key, i.n DESC) AS d
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

-- Rows of settings that are changed by hand get their version and entry when
-- the change commits, all rows of one transaction as one batch.
CREATE FUNCTION note_by_hand() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'Cannot truncate settings as nobody would hear of it: use DELETE';
  END IF;
  IF TG_OP <> 'INSERT' THEN
    INSERT INTO settings_by_hand VALUES (OLD.key);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    PERFORM NEW.value::json; -- fails where it is not JSON
    INSERT INTO settings_by_hand VALUES (NEW.key);
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION log_by_hand() RETURNS trigger
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
  )
  SELECT max(pos) INTO end_pos FROM fresh;
  UPDATE log_head SET pos = end_pos, set_pos = end_pos,
    at = greatest(head.at, now_ms)
    WHERE id = 1;
  PERFORM set_config('holdfast.own_write', '', true),
    pg_notify('holdfast_log', '');
  RETURN NULL;
END $$;

CREATE TRIGGER settings_by_hand
  AFTER INSERT OR UPDATE OR DELETE ON settings
  FOR EACH ROW
  WHEN (current_setting('holdfast.own_write', true) IS DISTINCT FROM 'on')
  EXECUTE FUNCTION note_by_hand();
CREATE TRIGGER settings_truncate
  BEFORE TRUNCATE ON settings
  EXECUTE FUNCTION note_by_hand();
CREATE CONSTRAINT TRIGGER settings_by_hand_log
  AFTER INSERT ON settings_by_hand
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION log_by_hand();

-- Keeps vectors unless their scope was invalidated since the token was taken.
-- Gives how many were kept. A crash may forget them.
CREATE FUNCTION fill_features(token bigint, vectors json, now_ms bigint)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  kept integer;
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true),
    pg_advisory_xact_lock_shared('feature_invalidation'::regclass::oid::bigint);
  DELETE FROM feature WHERE (symbol, date) IN (
    SELECT symbol, date FROM feature WHERE expires_at <= now_ms
    LIMIT 64 FOR UPDATE SKIP LOCKED);
  -- Older invalidations than those held have been forgotten.
  IF token > (SELECT coalesce(max(serial), 0) FROM feature_invalidation)
    OR token < (SELECT coalesce(min(serial), 1) FROM feature_invalidation) - 1
  THEN
    RETURN 0;
  END IF;
  WITH valid AS (
    SELECT v.* FROM json_to_recordset(vectors) AS v (n integer, symbol text,
      date text, json text, feature_set text, window_hash text,
      computed_at double precision, expires_at bigint)
    WHERE NOT EXISTS (
      SELECT FROM feature_invalidation i WHERE i.serial > token
        AND coalesce(i.symbol, v.symbol) = v.symbol
        AND coalesce(i.date, v.date) = v.date)
  ), stored AS (
    INSERT INTO feature
    SELECT DISTINCT ON (symbol, date) symbol, date, json, feature_set,
      window_hash, computed_at, expires_at
    FROM valid ORDER BY symbol, date, n DESC
    ON CONFLICT (symbol, date) DO UPDATE SET json = excluded.json,
      feature_set = excluded.feature_set, window_hash = excluded.window_hash,
      computed_at = excluded.computed_at, expires_at = excluded.expires_at
  )
  SELECT count(*) INTO kept FROM valid;
  RETURN kept;
END $$;

-- Forgets what lies in the scopes; fills wait meanwhile.
CREATE FUNCTION invalidate_features(scopes json, remembered integer)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  last bigint;
BEGIN
  PERFORM set_config('synchronous_commit', 'on', true),
    pg_advisory_xact_lock('feature_invalidation'::regclass::oid::bigint);
  SELECT coalesce(max(serial), 0) INTO last FROM feature_invalidation;
  INSERT INTO feature_invalidation
    SELECT last + row_number() OVER (), symbol, date
    FROM json_to_recordset(scopes) AS s (symbol text, date text);
  DELETE FROM feature_invalidation WHERE serial <=
    (SELECT max(serial) FROM feature_invalidation) - remembered;
  DELETE FROM feature f
    USING json_to_recordset(scopes) AS s (symbol text, date text)
    WHERE f.symbol = s.symbol AND f.date = coalesce(s.date, f.date);
  DELETE FROM feature f
    USING json_to_recordset(scopes) AS s (symbol text, date text)
    WHERE s.symbol IS NULL AND f.date = s.date;
  DELETE FROM feature WHERE EXISTS (
    SELECT FROM json_to_recordset(scopes) AS s (symbol text, date text)
    WHERE s.symbol IS NULL AND s.date IS NULL);
END $$;
