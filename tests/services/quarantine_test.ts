/**
 * The quarantine service: which bars may be used, and who is told of a change.
 *
 * @module
 */
import { openNoopEventBus } from "../../adapters/noop/event_bus.ts";
import { sliceBars } from "../../domain/bars.ts";
import type { Quarantine } from "../../domain/quarantine.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { openQuarantineService } from "../../src/services/quarantine.ts";
import { deepEqual, equal, rejects, throws } from "../support/assert.ts";
import { aPortError, guardPort } from "../support/guarded_port.ts";
import { weekdayBars } from "../support/market.ts";
import { createMemoryWorld } from "../support/memory_world.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { pass, settle } from "../support/turns.ts";

const A = parseSymbol("AAA");
const B = parseSymbol("BBB");
const BARS = weekdayBars();
const FRIDAY = parseTradingDate("2026-01-02");
const THURSDAY = parseTradingDate("2026-01-01");

const of = (symbol = A, from = FRIDAY, to = from): Quarantine => ({
  symbol,
  from,
  to,
});

/** A service over `list`, on a log that a test may look at. */
async function createWorld(
  list: readonly Quarantine[] = [],
  other?: EventBus,
) {
  const memory = createMemoryWorld();
  const { clock } = memory;
  const bus = guardPort(other ?? memory.bus());
  const telemetry = createRecordingTelemetry();
  let revision = 0;
  let listed = list;
  const source = guardPort({
    load: async (signal?: AbortSignal) => {
      signal?.throwIfAborted();
      return { revision: `${revision}`, list: listed };
    },
  });
  const quarantine = await openQuarantineService({
    source: source.port,
    bus: bus.port,
    clock,
    entropy: createSeededEntropy(),
    telemetry,
  });
  return {
    clock,
    bus,
    telemetry,
    source,
    quarantine,
    put(next: readonly Quarantine[]) {
      listed = next;
      revision++;
    },
    /** The symbols told of, one text a publication. */
    async told() {
      const { events } = await memory.bus().read({ after: 0, limit: 1000 });
      return Map.groupBy(events, (event) => event.batchEnd).values()
        .map((batch) => batch.map((event) => event.key).join(" ")).toArray();
    },
    events: async () =>
      (await memory.bus().read({ after: 0, limit: 1000 })).events,
    /** Whether the bars of `symbol` may be used. */
    isClear(symbol = A) {
      try {
        quarantine.check(symbol, BARS);
        return true;
      } catch {
        return false;
      }
    },
  };
}

Deno.test("quarantined bars are refused with symbol, dates and reason", async () => {
  const { quarantine } = await createWorld([
    { ...of(A, THURSDAY, FRIDAY), reason: "bad split" },
    of(B),
  ]);
  throws(() => quarantine.check(A, BARS), {
    name: "PortError",
    code: "quarantined",
    message:
      "Cannot use the bars of AAA as those from 2026-01-01 to 2026-01-02 are quarantined (bad split)",
    facts: { symbol: "AAA", from: "2026-01-01", to: "2026-01-02" },
  });
  throws(() => quarantine.check(B, BARS), {
    message:
      "Cannot use the bars of BBB as those from 2026-01-02 to 2026-01-02 are quarantined",
  });
});

Deno.test("bars outside the quarantine are let through", async () => {
  const { quarantine } = await createWorld([of(A)]);
  quarantine.check(A, sliceBars(BARS, 0, 79));
  quarantine.check(B, BARS);
});

Deno.test("the list at the start is told to nobody", async () => {
  const { quarantine, told, isClear } = await createWorld([of(A)]);
  await quarantine.refresh();
  equal(isClear(), false);
  deepEqual(await told(), []);
});

Deno.test("a list that cannot be read at the start is not started with", async () => {
  const { clock, bus, telemetry } = await createWorld();
  const load = () => Promise.reject(aPortError("corrupt"));
  await rejects(
    openQuarantineService({
      source: { load },
      bus: bus.port,
      clock,
      entropy: createSeededEntropy(),
      telemetry,
    }),
    { code: "corrupt" },
  );
});

Deno.test("a change is told once, one event a symbol", async () => {
  const { quarantine, told, put, isClear, telemetry } = await createWorld([
    of(A),
  ]);
  put([of(B), of(B, THURSDAY)]);
  await quarantine.refresh();
  deepEqual([isClear(A), isClear(B)], [true, false]);
  await quarantine.refresh();
  deepEqual(await told(), ["AAA BBB"]);
  deepEqual(telemetry.logged("info").map((line) => line.fields), [
    { symbols: ["AAA", "BBB"] },
  ]);
});

Deno.test("what is told is an invalidation of all dates of the symbol", async () => {
  const { quarantine, put, events, clock } = await createWorld();
  put([of(A)]);
  await quarantine.refresh();
  const [event] = await events();
  deepEqual(
    { channel: event!.channel, key: event!.key, json: event!.json },
    {
      channel: "features.invalidated",
      key: "AAA",
      json:
        '{"symbol":"AAA","reason":"quarantine changed","actor":"quarantine"}',
    },
  );
  deepEqual(event!.meta, {
    timestamp: new Date(clock.now()).toISOString(),
    source: "feature-service",
  });
});

