-- Orders, fills, positions and runs: what each says is one JSON text.
CREATE TABLE trade_row (
  user_id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  version bigint NOT NULL, -- how often it was written
  is_open boolean NOT NULL, -- whether there is something to be done about it
  at bigint NOT NULL, -- what it is listed by
  json text NOT NULL
);

-- For listing rows, those of all users and those of one. Few are open, however
-- many there are. Of indexes that seem to do alike, as all of an empty table do,
-- Postgres takes the one that was made last: first the longest ways.
CREATE INDEX trade_row_by_time ON trade_row (kind, at DESC, user_id, id);
CREATE INDEX trade_row_by_user ON trade_row (kind, user_id, at DESC, id);
CREATE INDEX trade_row_open_by_time ON trade_row (kind, at DESC, user_id, id)
  WHERE is_open;
CREATE INDEX trade_row_open_by_user ON trade_row (kind, user_id, at DESC, id)
  WHERE is_open;
ALTER TABLE trade_row ADD PRIMARY KEY (user_id, kind, id);

-- As with documents: LZ4 takes a fraction of the time.
DO $$
BEGIN
  EXECUTE 'ALTER TABLE trade_row ALTER json SET COMPRESSION lz4';
EXCEPTION WHEN syntax_error OR feature_not_supported THEN
  NULL;
END $$;

-- Writes the rows and appends the events of several calls, those of each call
-- all or none.
--
-- changes: n, call, user_id, kind, id, if_version (0: there must be none),
-- is_open, at, json; no row twice. items: as commit_events has them, no id
-- twice; null when there are none. size: how many; null when commit_events does
-- not do.
--
-- Gives what commit_events does for the items of the calls that were committed.
-- Of the changes that stood in the way of others it gives n and the state:
-- conflict with the version held, 0 for none; busy, as another transaction
-- holds the row.
CREATE FUNCTION commit_trades(
  changes json, items json, size integer, now_ms bigint, fresh_epoch text
) RETURNS TABLE (n integer, state text, pos bigint, epoch text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  made integer[]; -- changes whose rows are new
  locked integer[]; -- changes whose rows are of the version named
  failed integer[] := '{}'; -- calls
BEGIN
  PERFORM set_config('synchronous_commit', 'on', true);
  -- All rows in the order of their keys, so that nobody deadlocks: first those
  -- that are new, waiting for whoever is making one of them.
  WITH change AS (
    SELECT * FROM json_to_recordset(changes) AS c (n integer,
      user_id text, kind text, id text, if_version bigint, is_open boolean,
      at bigint, json text)
    WHERE c.if_version = 0
  ), fresh AS (
    INSERT INTO trade_row
    SELECT c.user_id, c.kind, c.id, 1, c.is_open, c.at, c.json FROM change c
    ORDER BY c.user_id COLLATE "C", c.kind COLLATE "C", c.id COLLATE "C"
    ON CONFLICT DO NOTHING
    RETURNING user_id, kind, id
  )
  SELECT array_agg(c.n) INTO made FROM change c
    WHERE (c.user_id, c.kind, c.id) IN (
      SELECT f.user_id, f.kind, f.id FROM fresh f);

  -- Nobody waits for the others, so that one call does not hold up its group.
  SELECT array_agg(l.n) INTO locked FROM (
    SELECT c.n FROM json_to_recordset(changes) AS c (n integer, user_id text,
      kind text, id text, if_version bigint)
    JOIN trade_row t
      ON t.user_id = c.user_id AND t.kind = c.kind AND t.id = c.id
        AND t.version = c.if_version
    WHERE c.if_version <> 0
    ORDER BY t.user_id, t.kind, t.id
    FOR UPDATE OF t SKIP LOCKED) AS l;

  IF coalesce(cardinality(made), 0) + coalesce(cardinality(locked), 0)
    < json_array_length(changes)
  THEN
    failed := array(
      SELECT DISTINCT c.call
      FROM json_to_recordset(changes) AS c (n integer, call integer)
      WHERE c.n <> ALL (coalesce(made, '{}') || coalesce(locked, '{}')));
    DELETE FROM trade_row t
      USING json_to_recordset(changes) AS c (n integer, call integer,
        user_id text, kind text, id text)
      WHERE t.user_id = c.user_id AND t.kind = c.kind AND t.id = c.id
        AND c.call = ANY (failed) AND c.n = ANY (made);
    RETURN QUERY
      SELECT c.n,
        CASE WHEN t.version = c.if_version OR (t.id IS NULL AND c.if_version = 0)
          THEN 'busy' ELSE 'conflict' END,
        coalesce(t.version, 0), NULL::text
      FROM json_to_recordset(changes) AS c (n integer, user_id text, kind text,
        id text, if_version bigint)
      LEFT JOIN trade_row t
        ON t.user_id = c.user_id AND t.kind = c.kind AND t.id = c.id
      WHERE c.n <> ALL (coalesce(made, '{}') || coalesce(locked, '{}'));
    items := (
      SELECT json_agg(i.item) FROM json_array_elements(items) AS i (item)
      WHERE (i.item ->> 'call')::integer <> ALL (failed));
    size := NULL;
  END IF;

  IF locked IS NOT NULL THEN
    UPDATE trade_row t SET version = t.version + 1, is_open = c.is_open,
        at = c.at, json = c.json
      FROM json_to_recordset(changes) AS c (call integer, user_id text,
        kind text, id text, if_version bigint, is_open boolean, at bigint,
        json text)
      WHERE t.user_id = c.user_id AND t.kind = c.kind AND t.id = c.id
        AND c.if_version <> 0 AND c.call <> ALL (failed);
  END IF;
  IF size IS NOT NULL THEN
    RETURN QUERY SELECT * FROM commit_events(items, size, now_ms, fresh_epoch);
  ELSIF items IS NOT NULL THEN
    RETURN QUERY SELECT * FROM commit_calls(items, NULL, now_ms, fresh_epoch);
  END IF;
END $$;
