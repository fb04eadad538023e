-- Effects of members, of which two may come under one id at one moment.

-- Fails with HF409 where the log holds another event under the id of an item
-- (detail: n of the item and the position, as JSON); else gives true. Volatile,
-- so that it sees what was committed while its statement waited for the log.
CREATE FUNCTION refuse_taken(items json) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  taken text;
BEGIN
  SELECT json_build_array(i.n, e.pos) INTO taken
    FROM json_to_recordset(items)
      AS i (n integer, id uuid, type text, data text)
    JOIN event_log e ON e.id = i.id
    WHERE e.type <> i.type OR e.data <> i.data
    ORDER BY i.n LIMIT 1;
  IF taken IS NOT NULL THEN
    RAISE EXCEPTION 'an id is that of another event'
      USING ERRCODE = 'HF409', DETAIL = taken;
  END IF;
  RETURN true;
END $$;
