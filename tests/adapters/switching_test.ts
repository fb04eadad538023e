/**
 * The switching adapters obey the contracts of their ports while they are
 * being swapped to and fro, and keep their own promises.
 *
 * @module
 */
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { openSwitchingEventBus } from "../../adapters/switching/event_bus.ts";
import { openSwitchingFeatureStore } from "../../adapters/switching/feature_store.ts";
import { openSwitchingSequencePort } from "../../adapters/switching/sequence_port.ts";
import { openSwitchingSettingsStore } from "../../adapters/switching/settings_store.ts";
import { parseSequenceDay } from "../../domain/sequence.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { FeatureStore } from "../../ports/feature_store.ts";
import type { SequencePort } from "../../ports/sequence_port.ts";
import type { Switchable } from "../../ports/switchable.ts";
import { testAgreement } from "../contracts/agreement.ts";
import { testEventBus } from "../contracts/event_bus.ts";
import { testFeatureStore } from "../contracts/feature_store.ts";
import { testSequencePort } from "../contracts/sequence_port.ts";
import { testSettingsStore } from "../contracts/settings_store.ts";
import { createCountedAbort } from "../support/abort_listeners.ts";
import { countSignalListeners } from "../support/signal_listeners.ts";
import { anEvent } from "../support/events.ts";
import { createMemoryWorld, subject } from "../support/memory_world.ts";

/** How often a swap came while calls were under way, over all laws. */
let busySwaps = 0;
let underWay = 0;

const turn = () => new Promise((resolve) => setTimeout(resolve));

/** The same port, each of whose calls takes some turns of the event loop. */
function slowly<Port extends object>(port: Port): Port {
  return new Proxy(port, {
    get(target, name) {
      const method = Reflect.get(target, name);
      const isPlain = name === Symbol.asyncDispose || name === "recall";
      if (typeof method !== "function" || isPlain) {
        return method;
      }
      return async (...args: unknown[]) => {
        underWay++;
        try {
          await turn();
          return await method.apply(target, args);
        } finally {
          await turn();
          underWay--;
        }
      };
    },
  });
}

