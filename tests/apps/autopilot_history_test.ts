/**
 * The trades that the autopilot counts: read at the start, followed, and the
 * same however they came to be known.
 *
 * @module
 */
import fc from "fast-check";
import {
  createTradeBook,
  type TradeBook,
} from "../../domain/autopilot/trade_book.ts";
import type { NewEvent } from "../../domain/event/event.ts";
import { TRADING_MODES } from "../../domain/settings/field.ts";
import {
  createTradeHistory,
  HISTORY_MS,
} from "../../src/apps/autopilot_history.ts";
import { deepEqual, equal, match, rejects } from "../support/assert.ts";
import {
  ADA,
  createAutopilotWorld,
  ordersEvent,
  positionEvent,
  roundTrip,
} from "../support/autopilot_world.ts";
import { anEvent } from "../support/events.ts";
import { guardPort } from "../support/guarded_port.ts";
import { weekdayBars, withValue } from "../support/market.ts";
import { createMemoryWorld } from "../support/memory_world.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { pass, settle } from "../support/turns.ts";

const USERS = ["ada", "bob"];
const DAY_MS = 86_400_000;

/** Everything that a book knows at `now`. */
function contents(book: TradeBook, now: number) {
  return USERS.map((user) => ({
    positions: book.positions(user),
    all: book.tally(user, undefined, now, now - now % DAY_MS),
    modes: TRADING_MODES.map((mode) => ({
      tally: book.tally(user, mode, now, now - now % DAY_MS),
      exposure: book.exposure(user, mode, now),
    })),
  }));
}

function createHistoryWorld(options: { readonly capacity?: number } = {}) {
  const memory = createMemoryWorld(options);
  const { clock } = memory;
  const bus = guardPort(memory.bus());
  const telemetry = createRecordingTelemetry();
  const entropy = createSeededEntropy();
  const stop = new AbortController();
  return {
    memory,
    clock,
    bus,
    telemetry,
    stop,
    publish: (events: readonly NewEvent[]) => bus.port.publish(events),
    open: (pageSize = 1000) => {
      const history = createTradeHistory({
        bus: bus.port,
        clock,
        entropy,
        telemetry,
        pageSize,
      });
      return { history, done: history.run(stop.signal) };
    },
    [Symbol.dispose]: () => stop.abort(),
  };
}

const trades = (book: TradeBook | undefined, now: number) =>
  book?.tally(ADA, undefined, now, 0).tradesHour;

Deno.test("there is no book until the log has been read to its end", async () => {
  using world = createHistoryWorld();
  await world.publish(Array.from({ length: 5 }, () => ordersEvent()));
  const gate = Promise.withResolvers<void>();
  let reads = 0;
  world.bus.before("read", () => ++reads === 3 ? gate.promise : undefined);
  const { history } = world.open(2);
  await settle(1000);
  equal(history.current(), undefined);
  gate.resolve();
  await settle(1000);
  const { position, epoch, book } = history.current()!;
  equal(position, 5);
  equal(epoch, world.memory.log.head().epoch);
  equal(trades(book, world.clock.now()), 5);
});

Deno.test("an empty log is read at once, and followed", async () => {
  using world = createHistoryWorld();
  const { history } = world.open();
  await settle();
  equal(history.current()?.position, 0);
  await world.publish([ordersEvent(), anEvent()]);
  await settle(1000);
  equal(trades(history.current()?.book, world.clock.now()), 1);
});

Deno.test("trades are read from 31 days ago on", async () => {
  using world = createHistoryWorld();
  await world.publish([positionEvent(5, "10", { symbol: "OLD" })]);
  await world.clock.advance(1);
  await world.publish([positionEvent(5, "10", { symbol: "NEW" })]);
  await world.clock.advance(HISTORY_MS);
  const { history } = world.open();
  await settle(1000);
  const held = history.current()!.book.positions(ADA);
  deepEqual(held.map(({ symbol }) => symbol), ["NEW"]);
});

/** One thing that happens, and the time until the next. */
const HAPPENING: fc.Arbitrary<{ event: NewEvent; thenMs: number }> = fc.record({
  event: fc.oneof(
    fc.record({
      user: fc.constantFrom(...USERS),
      mode: fc.constantFrom("scalp", "swing", undefined),
      num_accepted: fc.nat(3),
    }).map(({ user, ...data }) => ordersEvent(data, user)),
    fc.record({
      user: fc.constantFrom(...USERS),
      mode: fc.constantFrom("scalp", "swing", undefined),
      symbol: fc.constantFrom("AAA", "BBB"),
      change: fc.integer({ min: -20, max: 20 }),
      price: fc.integer({ min: 1, max: 5000 }),
    }).map(({ user, change, price, ...data }) =>
      positionEvent(change, String(price / 100), data, user)
    ),
    fc.record({
      ticker: fc.constantFrom("AAA", "BBB", "CCC"),
      mode: fc.constantFrom("scalp", "swing"),
      ago: fc.nat(90_000),
    }).map(({ ago, ...data }) =>
      anEvent({ ...data, setup_id: 1, size_usd: "50" }, {
        channel: "signal.triggered",
        meta: {
          timestamp: new Date(Date.UTC(2026, 0, 2, 3, 4, 5) - ago)
            .toISOString(),
          user: "ada",
        },
      })
    ),
    fc.constant(undefined).map(() => anEvent({})),
  ),
  thenMs: fc.constantFrom(0, 1, 30_000, 3_600_000, 10 * 3_600_000),
});

