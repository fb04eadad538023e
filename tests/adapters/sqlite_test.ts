/**
 * The SQLite adapters obey the contracts of their ports.
 *
 * @module
 */
import { openSqliteEventBus } from "../../adapters/sqlite/event_bus.ts";
import { openSqliteFeatureStore } from "../../adapters/sqlite/feature_store.ts";
import { openSqliteSequencePort } from "../../adapters/sqlite/sequence_port.ts";
import { openSqliteSettingsArchive } from "../../adapters/sqlite/settings_archive.ts";
import { openSqliteSettingsStore } from "../../adapters/sqlite/settings_store.ts";
import { testAgreement } from "../contracts/agreement.ts";
import { testEventBus } from "../contracts/event_bus.ts";
import { testFeatureStore } from "../contracts/feature_store.ts";
import { testSequencePort } from "../contracts/sequence_port.ts";
import { testSettingsArchive } from "../contracts/settings_archive.ts";
import { testSettingsStore } from "../contracts/settings_store.ts";
import { subject } from "../support/memory_world.ts";
import { needs } from "../support/needs.ts";
import { createSqliteWorld } from "../support/sqlite_world.ts";

if (await needs(import.meta.url, ["read", "write"])) {
  testEventBus("sqlite", async () => {
    const world = await createSqliteWorld();
    const bus = openSqliteEventBus(world.db);
    const { advance: elapse, jumpWall } = world.clock;
    return subject({ bus, elapse, jumpWall }, bus, world);
  });

  testSettingsStore("sqlite", async () => {
    const world = await createSqliteWorld();
    const bus = openSqliteEventBus(world.db);
    const store = openSqliteSettingsStore(world.db);
    return subject({ bus, store }, store, bus, world);
  });

  testSettingsArchive("sqlite", async () => {
    const world = await createSqliteWorld();
    const bus = openSqliteEventBus(world.db);
    const store = openSqliteSettingsStore(world.db);
    const archive = openSqliteSettingsArchive(world.db);
    const { advance: elapse } = world.clock;
    return subject({ bus, store, archive, elapse }, archive, store, bus, world);
  });

  testSequencePort("sqlite", async () => {
    const world = await createSqliteWorld();
    const sequence = openSqliteSequencePort(world.db);
    return subject({ sequence }, sequence, world);
  });

  testFeatureStore("sqlite", async () => {
    const world = await createSqliteWorld();
    const store = openSqliteFeatureStore(world.db);
    return subject({ store, elapse: world.clock.advance }, store, world);
  });

  testAgreement("sqlite", async () => {
    const world = await createSqliteWorld();
    const bus = openSqliteEventBus(world.db);
    const settings = openSqliteSettingsStore(world.db);
    const sequence = openSqliteSequencePort(world.db);
    const features = openSqliteFeatureStore(world.db);
    const { advance } = world.clock;
    return subject(
      { bus, settings, sequence, features, elapse: advance },
      bus,
      settings,
      sequence,
      features,
      world,
    );
  }, { runs: 60 });
}