Deno.test("a new revision with the same ranges is no change", async () => {
  const { quarantine, put, told, isClear } = await createWorld([of(A), of(B)]);
  put([{ ...of(B), reason: "now known" }, of(A)]);
  await quarantine.refresh();
  deepEqual(await told(), []);
  equal(isClear(), false);
});

Deno.test("while the log is away the new list holds, and is told later", async () => {
  const { quarantine, put, told, bus, isClear } = await createWorld();
  bus.fail("publish", "unavailable");
  put([of(A)]);
  await rejects(quarantine.refresh(), { code: "unavailable" });
  equal(isClear(A), false);
  put([of(A), of(B)]);
  await rejects(quarantine.refresh(), { code: "unavailable" });
  equal(isClear(B), false);
  bus.mend();
  await quarantine.refresh();
  await quarantine.refresh();
  deepEqual(await told(), ["AAA BBB"]);
});

Deno.test("with events switched off the list still changes", async () => {
  const { quarantine, put, isClear, bus } = await createWorld(
    [],
    openNoopEventBus(),
  );
  put([of(A)]);
  await quarantine.refresh();
  await quarantine.refresh();
  equal(isClear(), false);
  equal(bus.calls("publish"), 1);
});

Deno.test("a list that cannot be read leaves the one before", async () => {
  const { quarantine, source, put, isClear, told } = await createWorld([of(A)]);
  put([]);
  for (const code of ["corrupt", "unavailable"] as const) {
    source.fail("load", code);
    await rejects(quarantine.refresh(), { code });
    equal(isClear(), false);
  }
  source.mend();
  await quarantine.refresh();
  equal(isClear(), true);
  deepEqual(await told(), ["AAA"]);
});

Deno.test("while it runs, a change is seen within a second", async () => {
  const { quarantine, clock, put, told, source } = await createWorld();
  const stop = new AbortController();
  const ended = quarantine.run(stop.signal);
  await pass(clock, 5000);
  equal(source.calls("load"), 6);
  put([of(A)]);
  await pass(clock, 1000);
  deepEqual(await told(), ["AAA"]);
  stop.abort();
  await ended;
});

Deno.test("while it runs, a lasting failure is logged once, and again when it returns", async () => {
  const { quarantine, clock, source, telemetry, put, isClear, told } =
    await createWorld([of(A)]);
  const stop = new AbortController();
  const ended = quarantine.run(stop.signal);
  for (let times = 1; times <= 2; times++) {
    source.fail("load", "corrupt");
    await pass(clock, 5000);
    equal(telemetry.logged("error").length, times);
    deepEqual(telemetry.logged("error").at(-1)!.fields["code"], "corrupt");
    equal(isClear(), false);
    source.mend();
    await pass(clock, 2000);
  }
  put([]);
  await pass(clock, 1000);
  deepEqual(await told(), ["AAA"]);
  stop.abort();
  await ended;
});

Deno.test("while it runs, a log that is away is not taken for a bad list", async () => {
  const { quarantine, clock, bus, telemetry, put, isClear, told } =
    await createWorld();
  const stop = new AbortController();
  const ended = quarantine.run(stop.signal);
  bus.fail("publish", "unavailable");
  put([of(A)]);
  await pass(clock, 3000);
  equal(isClear(), false);
  deepEqual(telemetry.logged("error").map((line) => line.message), [
    "cannot bring the quarantine up to date; trying again",
  ]);
  equal(telemetry.logged("error")[0]!.fields["code"], "unavailable");
  bus.mend();
  await pass(clock, 1000);
  deepEqual(await told(), ["AAA"]);
  stop.abort();
  await ended;
});

Deno.test("while it runs, one failure does not hide another", async () => {
  const { quarantine, clock, bus, source, telemetry, put } =
    await createWorld();
  const stop = new AbortController();
  const ended = quarantine.run(stop.signal);
  bus.fail("publish", "unavailable");
  put([of(A)]);
  await pass(clock, 2000);
  source.fail("load", "corrupt");
  await pass(clock, 2000);
  deepEqual(telemetry.logged("error").map((line) => line.fields["code"]), [
    "unavailable",
    "corrupt",
  ]);
  stop.abort();
  await ended;
});

Deno.test("running ends at once when it is told to, asleep or at work", async () => {
  const { quarantine, clock, source, telemetry } = await createWorld();
  const asleep = new AbortController();
  const ended = quarantine.run(asleep.signal);
  await settle();
  asleep.abort(new Error("enough"));
  await ended;

  const atWork = new AbortController();
  source.before("load", () => atWork.abort(new Error("enough")));
  const over = quarantine.run(atWork.signal);
  await pass(clock, 1000);
  await over;

  await quarantine.run(AbortSignal.abort());
  deepEqual(telemetry.logged("error"), []);
});
