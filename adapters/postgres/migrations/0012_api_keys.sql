-- Who may call the service. What a key is checked against tells nothing of it.
CREATE TABLE api_key (
  id text NOT NULL PRIMARY KEY,
  name text NOT NULL,
  scopes text NOT NULL, -- separated by spaces
  user_id text, -- null: nobody's in particular
  created_at bigint NOT NULL,
  created_by text NOT NULL,
  expires_at bigint, -- null: never
  hash text NOT NULL, -- HMAC-SHA-256 of the whole key
  former_hash text, -- of the secret before
  former_until bigint, -- until when that is good
  last_used_at bigint
);

-- One row.
CREATE TABLE api_key_state (
  id integer NOT NULL PRIMARY KEY CHECK (id = 1),
  revision bigint NOT NULL, -- another one whenever a key comes, goes, changes
  pepper text -- what keys are hashed under, unless AUTH_SECRET says so
);
INSERT INTO api_key_state VALUES (1, 0, NULL);

-- So that keys that people change by hand are noticed too. It comes before the
-- change, so that of changes at the same time one waits for the other.
CREATE FUNCTION api_key_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE api_key_state SET revision = revision + 1;
  RETURN NULL;
END $$;
CREATE TRIGGER api_key_changes BEFORE INSERT OR DELETE OR TRUNCATE OR UPDATE OF
  id, name, scopes, user_id, expires_at, hash, former_hash, former_until
ON api_key FOR EACH STATEMENT EXECUTE FUNCTION api_key_changes();

-- Keeps a key; only_first: only while there is none.
--
-- Gives how many there were before, or -1 when its id is taken. It was kept
-- when there was none, or when there were fewer than most and not only_first.
CREATE FUNCTION add_api_key(key json, only_first boolean, most integer)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  held integer;
BEGIN
  -- Nobody else comes in before the commit, so that the count holds.
  UPDATE api_key_state SET revision = revision + 1;
  SELECT count(*) INTO held FROM api_key;
  IF held >= most OR only_first AND held > 0 THEN
    RETURN held;
  END IF;
  INSERT INTO api_key
    SELECT * FROM json_populate_record(NULL::api_key, key)
    ON CONFLICT (id) DO NOTHING;
  RETURN CASE WHEN FOUND THEN held ELSE -1 END;
END $$;
