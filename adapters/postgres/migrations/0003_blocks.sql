-- Blocks of numbers that are leased to a fast layer.

ALTER TABLE sequence
  -- The history in which a block may be out; null when none is.
  ADD COLUMN leased_in text,
  -- Position of the last sequence.fenced of the series.
  ADD COLUMN fenced_pos bigint NOT NULL DEFAULT 0,
  -- The epoch in which it was last compared with what the fast layer holds.
  ADD COLUMN epoch text;

-- Gives numbers to several calls, in their order for each series, as one.
--
-- calls: n, user, day, count; history where they are a block for that; floor,
-- null where the fast layer has not been asked; id, data and meta of the
-- sequence.fenced should there have to be one.
--
-- Gives the last number of each call; null where the fast layer has to be asked
-- first, as nobody has in this epoch.
CREATE FUNCTION give_numbers(calls json, now_ms bigint, fresh_epoch text)
RETURNS TABLE (n integer, last_number bigint, of_epoch text, fence_pos bigint,
  is_fenced boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  call record;
  held sequence;
  head log_head;
  head_is_locked boolean := false;
  has_fenced boolean := false;
BEGIN
  PERFORM set_config('synchronous_commit', 'on', true);

  -- All rows in the order of their keys; log_head after them.
  INSERT INTO sequence (user_id, day, leased_to)
    SELECT DISTINCT c."user", c.day, 0
    FROM json_to_recordset(calls) AS c ("user" text, day text)
    WHERE NOT EXISTS (
      SELECT FROM sequence s WHERE s.user_id = c."user" AND s.day = c.day)
    ORDER BY c."user", c.day
    ON CONFLICT DO NOTHING;
  PERFORM FROM sequence s
    WHERE (s.user_id, s.day) IN (SELECT c."user", c.day
      FROM json_to_recordset(calls) AS c ("user" text, day text))
    ORDER BY s.user_id, s.day
    FOR UPDATE;
  SELECT * INTO STRICT head FROM log_head WHERE id = 1;
  IF head.timeline <> log_timeline() THEN
    head := lock_log_head(fresh_epoch);
    head_is_locked := true;
  END IF;

  FOR call IN
    SELECT * FROM json_to_recordset(calls) AS c (n integer, "user" text,
      day text, count bigint, history text, floor bigint, id uuid, data text,
      meta text)
    ORDER BY c.n
  LOOP
    SELECT * INTO STRICT held FROM sequence s
      WHERE s.user_id = call."user" AND s.day = call.day;
    n := call.n;
    last_number := NULL;
    of_epoch := head.epoch;
    fence_pos := held.fenced_pos;
    is_fenced := held.leased_in IS NOT NULL
      AND held.leased_in IS DISTINCT FROM call.history;
    IF held.epoch IS NOT DISTINCT FROM head.epoch OR call.floor IS NOT NULL THEN
      last_number := greatest(held.leased_to, call.floor);
      IF held.epoch IS DISTINCT FROM head.epoch
        AND head.epoch_since IS NOT NULL AND last_number > 0
      THEN
        last_number := last_number + 1000;
      END IF;
      last_number := last_number + call.count;
      IF is_fenced THEN
        IF NOT head_is_locked THEN
          head := lock_log_head(fresh_epoch);
          head_is_locked := true;
        END IF;
        head.pos := head.pos + 1;
        head.at := greatest(head.at, now_ms);
        fence_pos := head.pos;
        INSERT INTO event_log VALUES (head.pos, call.id, 'sequence.fenced',
          call."user", head.at, call.data, call.meta, head.pos);
        has_fenced := true;
      END IF;
      UPDATE sequence s SET leased_to = last_number, leased_in = call.history,
        fenced_pos = fence_pos, epoch = head.epoch
        WHERE s.user_id = call."user" AND s.day = call.day;
    ELSE
      is_fenced := false;
    END IF;
    RETURN NEXT;
  END LOOP;
  IF has_fenced THEN
    UPDATE log_head SET pos = head.pos, at = head.at WHERE id = 1;
  END IF;
END $$;
