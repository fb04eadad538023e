-- Who believes a fast layer, and the epochs that the log has had.

-- What every instance has put down of itself. A lease is a row whose gate is
-- not closed; who wants one goes by the rows of the others, under log_head's
-- lock, which is had before any row here.
CREATE TABLE instance (
  boot_id text PRIMARY KEY,
  label text NOT NULL,
  renewal bigint NOT NULL, -- rises with every statement of the instance
  history text NOT NULL,
  gate text NOT NULL CHECK (gate IN ('closed', 'opening', 'open')),
  applied_pos bigint NOT NULL
) WITH (fillfactor = 50);

-- The epochs that the log has had before the one in log_head.
CREATE TABLE log_epoch (
  epoch text PRIMARY KEY,
  ended_at bigint NOT NULL -- on this server's clock
);

-- When the epoch took the place of another, on this server's clock; null when
-- it never has.
ALTER TABLE log_head ADD COLUMN epoch_since bigint;

-- Gives the log another epoch; its head is locked by the caller.
CREATE FUNCTION change_epoch(fresh_epoch text) RETURNS log_head
LANGUAGE plpgsql AS $$
DECLARE
  head log_head;
  now_ms bigint := floor(extract(epoch FROM clock_timestamp()) * 1000);
BEGIN
  INSERT INTO log_epoch SELECT h.epoch, now_ms FROM log_head h WHERE h.id = 1
    ON CONFLICT DO NOTHING;
  UPDATE log_head SET epoch = fresh_epoch, timeline = log_timeline(),
    epoch_since = now_ms
    WHERE id = 1 RETURNING * INTO head;
  RETURN head;
END $$;

-- Locks the head; gives the log another epoch where the timeline is another.
CREATE OR REPLACE FUNCTION lock_log_head(fresh_epoch text) RETURNS log_head
LANGUAGE plpgsql AS $$
DECLARE
  head log_head;
BEGIN
  SELECT * INTO STRICT head FROM log_head WHERE id = 1 FOR UPDATE;
  IF head.timeline <> log_timeline() THEN
    RETURN change_epoch(fresh_epoch);
  END IF;
  RETURN head;
END $$;

-- Gives the log another epoch if it still has this one.
CREATE FUNCTION leave_epoch(former_epoch text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  head log_head;
BEGIN
  PERFORM set_config('synchronous_commit', 'on', true);
  head := lock_log_head(gen_random_uuid()::text);
  IF head.epoch = former_epoch THEN
    PERFORM change_epoch(gen_random_uuid()::text);
  END IF;
END $$;

-- The log and the leases as one JSON text; stable, so that it sees what the
-- statement sees that calls it.
CREATE FUNCTION record_view() RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (
    SELECT json_build_object(
      'epoch', h.epoch,
      'position', h.pos,
      'earliest', coalesce((SELECT min(e.pos) FROM event_log e), h.pos + 1),
      'isOfTimeline', h.timeline = log_timeline(),
      'settingsPosition', h.set_pos,
      'formerEpochs', CASE WHEN h.epoch_since IS NOT NULL THEN
        (SELECT json_agg(f.epoch ORDER BY f.ended_at) FROM log_epoch f) END,
      'epochAgeMs',
        floor(extract(epoch FROM clock_timestamp()) * 1000) - h.epoch_since,
      'leases', (SELECT json_agg(json_build_array(i.boot_id, i.label, i.renewal,
        i.history, i.gate, i.applied_pos)) FROM instance i))
    FROM log_head h WHERE h.id = 1);
END $$;

-- Puts down what an instance claims, unless a later claim of it has been, or
-- it wants to believe one history while another instance's lease names another.
--
-- ended: bootId and renewal of the leases that it has seen end.
CREATE FUNCTION claim_lease(
  claim_boot_id text, claim_label text, claim_renewal bigint,
  claim_history text, claim_gate text, claim_applied_pos bigint, ended json,
  OUT granted boolean, OUT shown text
) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('synchronous_commit', 'on', true),
    lock_log_head(gen_random_uuid()::text);
  -- What follows sees everything that was committed before the lock was had.
  granted := NOT EXISTS (
    SELECT FROM instance i WHERE CASE
      WHEN i.boot_id = claim_boot_id THEN i.renewal >= claim_renewal
      ELSE claim_gate <> 'closed' AND i.gate <> 'closed'
        AND i.history <> claim_history
        AND NOT EXISTS (
          SELECT FROM json_to_recordset(ended) AS e ("bootId" text, renewal bigint)
          WHERE e."bootId" = i.boot_id AND e.renewal = i.renewal)
    END);
  IF granted THEN
    DELETE FROM instance i
      USING json_to_recordset(ended) AS e ("bootId" text, renewal bigint)
      WHERE i.boot_id = e."bootId" AND i.renewal = e.renewal;
    INSERT INTO instance VALUES (claim_boot_id, claim_label, claim_renewal,
        claim_history, claim_gate, claim_applied_pos)
      ON CONFLICT (boot_id) DO UPDATE SET label = excluded.label,
        renewal = excluded.renewal, history = excluded.history,
        gate = excluded.gate, applied_pos = excluded.applied_pos;
  END IF;
  shown := record_view();
END $$;
