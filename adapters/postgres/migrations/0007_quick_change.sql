-- One change of one document: what most writes are, in fewer steps.

-- What changes when positions could have been given a second time: the
-- timeline of the server's own log, the cluster, the database in it. The latter
-- two last as long as a session does, so that a session reads them once.
CREATE OR REPLACE FUNCTION log_timeline() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  home text := current_setting('holdfast.home', true);
BEGIN
  IF coalesce(home, '') = '' THEN
    home := set_config('holdfast.home', concat_ws('/',
      (pg_control_system()).system_identifier,
      (SELECT oid FROM pg_database WHERE datname = current_database())), false);
  END IF;
  RETURN substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || '/' || home;
END $$;

-- Commits the change of one document as commit_calls does, and gives what it
-- would, with the time and the data of the entry where it was stored. Where
-- nothing is stored the head of the log is left alone.
CREATE FUNCTION commit_change(
  of_key text, if_version bigint, new_value text, event_id uuid, event_meta text,
  by_actor text, changed_paths json, now_ms bigint, fresh_epoch text
) RETURNS TABLE (state text, pos bigint, epoch text, at bigint, data text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  held bigint;
  before bigint;
  head log_head;
BEGIN
  PERFORM set_config('synchronous_commit', 'on', true),
    set_config('holdfast.own_write', 'on', true);
  SELECT s.version INTO held FROM settings s
    WHERE s.key = of_key FOR UPDATE OF s SKIP LOCKED;
  IF NOT FOUND THEN
    -- Not where there is one: it would wait for who has changed it.
    INSERT INTO settings (key, value)
      SELECT of_key, ''
      WHERE NOT EXISTS (SELECT FROM settings s WHERE s.key = of_key)
      ON CONFLICT DO NOTHING;
    IF FOUND THEN
      held := 0;
    END IF;
  END IF;

  IF held IS NULL OR if_version <> held THEN
    DELETE FROM settings s WHERE s.key = of_key AND held = 0;
    RETURN QUERY
      SELECT CASE WHEN held IS NULL THEN 'busy' ELSE 'conflict' END, held,
        h.epoch, NULL::bigint, NULL::text
      FROM log_head h;
  ELSE
    head := lock_log_head(fresh_epoch);
    head.pos := head.pos + 1;
    head.at := greatest(head.at, now_ms);
    data := settings_updated(of_key, head.pos, by_actor, changed_paths);
    INSERT INTO event_log VALUES (head.pos, event_id, 'settings.updated', of_key,
      head.at, data, event_meta, head.pos);
    UPDATE log_head SET pos = head.pos, set_pos = head.pos, at = head.at
      WHERE id = 1;
    before := newest_revision(of_key);
    INSERT INTO settings_history (key, version, at, actor, is_first, value)
      VALUES (of_key, head.pos, head.at, by_actor, before IS NULL, new_value);
    IF before IS NOT NULL THEN
      INSERT INTO settings_replaced (at, version, key)
        VALUES (head.at, before, of_key);
    END IF;
    UPDATE settings s SET version = head.pos, value = new_value
      WHERE s.key = of_key;
    RETURN QUERY SELECT 'stored', head.pos, head.epoch, head.at, data;
  END IF;
  PERFORM set_config('holdfast.own_write', '', true);
END $$;

-- Documents are longer than what fits a row: LZ4 takes a fraction of the time
-- that the older way takes. Servers before 14, or built without it, go on.
DO $$
BEGIN
  EXECUTE 'ALTER TABLE settings ALTER value SET COMPRESSION lz4';
  EXECUTE 'ALTER TABLE settings_history ALTER value SET COMPRESSION lz4';
EXCEPTION WHEN syntax_error OR feature_not_supported THEN
  NULL;
END $$;