Deno.test("who reads the log afterwards, in pages of any size, counts as who lived through it", async () => {
  const story = fc.array(HAPPENING, { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(story, fc.integer({ min: 1, max: 9 }), async (
      happenings,
      pageSize,
    ) => {
      using world = createHistoryWorld();
      const { history: lived } = world.open();
      await settle();
      const book = createTradeBook();
      for (const { event, thenMs } of happenings) {
        await world.publish([event]);
        await settle(50);
        const { position } = world.memory.log.head();
        book.apply(world.memory.log.at(position));
        if (thenMs > 0) await world.clock.advance(thenMs);
      }
      const { history: rebuilt } = world.open(pageSize);
      await settle(3000);
      const now = world.clock.now();
      deepEqual(contents(rebuilt.current()!.book, now), contents(book, now));
      deepEqual(contents(lived.current()!.book, now), contents(book, now));
    }),
    { numRuns: 25 },
  );
});

Deno.test("after a gap, and in another epoch, all is read again", async () => {
  using world = createHistoryWorld({ capacity: 8 });
  const { history } = world.open();
  await world.publish([ordersEvent()]);
  await settle(1000);
  const before = history.current()!;
  world.memory.log.renewEpoch();
  await pass(world.clock, 10_000);
  const after = history.current()!;
  equal(after.book === before.book, false);
  equal(after.epoch, world.memory.log.head().epoch);
  equal(trades(after.book, world.clock.now()), 1);

  world.bus.fail("read", "unavailable");
  for (let i = 0; i < 30; i++) await world.publish([ordersEvent()]);
  await settle(1000);
  world.bus.mend();
  await pass(world.clock, 10_000);
  const { earliest, position } = world.memory.log.head();
  const { book } = history.current()!;
  equal(trades(book, world.clock.now()), position - earliest + 1);
  match(world.telemetry.logged("warn")[0]!.message, /reading them all again/);
});

Deno.test("a log that cannot be reached is tried again, and said once", async () => {
  using world = createHistoryWorld();
  world.bus.fail("positionAt", "unavailable");
  const { history } = world.open();
  await pass(world.clock, 10_000);
  equal(history.current(), undefined);
  equal(world.telemetry.logged("warn").length, 1);
  world.bus.mend();
  await pass(world.clock, 2000);
  equal(history.current()?.position, 0);
});

Deno.test("a mistake is not covered up, and leaves no book", async () => {
  using world = createHistoryWorld();
  const { history, done } = world.open();
  await settle();
  world.bus.fail("read", new TypeError("a mistake"));
  await world.publish([ordersEvent()]);
  await rejects(done, { message: "a mistake" });
  equal(history.current(), undefined);
});

Deno.test("a trade that cannot be understood is logged", async () => {
  using world = createHistoryWorld();
  world.open();
  await world.publish([ordersEvent({ num_accepted: -1 })]);
  await settle(1000);
  const [line] = world.telemetry.logged("warn");
  match(line!.message, /cannot count a trade/);
  equal(line!.fields["channel"], "orders.executed");
});

Deno.test("trades that count for nobody are counted once, and told of ever more seldom", async () => {
  using world = createHistoryWorld();
  const { telemetry } = world;
  const metric = "holdfast_autopilot_unreadable_trades_total";
  world.open();
  await settle();
  const nobodys = [
    ...Array.from({ length: 5 }, () => ordersEvent({}, "")),
    ...Array.from({ length: 4 }, () => positionEvent(1, "10", {}, "")),
  ];
  await world.publish(nobodys);
  await settle(1000);
  equal(telemetry.counted(metric), 9);
  deepEqual(
    telemetry.logged("warn").map(({ fields }) => fields["unreadable"]),
    [1, 2, 4, 8],
  );
  // Reading the log again tells of none of them a second time.
  world.bus.fail("read", "corrupt");
  await world.publish([positionEvent(1, "10", {}, "")]);
  await pass(world.clock, 10_000);
  world.bus.mend();
  await pass(world.clock, 10_000);
  equal(telemetry.counted(metric), 10);
});

Deno.test("a restart never resets a breaker", async () => {
  const bars = weekdayBars({ length: 200 });
  const strong = withValue(bars, "close", 199, 2 * bars.open[199]!);
  const memory = createMemoryWorld();
  const world = await createAutopilotWorld({ AAA: strong }, { memory });
  const refusal = async () => {
    const stop = new AbortController();
    const autopilot = world.another(1, 10 ** 9);
    const symbol = world.symbol("AAA");
    const first = await autopilot.decide(ADA, symbol);
    deepEqual(first.reasons, ["the trade history is being read"]);
    world.settings.verified = false;
    const done = autopilot.run(stop.signal);
    await settle(3000);
    world.settings.verified = true;
    const decision = await autopilot.decide(ADA, symbol);
    stop.abort();
    await done;
    return decision;
  };
  equal((await refusal()).action, "open");
  await world.publish(roundTrip(-120, { symbol: "CCC" }));
  const before = await refusal();
  deepEqual(before.reasons, [
    "circuit breaker: 120 USD were lost within the hour: the limit is 100",
  ]);
  await memory.clock.advance(59 * 60_000);
  deepEqual((await refusal()).reasons, before.reasons);
  await memory.clock.advance(60_000);
  equal((await refusal()).action, "open");
});
