/**
 * Following invalidations: what the log says is void is forgotten, and all is
 * when the log was lost sight of.
 *
 * @module
 */
import { openMemoryEventBus } from "../../adapters/memory/event_bus.ts";
import { createMemoryLog } from "../../adapters/memory/log.ts";
import { openNoopEventBus } from "../../adapters/noop/event_bus.ts";
import { openSwitchingEventBus } from "../../adapters/switching/event_bus.ts";
import { featuresInvalidated } from "../../domain/event/own_events.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { followInvalidations } from "../../src/services/invalidations.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { createFeatureWorld } from "../support/feature_world.ts";
import { weekdayBars } from "../support/market.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { pass, settle } from "../support/turns.ts";

const A = parseSymbol("AAA");
const B = parseSymbol("BBB");
const SERIES = { AAA: weekdayBars({ seed: 1 }), BBB: weekdayBars({ seed: 2 }) };
const THURSDAY = parseTradingDate("2026-01-01");
const FRIDAY = parseTradingDate("2026-01-02");
const KEYS = [A, B].flatMap((symbol) =>
  [THURSDAY, FRIDAY].map((date) => ({ symbol, date }))
);
const ALL = ["AAA 01", "AAA 02", "BBB 01", "BBB 02"];

const ids = createSeededEntropy(42);

/** An invalidation as another instance publishes it. */
function invalidation(scope: { symbol?: string; date?: string } = {}) {
  const told = { ...scope, reason: "corrected", actor: "another" };
  return featuresInvalidated(told, anEvent().id, 0);
}

/** A full store, and a follower of the log that has just begun. */
async function createWorld(bus?: EventBus) {
  const world = await createFeatureWorld(SERIES, bus ? { bus } : {});
  const { clock, entropy, telemetry, features, store } = world;
  const fill = async () => {
    for (const date of [THURSDAY, FRIDAY]) await features.get([A, B], date);
  };
  const stop = new AbortController();
  const follow = () =>
    followInvalidations(
      { bus: world.bus.port, features, clock, entropy, telemetry },
      stop.signal,
    );
  const ended = follow();
  await settle();
  await fill();
  return {
    ...world,
    ended,
    fill,
    follow,
    publish: (...events: ReturnType<typeof anEvent>[]) =>
      world.bus.port.publish(events),
    /** What is held once all is quiet. */
    async held() {
      await settle();
      const { vectors } = await store.port.read(KEYS);
      return vectors.flatMap((one) =>
        one ? [`${one.symbol} ${one.date.slice(-2)}`] : []
      );
    },
    warnings: () => telemetry.logged("warn").map((line) => line.fields["code"]),
    async stop() {
      stop.abort(new Error("enough"));
      await ended;
    },
  };
}

Deno.test("what anybody invalidates is forgotten, and nothing else", async () => {
  const cases: [Parameters<typeof invalidation>[0], string[]][] = [
    [{ symbol: "AAA" }, ["BBB 01", "BBB 02"]],
    [{ date: "2026-01-02" }, ["AAA 01", "BBB 01"]],
    [{ symbol: "BBB", date: "2026-01-01" }, ["AAA 01", "AAA 02", "BBB 02"]],
    [{ symbol: "CCC" }, ALL],
    [{}, []],
  ];
  const { publish, held, fill, stop, warnings } = await createWorld();
  for (const [scope, left] of cases) {
    await fill();
    await publish(invalidation(scope));
    deepEqual(await held(), left);
  }
  deepEqual(warnings(), []);
  await stop();
});

Deno.test("several invalidations at once are all followed", async () => {
  const { publish, held, stop } = await createWorld();
  await publish(
    invalidation({ symbol: "AAA", date: "2026-01-01" }),
    anEvent(),
    invalidation({ symbol: "BBB", date: "2026-01-02" }),
  );
  deepEqual(await held(), ["AAA 02", "BBB 01"]);
  await stop();
});

Deno.test("following begins with nothing held: nobody knows what was missed before", async () => {
  const { held, stop, follow } = await createWorld();
  deepEqual(await held(), ALL);
  const ended = follow();
  deepEqual(await held(), []);
  await stop();
  await ended;
});

Deno.test("other events are no matter", async () => {
  const { publish, held, stop } = await createWorld();
  await publish(anEvent({ symbol: "AAA" }), anEvent({}, { channel: "a.b" }));
  deepEqual(await held(), ALL);
  await stop();
});

for (
  const data of [
    { symbol: "../AAA" },
    { symbol: null },
    { symbol: 7, date: "2026-01-01" },
    { symbol: "AAA", date: "2026-02-30" },
    { symbol: "AAA", date: 20260101 },
  ]
) {
  Deno.test(`what cannot be understood voids all: ${JSON.stringify(data)}`, async () => {
    const { publish, held, stop } = await createWorld();
    await publish(anEvent(data, { channel: "features.invalidated" }));
    deepEqual(await held(), []);
    await stop();
  });
}

Deno.test("a log that is away for a while is caught up with, and nothing is lost", async () => {
  const { publish, held, stop, bus, clock, telemetry, warnings } =
    await createWorld();
  bus.fail("read", "unavailable");
  await publish(invalidation({ symbol: "AAA" }));
  await pass(clock, 5000);
  deepEqual(await held(), ALL);
  bus.mend();
  await pass(clock, 1000);
  deepEqual(await held(), ["BBB 01", "BBB 02"]);
  deepEqual(warnings(), []);
  const labels = { port: "event_bus", code: "unavailable" };
  equal(telemetry.counted("holdfast_port_errors_total", labels) > 1, true);
  await stop();
});

