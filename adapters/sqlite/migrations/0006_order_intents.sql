-- What users wanted of orders and were given, kept before they are told.
CREATE TABLE order_intent (
  user_id TEXT NOT NULL,
  name TEXT NOT NULL,
  intent TEXT NOT NULL,
  kept_until INTEGER NOT NULL, -- may go after that
  PRIMARY KEY (user_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX order_intent_by_end ON order_intent (kept_until);
