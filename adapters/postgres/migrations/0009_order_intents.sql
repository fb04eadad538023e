-- What users wanted of orders and were given, kept before they are told.
CREATE TABLE order_intent (
  user_id text NOT NULL,
  name text NOT NULL,
  intent text NOT NULL,
  kept_until bigint NOT NULL, -- may go after that
  PRIMARY KEY (user_id, name)
);
CREATE INDEX order_intent_by_end ON order_intent (kept_until);

-- Keeps the items of several calls, those of each call all or none.
--
-- items: k, n, user_id, name, intent, kept_until; k tells items apart, n calls.
-- No two items have the same name and user.
--
-- Gives the items of the calls that were not kept, each with what is in its
-- way: null where nothing is, or not any more.
CREATE FUNCTION keep_intents(items json)
RETURNS TABLE (n integer, name text, intent text, kept_until bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  lost integer[]; -- items
  failed integer[]; -- calls
  stray record;
BEGIN
  -- In the order of names, so that nobody deadlocks. Waits for whoever is
  -- keeping one of them.
  WITH item AS (
    SELECT * FROM json_to_recordset(items) AS i (k integer, n integer,
      user_id text, name text, intent text, kept_until bigint)
  ), fresh AS (
    INSERT INTO order_intent (user_id, name, intent, kept_until)
    SELECT i.user_id, i.name, i.intent, i.kept_until
    FROM item i ORDER BY i.user_id, i.name
    ON CONFLICT DO NOTHING
    RETURNING user_id, name
  )
  SELECT array_agg(i.k), array_agg(DISTINCT i.n) INTO lost, failed FROM item i
    WHERE (i.user_id, i.name) NOT IN (SELECT f.user_id, f.name FROM fresh f);
  IF lost IS NULL THEN
    RETURN;
  END IF;
  FOR stray IN
    SELECT i.user_id, i.name FROM json_to_recordset(items)
      AS i (k integer, n integer, user_id text, name text)
    WHERE i.n = ANY (failed) AND i.k <> ALL (lost)
  LOOP
    DELETE FROM order_intent o
      WHERE o.user_id = stray.user_id AND o.name = stray.name;
  END LOOP;
  RETURN QUERY
    SELECT i.n, o.name, o.intent, o.kept_until
    FROM json_to_recordset(items) AS i (n integer, user_id text, name text)
    LEFT JOIN LATERAL (
      SELECT * FROM order_intent o
      WHERE o.user_id = i.user_id AND o.name = i.name LIMIT 1
    ) AS o ON true
    WHERE i.n = ANY (failed);
END $$;