Deno.test("when events have expired unseen, all is forgotten, and following goes on", async () => {
  const { clock } = await createFeatureWorld();
  const log = createMemoryLog({ clock, entropy: ids, capacity: 10 });
  const { publish, held, stop, bus, fill, clock: time, warnings } =
    await createWorld(openMemoryEventBus(log));
  bus.fail("read", "unavailable");
  await publish(invalidation({ symbol: "AAA" }));
  for (let i = 0; i < 50; i++) await publish(anEvent());
  await pass(time, 1000);
  bus.mend();
  await pass(time, 2000);
  deepEqual(await held(), []);
  deepEqual(warnings(), ["expired"]);

  await fill();
  await publish(invalidation({ symbol: "BBB" }));
  deepEqual(await held(), ["AAA 01", "AAA 02"]);
  await stop();
});

Deno.test("when the log begins another life, all is forgotten, and following goes on", async () => {
  const { clock } = await createFeatureWorld();
  const [first, second] = [1, 2].map((seed) => {
    const entropy = createSeededEntropy(seed);
    return openMemoryEventBus(createMemoryLog({ clock, entropy }));
  });
  const switching = openSwitchingEventBus("first", first!);
  const { publish, held, stop, fill, clock: time, warnings } =
    await createWorld(switching);
  await switching.swapTo("second", second!);
  await publish(anEvent());
  await pass(time, 1000);
  deepEqual(await held(), []);
  deepEqual(warnings(), ["epoch_changed"]);

  await fill();
  await publish(invalidation({ symbol: "BBB" }));
  deepEqual(await held(), ["AAA 01", "AAA 02"]);
  await stop();
});

Deno.test("what could not be forgotten is, once the store is back", async () => {
  const { publish, held, stop, store, clock, fill, warnings } =
    await createWorld();
  store.fail("invalidate", "unavailable");
  await publish(invalidation({ symbol: "AAA" }));
  await pass(clock, 10_000);
  deepEqual(await held(), ALL);
  deepEqual(warnings(), ["unavailable"]);
  store.mend();
  await pass(clock, 1000);
  deepEqual(await held(), []);

  await fill();
  await publish(invalidation({ symbol: "BBB" }));
  deepEqual(await held(), ["AAA 01", "AAA 02"]);

  store.fail("invalidate", "unavailable");
  await publish(invalidation({ symbol: "BBB" }));
  await settle();
  store.mend();
  await pass(clock, 20);
  deepEqual(await held(), [], "after success it does not wait long again");
  await stop();
});

Deno.test("nothing is missed that comes while all is being forgotten", async () => {
  const { publish, held, stop, store, clock, fill } = await createWorld();
  store.fail("invalidate", "unavailable");
  await publish(invalidation({ symbol: "AAA" }));
  await settle();
  store.before("invalidate", async () => {
    store.mend();
    await publish(invalidation({ symbol: "BBB" }));
    store.before("invalidate", async () => {
      store.mend();
      await fill();
    });
  });
  await pass(clock, 1000);
  deepEqual(await held(), ["AAA 01", "AAA 02"]);
  await stop();
});

Deno.test("a lasting failure of the log is logged once, and retried without haste", async () => {
  const { publish, held, stop, bus, clock, warnings } = await createWorld();
  bus.fail("read", "corrupt");
  await publish(invalidation());
  await pass(clock, 60_000);
  deepEqual(warnings(), ["corrupt"]);
  equal(bus.calls("read") < 150, true);
  bus.mend();
  await pass(clock, 1000);
  deepEqual(await held(), []);
  await stop();
});

Deno.test("a mistake ends the follower with it", async () => {
  const { publish, store, ended } = await createWorld();
  const over = rejects(ended, { message: "a mistake" });
  store.fail("invalidate", new TypeError("a mistake"));
  await publish(invalidation());
  await over;
});

Deno.test("with events switched off there is nothing to follow", async () => {
  const { held, stop, features } = await createWorld(openNoopEventBus());
  deepEqual(await held(), ALL);
  await features.invalidate({ symbol: A }, "me");
  deepEqual(await held(), ["BBB 01", "BBB 02"]);
  await stop();
});

Deno.test("a log that is away at the start is waited for", async () => {
  const late = await createWorld();
  late.bus.fail("head", "unavailable");
  const ended = late.follow();
  await pass(late.clock, 5000);
  late.bus.mend();
  await pass(late.clock, 5000);
  await late.fill();
  await late.publish(invalidation({ symbol: "AAA" }));
  deepEqual(await late.held(), ["BBB 01", "BBB 02"]);
  await late.stop();
  await ended;
});

Deno.test("following ends at once when it is told to, whatever it is doing", async () => {
  const waiting = await createWorld();
  await settle();
  await waiting.stop();

  const pausing = await createWorld();
  pausing.bus.fail("wait", "unavailable");
  await pausing.publish(anEvent());
  await settle();
  await pausing.stop();

  const recovering = await createWorld();
  recovering.store.fail("invalidate", "unavailable");
  await recovering.publish(invalidation());
  await pass(recovering.clock, 5000);
  await recovering.stop();

  const { publish, store, stop } = await createWorld();
  let stopped: Promise<void> | undefined;
  store.before("invalidate", () => {
    stopped = stop();
    throw new Error("closing");
  });
  await publish(invalidation());
  await settle();
  await stopped;
});
