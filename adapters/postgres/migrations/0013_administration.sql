-- Users who are erased, and what administrators have done.

-- Commits as commit_calls does. A document whose value is the empty text, which
-- is no JSON, goes: its entry and its revision stay.
CREATE FUNCTION commit_removals(
  items json, guards json, now_ms bigint, fresh_epoch text
) RETURNS TABLE (n integer, state text, pos bigint, epoch text)
LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY
    SELECT c.* FROM commit_calls(items, guards, now_ms, fresh_epoch) AS c;
  PERFORM set_config('holdfast.own_write', 'on', true);
  UPDATE settings_history h SET value = NULL
    WHERE h.value = ''
      AND h.key IN (SELECT g.key FROM json_to_recordset(guards) AS g (key text));
  -- Where the version is 0, another transaction is about to write.
  DELETE FROM settings s
    WHERE s.value = '' AND s.version > 0
      AND s.key IN (SELECT g.key FROM json_to_recordset(guards) AS g (key text));
  PERFORM set_config('holdfast.own_write', '', true);
END $$;

-- Forgets revisions up to a position, the newest of a document included, and
-- gives how many. Locks are taken in the order of trim_history.
CREATE FUNCTION forget_revisions(keys text[], up_to bigint, most integer)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  gone bigint;
BEGIN
  PERFORM FROM settings_replaced r WHERE r.key = ANY (keys) AND r.version <= up_to
    ORDER BY r.at, r.version FOR UPDATE;
  WITH old AS (
    SELECT h.key, h.version FROM settings_history h
    WHERE h.key = ANY (keys) AND h.version <= up_to
    ORDER BY h.version LIMIT most
  ), unlisted AS (
    DELETE FROM settings_replaced r USING old
    WHERE r.key = old.key AND r.version = old.version
  ), forgotten AS (
    DELETE FROM settings_history h USING old
    WHERE h.key = old.key AND h.version = old.version
    RETURNING 1
  )
  SELECT count(*) INTO gone FROM forgotten;
  RETURN gone;
END $$;

-- Calls that change something and that only administrators may make.
CREATE SEQUENCE admin_call_id;
CREATE TABLE admin_call (
  id bigint PRIMARY KEY, -- in the order of the commits
  at bigint NOT NULL,
  actor text NOT NULL,
  user_id text NOT NULL,
  operation text NOT NULL,
  method text NOT NULL,
  path text NOT NULL,
  request_id text NOT NULL,
  status integer -- null: not answered, or nobody knows
);
CREATE INDEX admin_call_by_time ON admin_call (at);

-- Notes a call. One at a time, so that who reads on from an id misses none.
CREATE FUNCTION note_admin_call(
  at bigint, actor text, user_id text, operation text, method text, path text,
  request_id text
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  own_id bigint;
BEGIN
  PERFORM set_config('synchronous_commit', 'on', true),
    pg_advisory_xact_lock('admin_call'::regclass::oid::bigint);
  own_id := nextval('admin_call_id');
  INSERT INTO admin_call
    VALUES (own_id, at, actor, user_id, operation, method, path, request_id);
  RETURN own_id;
END $$;
