-- Events alone, none of them known: what most groups are, in fewer steps; no
-- settings.updated, whose place the head would have to note.

-- Commits events as commit_calls does. items: n from 0, call, id, type, key,
-- data, meta, and last, the n of the last item of its call. Gives one row,
-- 'appended' with the position of the first; where an id is known already, what
-- commit_calls gives.
CREATE FUNCTION commit_events(
  items json, size integer, now_ms bigint, fresh_epoch text
) RETURNS TABLE (n integer, state text, pos bigint, epoch text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  head log_head;
BEGIN
  PERFORM set_config('synchronous_commit', 'on', true);
  UPDATE log_head SET pos = pos + size, at = greatest(at, now_ms)
    WHERE id = 1 RETURNING * INTO STRICT head;
  IF head.timeline <> log_timeline() THEN
    head := change_epoch(fresh_epoch);
  END IF;
  INSERT INTO event_log
    SELECT head.pos - size + 1 + i.n, i.id, i.type, i.key, head.at, i.data,
      i.meta, head.pos - size + 1 + i.last
    FROM json_to_recordset(items) AS i (n integer, id uuid, type text, key text,
      data text, meta text, last integer);
  RETURN QUERY SELECT 0, 'appended', head.pos - size + 1, head.epoch;
EXCEPTION WHEN unique_violation THEN
  RETURN QUERY SELECT * FROM commit_calls(items, NULL, now_ms, fresh_epoch);
END $$;
