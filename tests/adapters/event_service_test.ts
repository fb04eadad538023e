/**
 * Events as services see them over each database of record; over Postgres with
 * Redis, `tests/composition_test.ts` holds them to the same laws.
 *
 * @module
 */
import { openPostgresEventBus } from "../../adapters/postgres/event_bus.ts";
import { openPostgresGroupStore } from "../../adapters/postgres/group_store.ts";
import { openSqliteEventBus } from "../../adapters/sqlite/event_bus.ts";
import { openSqliteGroupStore } from "../../adapters/sqlite/group_store.ts";
import { testEventService } from "../contracts/event_service.ts";
import { createMemoryWorld, subject } from "../support/memory_world.ts";
import { needs } from "../support/needs.ts";
import { createPostgresWorld } from "../support/postgres_world.ts";
import { requireService } from "../support/services.ts";
import { createSqliteWorld } from "../support/sqlite_world.ts";

testEventService("memory", async () => {
  const world = createMemoryWorld();
  const [bus, store] = [world.bus(), world.groups()];
  return subject({ bus, store }, store, bus);
});

if (await needs(import.meta.url, ["read", "write"])) {
  testEventService("sqlite", async () => {
    const world = await createSqliteWorld();
    const bus = openSqliteEventBus(world.db);
    const store = openSqliteGroupStore(world.db);
    return subject({ bus, store }, store, bus, world);
  });
}

const url = await requireService(import.meta.url, "postgres");
if (url) {
  testEventService("postgres", async () => {
    const world = await createPostgresWorld(url);
    const bus = openPostgresEventBus(world.db);
    const store = openPostgresGroupStore(world.db);
    return subject({ bus, store }, store, bus, world);
  });
}
