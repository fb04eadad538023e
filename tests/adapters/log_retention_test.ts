/**
 * The log retention obeys its contract, on every database of record.
 *
 * @module
 */
import { openMemoryGroupStore } from "../../adapters/memory/group_store.ts";
import { openNoopEventBus } from "../../adapters/noop/event_bus.ts";
import { openNoopGroupStore } from "../../adapters/noop/group_store.ts";
import { openNoopLogRetention } from "../../adapters/noop/log_retention.ts";
import { openNoopSettingsArchive } from "../../adapters/noop/settings_archive.ts";
import { openNoopSettingsStore } from "../../adapters/noop/settings_store.ts";
import { openPostgresEventBus } from "../../adapters/postgres/event_bus.ts";
import { openPostgresGroupStore } from "../../adapters/postgres/group_store.ts";
import { openPostgresLogRetention } from "../../adapters/postgres/log_retention.ts";
import { openPostgresSettingsArchive } from "../../adapters/postgres/settings_archive.ts";
import { openPostgresSettingsStore } from "../../adapters/postgres/settings_store.ts";
import { openSqliteEventBus } from "../../adapters/sqlite/event_bus.ts";
import { openSqliteGroupStore } from "../../adapters/sqlite/group_store.ts";
import { openSqliteLogRetention } from "../../adapters/sqlite/log_retention.ts";
import { openSqliteSettingsArchive } from "../../adapters/sqlite/settings_archive.ts";
import { openSqliteSettingsStore } from "../../adapters/sqlite/settings_store.ts";
import {
  LOG_RETENTION_LAWS,
  testLogRetention,
} from "../contracts/log_retention.ts";
import type { LogRetentionSubject } from "../contracts/log_retention_subject.ts";
import { rejects } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { createMemoryWorld, subject } from "../support/memory_world.ts";
import { needs } from "../support/needs.ts";
import { createPostgresWorld } from "../support/postgres_world.ts";
import { requireService } from "../support/services.ts";
import { createSqliteWorld } from "../support/sqlite_world.ts";

function openMemory() {
  const world = createMemoryWorld();
  const retention = world.retention();
  const parts = {
    retention,
    bus: world.bus(),
    groups: world.groups(),
    settings: world.settings(),
    archive: world.archive(),
    elapse: world.clock.advance,
  };
  return { world, ...subject(parts, retention) };
}

testLogRetention("memory", () => Promise.resolve(openMemory()));

const NO_EVENTS = "it holds no event";
testLogRetention("noop", async () => {
  const retention = openNoopLogRetention();
  return subject({
    retention,
    bus: openNoopEventBus(),
    groups: openNoopGroupStore(),
    settings: openNoopSettingsStore(),
    archive: openNoopSettingsArchive(),
    elapse: createFakeClock().advance,
  }, retention);
}, {
  "what is older than a time is dropped, and readers behind it are told":
    NO_EVENTS,
  "of age and number the tighter one holds": NO_EVENTS,
  "what is young stays, and the newest event always": NO_EVENTS,
  "retention never passes an active group, unless it is forced": NO_EVENTS,
  "of a group the oldest event that is not settled counts": NO_EVENTS,
  "a dead letter holds nothing back, and keeps its event": NO_EVENTS,
  "a group is not made where the log does not begin any more, nor sent there":
    NO_EVENTS,
  "a group that is made or sent back at the same moment is not overtaken":
    NO_EVENTS,
  "one call drops a bounded number, and says whether there is more": NO_EVENTS,
  "several may drop at once, while others append: nothing is lost that is needed":
    NO_EVENTS,
  "an id counts as long as its event is held": NO_EVENTS,
  "documents keep their versions and what they were": NO_EVENTS,
  "what is dropped agrees with a plain model on random logs and groups":
    NO_EVENTS,
  "an aborted call does nothing, and a closed port refuses": NO_EVENTS,
});

if (await needs(import.meta.url, ["read", "write"])) {
  testLogRetention("sqlite", async () => {
    const world = await createSqliteWorld();
    const retention = openSqliteLogRetention(world.db);
    return subject(
      {
        retention,
        bus: openSqliteEventBus(world.db),
        groups: openSqliteGroupStore(world.db),
        settings: openSqliteSettingsStore(world.db),
        archive: openSqliteSettingsArchive(world.db),
        elapse: world.clock.advance,
      },
      retention,
      world,
    );
  });
}

const url = await requireService(import.meta.url, "postgres");
if (url) {
  testLogRetention("postgres", async () => {
    const world = await createPostgresWorld(url);
    const retention = openPostgresLogRetention(world.db);
    return subject(
      {
        retention,
        bus: openPostgresEventBus(world.db),
        groups: openPostgresGroupStore(world.db),
        settings: openPostgresSettingsStore(world.db),
        archive: openPostgresSettingsArchive(world.db),
        elapse: world.clock.advance,
      },
      retention,
      world,
    );
  });
}

/** Expects that `broken` breaks the law. */
async function notices(
  law: keyof typeof LOG_RETENTION_LAWS,
  broken: LogRetentionSubject,
): Promise<void> {
  await using one = broken;
  await rejects(LOG_RETENTION_LAWS[law](one), { name: "AssertionError" });
}

Deno.test("the laws notice a retention that does not look at groups", async () => {
  const { world: _, ...memory } = openMemory();
  const trim: typeof memory.retention.trim = (limits) =>
    memory.retention.trim({ ...limits, forceMs: Number.MAX_SAFE_INTEGER });
  const broken = { ...memory, retention: { ...memory.retention, trim } };
  await notices(
    "retention never passes an active group, unless it is forced",
    broken,
  );
});

Deno.test("the laws notice groups that are made without looking where the log begins", async () => {
  const { world, ...memory } = openMemory();
  const head = () => ({ ...world.log.head(), earliest: 1 });
  const groups = openMemoryGroupStore({ ...world.log, head });
  await notices(
    "a group is not made where the log does not begin any more, nor sent there",
    { ...memory, groups },
  );
});
