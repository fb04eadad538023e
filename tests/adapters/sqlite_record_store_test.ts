/**
 * The record store in SQLite obeys the contract of its port.
 *
 * @module
 */
import { openSqliteEventBus } from "../../adapters/sqlite/event_bus.ts";
import { openSqliteRecordStore } from "../../adapters/sqlite/record_store.ts";
import { openSqliteSettingsStore } from "../../adapters/sqlite/settings_store.ts";
import { testRecordStore } from "../contracts/record_store.ts";
import { subject } from "../support/memory_world.ts";
import { needs } from "../support/needs.ts";
import { createSqliteWorld } from "../support/sqlite_world.ts";

if (await needs(import.meta.url, ["read", "write"])) {
  testRecordStore("sqlite", async () => {
    const world = await createSqliteWorld();
    const { db, clock } = world;
    const store = openSqliteRecordStore(db);
    const settings = openSqliteSettingsStore(db);
    const bus = openSqliteEventBus(db);
    const hooks = {
      // As a restore does it.
      changeEpoch: () =>
        db.write((sql) => {
          sql.run(
            "INSERT INTO log_epoch SELECT epoch, ? FROM log_head",
            clock.now(),
          );
          sql.run(
            "UPDATE log_head SET epoch = ?, epoch_since = ?",
            db.newId(),
            clock.now(),
          );
        }),
      dropOldest: () =>
        db.write((sql) => {
          sql.run("DELETE FROM event_log WHERE pos <= 1");
        }),
      elapse: clock.advance,
    };
    return subject(
      { store, settings, bus, ...hooks },
      store,
      settings,
      bus,
      world,
    );
  });
}
