/**
 * The reference adapters obey the contracts of their ports.
 *
 * @module
 */
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { openMemoryEventBus } from "../../adapters/memory/event_bus.ts";
import {
  createMemoryFeatures,
  openMemoryFeatureStore,
} from "../../adapters/memory/feature_store.ts";
import { createMemoryLog, type MemoryLog } from "../../adapters/memory/log.ts";
import { openMemorySettingsArchive } from "../../adapters/memory/settings_archive.ts";
import { createMemoryHistory } from "../../adapters/memory/settings_history.ts";
import {
  type MemorySettings,
  openMemorySettingsStore,
} from "../../adapters/memory/settings_store.ts";
import { parseChannelPatterns } from "../../domain/event/channel_pattern.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import { testEventBus } from "../contracts/event_bus.ts";
import { testFeatureStore } from "../contracts/feature_store.ts";
import { testSequencePort } from "../contracts/sequence_port.ts";
import { testSettingsArchive } from "../contracts/settings_archive.ts";
import { testSettingsStore } from "../contracts/settings_store.ts";
import { createCountedAbort } from "../support/abort_listeners.ts";
import { anEvent } from "../support/events.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { createMemoryWorld, subject } from "../support/memory_world.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";

testEventBus("memory", async () => {
  const { clock, ...world } = createMemoryWorld();
  const bus = world.bus();
  const { advance: elapse, jumpWall } = clock;
  return subject({ bus, elapse, jumpWall }, bus);
});

testSettingsStore("memory", async () => {
  const world = createMemoryWorld();
  const [bus, store] = [world.bus(), world.settings()];
  return subject({ bus, store }, store, bus);
});

testSettingsArchive("memory", async () => {
  const world = createMemoryWorld();
  const [bus, store, archive] = [
    world.bus(),
    world.settings(),
    world.archive(),
  ];
  const { advance: elapse } = world.clock;
  return subject({ bus, store, archive, elapse }, archive, store, bus);
});

testSequencePort("memory", async () => {
  const sequence = createMemoryWorld().sequence();
  return subject({ sequence }, sequence);
});

testFeatureStore("memory", async () => {
  const { clock, features } = createMemoryWorld();
  const store = features();
  return subject({ store, elapse: clock.advance }, store);
});

Deno.test("memory: a full log drops its oldest events and says so", async () => {
  const log = createMemoryLog({
    clock: createFakeClock(),
    entropy: createSeededEntropy(),
    capacity: 100,
  });
  await using bus = openMemoryEventBus(log);
  const first = anEvent();
  await bus.publish([first]);
  for (let i = 0; i < 500; i++) await bus.publish([anEvent()]);

  const { position, earliest } = await bus.head();
  equal(position, 501);
  equal(position - earliest + 1 <= 126, true);
  await rejects(bus.read({ after: 0, limit: 1 }), {
    code: "expired",
    facts: { earliest },
  });
  const page = await bus.read({ after: earliest - 1, limit: 1000 });
  deepEqual(
    page.events.map((event) => event.position),
    Array.from({ length: position - earliest + 1 }, (_, i) => earliest + i),
  );
  const [again] = await bus.publish([first]);
  deepEqual(again, { id: first.id, position: 502, duplicate: false });
});

Deno.test("memory: a full history forgets the oldest, and keeps what every document is", async () => {
  const [clock, entropy] = [createFakeClock(), createSeededEntropy()];
  const log = createMemoryLog({ clock, entropy });
  const documents: MemorySettings = new Map();
  const keys = ["1", "2"].map((user) =>
    parseSettingsKey(`user:${user}:mode:scalp`)
  );
  for (const [capacity, chars] of [[100, 1e9], [1e9, 1000]] as const) {
    documents.clear();
    const history = createMemoryHistory(capacity, chars);
    await using store = openMemorySettingsStore(log, documents, history);
    await using archive = openMemorySettingsArchive(log, documents, history);
    const json = JSON.stringify("x".repeat(8));
    const [first] = await store.write([{ key: keys[1]!, json }], "ann");
    for (let i = 0; i < 500; i++) {
      await store.write([{ key: keys[0]!, json }], "ann");
    }
    const edits = await archive.edits({ keys, after: 0, limit: 500 });
    equal(edits.length, 102);
    deepEqual([edits[0]!.version, edits[1]!.before], [first, undefined]);
    const { position } = log.head();
    await rejects(archive.at(keys, position - 101), {
      code: "expired",
      facts: { key: keys[0], earliest: position - 100 },
    });
    equal((await archive.at(keys, position - 100)).length, 2);
  }
});

Deno.test("memory: a full feature store drops what was used least recently", async () => {
  const features = createMemoryFeatures({
    clock: createFakeClock(),
    maxBytes: 10 * 1200,
  });
  await using store = openMemoryFeatureStore(features);
  const date = parseTradingDate("2026-01-05");
  const keys = Array.from(
    { length: 20 },
    (_, i) => ({ symbol: parseSymbol(`S${i}`), date }),
  );
  const { token } = await store.read(keys);
  const stamp = { set: "alpha158/1", window: "0", computedAt: 0 };
  for (const key of keys) {
    await store.fill(token, [{ ...key, json: "x".repeat(1000), stamp }], [60]);
    await store.read([keys[0]!]);
  }
  const { vectors } = await store.read(keys);
  equal(await store.size(), 10);
  equal(vectors[0] !== undefined, true);
  equal(vectors.slice(11).every((vector) => vector !== undefined), true);
});

/** A log whose listeners are counted. */
function createCountedLog() {
  const listening = new Set<unknown>();
  const log = createMemoryLog({
    clock: createFakeClock(),
    entropy: createSeededEntropy(),
  });
  const counted: MemoryLog = {
    ...log,
    listen(listener) {
      listening.add(listener);
      const stop = log.listen(listener);
      return () => {
        listening.delete(listener);
        stop();
      };
    },
  };
  return { log: counted, listening };
}

Deno.test("memory: a wait leaves no listener, however it ends", async () => {
  const { log, listening } = createCountedLog();
  await using bus = openMemoryEventBus(log);
  const [rung, aborted, closed] = [1, 2, 3].map(createCountedAbort);
  const wait = bus.wait(0, rung!.signal);
  deepEqual([listening.size, rung!.listeners], [1, 1]);
  await bus.publish([anEvent()]);
  await wait;
  deepEqual([listening.size, rung!.listeners], [0, 0]);

  await bus.wait(0, rung!.signal);
  deepEqual([listening.size, rung!.listeners], [0, 0]);

  const given = bus.wait(1, aborted!.signal);
  aborted!.abort();
  await rejects(given, { name: "AbortError" });
  deepEqual([listening.size, aborted!.listeners], [0, 0]);

  const ended = bus.wait(1, closed!.signal);
  ended.catch(() => {});
  await bus[Symbol.asyncDispose]();
  await rejects(ended, { code: "closed" });
  deepEqual([listening.size, closed!.listeners], [0, 0]);
});

Deno.test("memory: one read looks at a bounded number of events", async () => {
  const bus = createMemoryWorld().bus();
  const other = (channel: string) => anEvent({}, { channel });
  await bus.publish(Array.from({ length: 10_000 }, () => other("a.x")));
  await bus.publish([other("b.x"), other("b.x")]);
  const channels = parseChannelPatterns(["b.*"]);
  const first = await bus.read({ after: 0, limit: 1, channels });
  deepEqual([first.events, first.scannedTo], [[], 10_000]);
  const next = await bus.read({ after: 10_000, limit: 1, channels });
  deepEqual(next.events.map((event) => event.position), [10_001]);
  equal(next.scannedTo, 10_001);
});
