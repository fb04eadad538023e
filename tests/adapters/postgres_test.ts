/**
 * The Postgres adapters obey the contracts of their ports.
 *
 * @module
 */
import { openPostgresEventBus } from "../../adapters/postgres/event_bus.ts";
import { openPostgresFeatureStore } from "../../adapters/postgres/feature_store.ts";
import { openPostgresSequencePort } from "../../adapters/postgres/sequence_port.ts";
import { openPostgresSettingsArchive } from "../../adapters/postgres/settings_archive.ts";
import { openPostgresSettingsStore } from "../../adapters/postgres/settings_store.ts";
import { testAgreement } from "../contracts/agreement.ts";
import { testEventBus } from "../contracts/event_bus.ts";
import { testFeatureStore } from "../contracts/feature_store.ts";
import { testSequencePort } from "../contracts/sequence_port.ts";
import { testSettingsArchive } from "../contracts/settings_archive.ts";
import { testSettingsStore } from "../contracts/settings_store.ts";
import { subject } from "../support/memory_world.ts";
import {
  createPostgresWorld,
  type PostgresWorld,
} from "../support/postgres_world.ts";
import { requireService } from "../support/services.ts";

const url = await requireService(import.meta.url, "postgres");

/**
 * Lets wall time pass, and that alone: the deadlines of real calls under way
 * must not run out by it.
 */
const wallTime = ({ clock }: PostgresWorld) => async (ms: number) =>
  clock.jumpWall(ms);

if (url) {
  testEventBus("postgres", async () => {
    const world = await createPostgresWorld(url);
    const bus = openPostgresEventBus(world.db);
    return subject({ bus, elapse: wallTime(world) }, bus, world);
  });

  testSettingsStore("postgres", async () => {
    const world = await createPostgresWorld(url);
    const bus = openPostgresEventBus(world.db);
    const store = openPostgresSettingsStore(world.db);
    return subject({ bus, store }, store, bus, world);
  });

  testSettingsArchive("postgres", async () => {
    const world = await createPostgresWorld(url);
    const bus = openPostgresEventBus(world.db);
    const store = openPostgresSettingsStore(world.db);
    const archive = openPostgresSettingsArchive(world.db);
    const elapse = wallTime(world);
    return subject({ bus, store, archive, elapse }, archive, store, bus, world);
  });

  testSequencePort("postgres", async () => {
    const world = await createPostgresWorld(url);
    const sequence = openPostgresSequencePort(world.db);
    return subject({ sequence }, sequence, world);
  });

  testFeatureStore("postgres", async () => {
    const world = await createPostgresWorld(url);
    const store = openPostgresFeatureStore(world.db);
    return subject({ store, elapse: wallTime(world) }, store, world);
  });

  testAgreement("postgres", async () => {
    const world = await createPostgresWorld(url);
    const bus = openPostgresEventBus(world.db);
    const settings = openPostgresSettingsStore(world.db);
    const sequence = openPostgresSequencePort(world.db);
    const features = openPostgresFeatureStore(world.db);
    return subject(
      { bus, settings, sequence, features, elapse: wallTime(world) },
      bus,
      settings,
      sequence,
      features,
      world,
    );
  }, { runs: 30 });
}
