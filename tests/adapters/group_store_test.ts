/**
 * The group stores obey their contract, on every database of record.
 *
 * @module
 */
import { openNoopEventBus } from "../../adapters/noop/event_bus.ts";
import { openNoopGroupStore } from "../../adapters/noop/group_store.ts";
import { openPostgresEventBus } from "../../adapters/postgres/event_bus.ts";
import { openPostgresGroupStore } from "../../adapters/postgres/group_store.ts";
import { openSqliteEventBus } from "../../adapters/sqlite/event_bus.ts";
import { openSqliteGroupStore } from "../../adapters/sqlite/group_store.ts";
import { changeOf } from "../../domain/event_group/change.ts";
import { createGroup } from "../../domain/event_group/group.ts";
import { DEFAULT_POLICY } from "../../domain/event_group/policy.ts";
import { testGroupStore } from "../contracts/event_groups.ts";
import { rejects } from "../support/assert.ts";
import { createMemoryWorld, subject } from "../support/memory_world.ts";
import { needs } from "../support/needs.ts";
import { createPostgresWorld } from "../support/postgres_world.ts";
import { requireService } from "../support/services.ts";
import { createSqliteWorld } from "../support/sqlite_world.ts";

testGroupStore("memory", async () => {
  const world = createMemoryWorld();
  const [bus, store] = [world.bus(), world.groups()];
  return subject({ bus, store }, store, bus);
});

const KEEPS_NOTHING = "it keeps nothing";
testGroupStore("noop", async () => {
  const [bus, store] = [openNoopEventBus(), openNoopGroupStore()];
  return subject({ bus, store }, store, bus);
}, {
  "a group is read back whole": KEEPS_NOTHING,
  "entries are added, replaced and taken away": KEEPS_NOTHING,
  "of those who write on one version, one succeeds": KEEPS_NOTHING,
  "a group that was deleted is not written, nor one that came after it":
    KEEPS_NOTHING,
  "what a handler appends and its ack are kept together": KEEPS_NOTHING,
  "who waits for the log hears of effects": KEEPS_NOTHING,
  "effects that the log does not take are refused, and the ack with them":
    KEEPS_NOTHING,
  "an effect under another event's id is refused": KEEPS_NOTHING,
  "a dead letter keeps its event, and what is known of it": KEEPS_NOTHING,
  "a dead letter of another epoch gets no event": KEEPS_NOTHING,
  "dead letters are listed by group, key and page": KEEPS_NOTHING,
  "an answer is bounded by its events, and has one at least": KEEPS_NOTHING,
  "groups are listed by name, with what they have out": KEEPS_NOTHING,
  "an aborted call does nothing": KEEPS_NOTHING,
});

Deno.test("noop: a group is refused, never pretended", async () => {
  await using store = openNoopGroupStore();
  const state = createGroup({
    name: "g",
    incarnation: "i1",
    policy: DEFAULT_POLICY,
    epoch: "0",
    position: 0,
  });
  const change = changeOf(undefined, { state, letters: [], gone: [] });
  await rejects(store.save(change), {
    code: "unsupported",
    message: /switched off/,
  });
});

if (await needs(import.meta.url, ["read", "write"])) {
  testGroupStore("sqlite", async () => {
    const world = await createSqliteWorld();
    const bus = openSqliteEventBus(world.db);
    const store = openSqliteGroupStore(world.db);
    return subject({ bus, store }, store, bus, world);
  });
}

const url = await requireService(import.meta.url, "postgres");
if (url) {
  testGroupStore("postgres", async () => {
    const world = await createPostgresWorld(url);
    const bus = openPostgresEventBus(world.db);
    const store = openPostgresGroupStore(world.db);
    return subject({ bus, store }, store, bus, world);
  });
}