/** Swaps between adapters every few turns of the event loop until closed. */
function keepSwapping<Port extends object>(
  switching: Switchable<Port>,
  open: () => Port & AsyncDisposable,
): AsyncDisposable {
  const adapters = [open(), open()];
  let running = true;
  const loop = (async () => {
    for (let i = 0; running; i++) {
      if (underWay > 0) busySwaps++;
      const swap = switching.swapTo(`${i % 2}`, slowly(adapters[i % 2]!));
      if (i % 3 === 0) await swap;
      for (let turns = i % 10; turns >= 0; turns--) await turn();
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      running = false;
      await loop;
      while (underWay > 0) await turn();
      for (const adapter of adapters) await adapter[Symbol.asyncDispose]();
    },
  };
}

testEventBus("switching under load", async () => {
  const { clock, bus: open } = createMemoryWorld();
  const first = open();
  const bus = openSwitchingEventBus("memory", first);
  const load = keepSwapping(bus, open);
  const { advance: elapse, jumpWall } = clock;
  return subject({ bus, elapse, jumpWall }, load, bus, first);
});

testSettingsStore("switching under load", async () => {
  const world = createMemoryWorld();
  const [bus, first] = [world.bus(), world.settings()];
  const store = openSwitchingSettingsStore("memory", first);
  const load = keepSwapping(store, world.settings);
  return subject({ bus, store }, load, store, first, bus);
});

testSequencePort("switching under load", async () => {
  const world = createMemoryWorld();
  const first = world.sequence();
  const sequence = openSwitchingSequencePort("memory", first);
  const load = keepSwapping(sequence, world.sequence);
  return subject({ sequence }, load, sequence, first);
});

testFeatureStore("switching under load", async () => {
  const { clock, features } = createMemoryWorld();
  const first = features();
  const store = openSwitchingFeatureStore("memory", first);
  const load = keepSwapping(store, features);
  return subject({ store, elapse: clock.advance }, load, store, first);
});

Deno.test("switching: the contracts held through swaps with calls under way", () => {
  ok(busySwaps > 100, `only ${busySwaps} swaps met calls under way`);
});

Deno.test("switching: calls under way end where they began, and swapTo() waits for them", async () => {
  const [ann, day] = [parseUserId("ann"), parseSequenceDay("20260105")];
  const held = Promise.withResolvers<void>();
  const slow: SequencePort = {
    async next() {
      await held.promise;
      return { first: 1, last: 1 };
    },
    async [Symbol.asyncDispose]() {},
  };
  await using quick = createMemoryWorld().sequence();
  await using sequence = openSwitchingSequencePort("slow", slow);

  const underWay = sequence.next(ann, day, 1);
  let drained = false;
  const swap = sequence.swapTo("quick", quick).then(() => drained = true);
  equal(sequence.active, "quick");
  equal((await sequence.next(ann, day)).first, 1);
  equal(drained, false);
  held.resolve();
  equal((await underWay).first, 1);
  await swap;
});

Deno.test("switching: a wait moves to the next adapter and hears its news", async () => {
  const { bus: open } = createMemoryWorld();
  await using first = open();
  await using second = open();
  await using bus = openSwitchingEventBus("first", first);
  const wait = bus.wait(0);
  await bus.swapTo("second", second);
  await first[Symbol.asyncDispose]();
  await second.publish([anEvent()]);
  await wait;
});

Deno.test("switching: a swap does not wait for those who wait for news", async () => {
  const { bus: open } = createMemoryWorld();
  await using first = open();
  await using second = open();
  await using bus = openSwitchingEventBus("first", first);
  const stop = new AbortController();
  const wait = bus.wait(0, stop.signal);
  await bus.swapTo("second", second);
  stop.abort(new Error("enough"));
  await rejects(wait, { message: "enough" });
});

Deno.test("switching: a wait leaves no listener on its signal or the switch, however it ends", async () => {
  const { bus: open } = createMemoryWorld();
  await using first = open();
  await using bus = openSwitchingEventBus("first", first);
  const stop = createCountedAbort();
  using all = countSignalListeners();
  const wait = bus.wait(0, stop.signal);
  deepEqual([stop.listeners, all.count > 0], [1, true]);
  await bus.publish([anEvent()]);
  await wait;
  deepEqual([stop.listeners, all.count], [0, 0]);

  const swapped = bus.wait(1, stop.signal);
  await bus.swapTo("first again", first);
  await bus.publish([anEvent()]);
  await swapped;
  deepEqual([stop.listeners, all.count], [0, 0]);

  const aborted = bus.wait(2, stop.signal);
  stop.abort();
  await rejects(aborted, { name: "AbortError" });
  deepEqual([stop.listeners, all.count], [0, 0]);
});

Deno.test("switching: a feature store that comes back has forgotten what was invalidated meanwhile", async () => {
  await using first = createMemoryWorld().features();
  await using second = createMemoryWorld().features();
  await using store = openSwitchingFeatureStore("first", first);
  const date = parseTradingDate("2026-01-05");
  const keys = ["A", "B"].map((s) => ({ symbol: parseSymbol(s), date }));
  const stamp = { set: "alpha158/1", window: "0", computedAt: 0 };
  const fill = async (store: FeatureStore) => {
    const { token } = await store.read(keys);
    const vectors = keys.map((key) => ({ ...key, json: "{}", stamp }));
    return store.fill(token, vectors, [60, 60]);
  };
  const held = async () =>
    (await store.read(keys)).vectors.map((v) => v?.symbol);

  equal(await fill(store), 2);
  const { token } = await store.read(keys);
  await store.swapTo("second", second);
  equal(await store.fill(token, [{ ...keys[0]!, json: "{}", stamp }], [60]), 0);
  await store.invalidate({ symbol: keys[0]!.symbol });
  await store.swapTo("first", first);
  deepEqual(await held(), [undefined, "B"]);

  await store.swapTo("second", second);
  for (let i = 0; i < 300; i++) {
    await store.invalidate({ symbol: parseSymbol(`X${i}`) });
  }
  await store.swapTo("first", first);
  deepEqual(await held(), [undefined, undefined]);
});

testAgreement("switching", async () => {
  const { clock, ...world } = createMemoryWorld();
  const [bus, settings] = [world.bus(), world.settings()];
  const [sequence, features] = [world.sequence(), world.features()];
  return subject(
    {
      bus: openSwitchingEventBus("memory", bus),
      settings: openSwitchingSettingsStore("memory", settings),
      sequence: openSwitchingSequencePort("memory", sequence),
      features: openSwitchingFeatureStore("memory", features),
      elapse: clock.advance,
    },
    bus,
    settings,
    sequence,
    features,
  );
});
