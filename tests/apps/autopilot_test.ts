/**
 * The autopilot: cycles of decisions, and signals in the log.
 *
 * @module
 */
import type { Bars } from "../../domain/bars.ts";
import { sliceBars } from "../../domain/bars.ts";
import type { SettingsDocument } from "../../domain/settings.ts";
import { isUuid } from "../../domain/uuid.ts";
import { PortError } from "../../ports/port_error.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import {
  barsOf,
  cycle,
  idle,
  LENGTH,
  SERIES,
} from "../support/autopilot_idle.ts";
import {
  ADA,
  createAutopilotWorld,
  roundTrip,
} from "../support/autopilot_world.ts";
import { aPortError } from "../support/guarded_port.ts";
import { withValue } from "../support/market.ts";
import { pass, settle } from "../support/turns.ts";

Deno.test("a cycle decides for every user and symbol, and tells the log", async () => {
  using world = await idle(SERIES, { users: ["ada", "bob", "ada"] });
  deepEqual(await cycle(world), [
    "ada AAA open position long",
    // One trade a minute in this mode: the signal counts for it at once.
    "ada BBB open swing short",
    "bob AAA open position long",
    "bob BBB open swing short",
  ]);
  const signals = await world.signals();
  deepEqual(signals.map(({ key, meta }) => `${meta.user} ${key}`).sort(), [
    "ada AAA",
    "ada BBB",
    "bob AAA",
    "bob BBB",
  ]);
  const [first] = signals;
  equal(first!.meta.source, "autopilot");
  ok(isUuid(first!.id));
  const data = JSON.parse(first!.json);
  deepEqual([data.mode, data.side, data.confidence], ["position", "long", 100]);
  deepEqual(data.settings_versions["mode:position"], 1);
});

Deno.test("decide() answers as a cycle would, and tells nobody", async () => {
  using world = await idle(SERIES);
  const decision = await world.autopilot.decide(ADA, world.symbol("AAA"));
  equal(decision.action, "open");
  equal(decision.outlook?.recent.length, 120);
  equal(decision.settings.source, "redis");
  equal(world.bus.calls("publish"), 0);
  const [same] = (await world.autopilot.cycle())!.decisions;
  deepEqual(same, decision);
});

Deno.test("a symbol that nobody has heard of is not found, other faults are answered", async () => {
  using world = await idle(SERIES);
  const XXX = world.symbol("XXX");
  await rejects(world.autopilot.decide(ADA, XXX), { code: "not_found" });
  world.market.fail("window", "corrupt");
  const { action, reasons } = await world.autopilot.decide(
    ADA,
    world.symbol("AAA"),
  );
  deepEqual([action, reasons], ["hold", [
    "Cannot do that as the test says corrupt",
  ]]);
  world.market.fail("window", new TypeError("a mistake"));
  await rejects(world.autopilot.decide(ADA, world.symbol("AAA")), {
    message: "a mistake",
  });
});

Deno.test("nothing is opened on settings that are not known to be the newest", async () => {
  using world = await idle(SERIES);
  world.settings.verified = false;
  deepEqual(await cycle(world), ["ada AAA hold", "ada BBB hold"]);
  equal(world.bus.calls("publish"), 0);
});

Deno.test("nothing is opened without a model, without bars or with bad ones", async () => {
  using none = await idle(SERIES, { isLoaded: false });
  const held = (await none.autopilot.cycle())!.decisions[0]!;
  deepEqual(held.reasons, ["no model is loaded"]);

  const few = sliceBars(SERIES.AAA, LENGTH - 60, LENGTH);
  const odd = withValue(SERIES.AAA, "high", LENGTH - 100, -1);
  using world = await idle({ AAA: few, BBB: odd, CCC: SERIES.AAA });
  world.bars.delete("CCC");
  const { decisions } = (await world.autopilot.cycle())!;
  deepEqual(decisions.map(({ reasons }) => reasons[0]), [
    "there are 60 bars: at least 61 are needed",
    "the bar of 2025-08-18 has an impossible high: current value is -1",
    "Cannot read bars of CCC as the symbol is unknown",
  ]);
});

Deno.test("bars in quarantine open nothing, and are nothing to be compared with", async () => {
  let from = Infinity;
  const quarantine = {
    check(symbol: string, { day }: Bars) {
      if (!day.some((one) => one === from)) return;
      throw new PortError("quarantined", `Cannot use the bars of ${symbol}`);
    },
  };
  using world = await idle({ AAA: SERIES.AAA }, { quarantine });
  const decide = () => world.autopilot.decide(ADA, world.symbol("AAA"));
  equal((await decide()).outlook!.recent.length, 120);
  // In the windows of the older predictions only: of 61 rows, 100 rows back.
  from = SERIES.AAA.day[LENGTH - 101]!;
  equal((await decide()).outlook!.recent.length, 120 - 61);
  from = SERIES.AAA.day[LENGTH - 61]!;
  deepEqual((await decide()).reasons, ["Cannot use the bars of AAA"]);
  from = Infinity;
  equal((await decide()).outlook!.recent.length, 120);
});

Deno.test("predictions are computed when bars or model have changed, and only then", async () => {
  let scored = 0;
  using world = await idle({ AAA: SERIES.AAA }, {
    score: ([first]) => {
      scored++;
      return first!;
    },
  });
  const decide = () => world.autopilot.decide(ADA, world.symbol("AAA"));
  equal(scored, 121);
  await decide();
  await world.autopilot.cycle();
  equal(scored, 121);
  world.bars.set("AAA", barsOf(0.5));
  await decide();
  equal(scored, 242);
  world.putModel("v2");
  await world.registry.reload();
  equal((await decide()).outlook?.model.version, "v2");
  equal(scored, 363);
});

Deno.test("one user who cannot be served, and one symbol, stop nobody else", async () => {
  using world = await idle(SERIES, { users: ["eve", "ada", "bob"] });
  world.settings.failing.set("eve", aPortError("unavailable"));
  world.settings.failing.set("bob", new TypeError("a mistake"));
  world.bars.set("BBB", sliceBars(SERIES.BBB, 0, 1));
  deepEqual(await cycle(world), ["ada AAA open position long", "ada BBB hold"]);
  const failures = (stage: string) =>
    world.telemetry.counted("holdfast_autopilot_failures_total", { stage });
  equal(failures("settings"), 2);
  await world.autopilot.cycle();
  equal(failures("settings"), 4);
  // Each is logged once: what is foreseen as a warning, a mistake as an error.
  const lines = (level: "warn" | "error") =>
    world.telemetry.logged(level).map(({ fields }) => fields["for"]);
  deepEqual([lines("warn"), lines("error")], [["eve"], ["bob"]]);
  world.settings.failing.clear();
  equal((await cycle(world)).length, 6);
});

Deno.test("a cycle that the end of the service cuts short complains of nothing", async () => {
  using world = await idle(SERIES);
  const stop = new AbortController();
  world.settings.failing.set("ada", new Error("gone"));
  world.market.before("window", () => stop.abort());
  await world.autopilot.cycle(stop.signal);
  deepEqual(world.telemetry.logged("error"), []);
});

Deno.test("a cycle counts the reads that a database answered", async () => {
  using world = await idle(SERIES, { users: ["ada", "bob", "eve"] });
  const { telemetry, settings, autopilot } = world;
  const total = "holdfast_autopilot_database_reads_total";
  const report = await autopilot.cycle();
  deepEqual([settings.reads, report!.databaseReads], [3, 0]);
  equal(telemetry.counted(total, {}), 0);
  const gauge = "holdfast_autopilot_database_reads";
  equal(telemetry.gauged(gauge), 0);
  settings.source = "database";
  equal((await autopilot.cycle())!.databaseReads, 3);
  equal(telemetry.counted(total, {}), 3);
  equal(telemetry.gauged(gauge), 3);
  settings.source = "redis";
  await autopilot.cycle();
  deepEqual([telemetry.counted(total, {}), telemetry.gauged(gauge)], [3, 0]);
  const done = { result: "done" };
  equal(telemetry.counted("holdfast_autopilot_cycles_total", done), 4);
});

Deno.test("a document is read once for as long as it is the same object", async () => {
  using world = await idle({ AAA: SERIES.AAA });
  const { settings } = world;
  const read = settings.read.bind(settings);
  let parsed = 0;
  const watched = new Map<string, SettingsDocument>();
  settings.read = async (...args) => {
    const snapshot = await read(...args);
    const documents = snapshot.documents.map(({ key, version, json }) =>
      watched.getOrInsertComputed(`${key}@${version}`, () => ({
        key,
        version,
        get json() {
          parsed++;
          return json;
        },
      }))
    );
    return { ...snapshot, documents };
  };
  const { symbol } = world;
  const decide = () => world.autopilot.decide(ADA, symbol("AAA"));
  await decide();
  await decide();
  equal(parsed, 7);
  settings.set("mode:position", "enabled", false);
  equal((await decide()).entry?.mode, "swing");
  equal(parsed, 14);
});

Deno.test("documents that are missing or no JSON are told by name", async () => {
  using world = await idle({ AAA: SERIES.AAA });
  const { settings } = world;
  const read = settings.read.bind(settings);
  const spoil = (name: string, json: string | undefined) => {
    settings.read = async (user, names) => {
      const snapshot = await read(user, names);
      const at = names.findIndex((one) => one === name);
      const documents = [...snapshot.documents];
      if (json === undefined) delete documents[at];
      else documents[at] = { ...documents[at]!, json };
      return { ...snapshot, documents };
    };
  };
  const decide = () => world.autopilot.decide(ADA, world.symbol("AAA"));
  spoil("circuit_breaker", undefined);
  deepEqual((await decide()).reasons, [
    "Cannot use circuit_breaker as it is not stored",
  ]);
  spoil("capital_allocation", "{");
  deepEqual((await decide()).reasons, [
    "Cannot use user:ada:capital_allocation as it is no JSON",
  ]);
  spoil("settings:all", "[]");
  equal((await decide()).action, "hold");
  spoil("mode:position", "7");
  const decision = await decide();
  equal(decision.entry?.mode, "swing");
  deepEqual(decision.modes[0]!.reasons, [
    "Cannot use mode:position as it must be an object",
  ]);
});

Deno.test("cycles come every so often; those that would overlap are left out and counted", async () => {
  const world = await createAutopilotWorld({ AAA: SERIES.AAA });
  const { clock, settings, telemetry, stop } = world;
  settings.verified = false;
  const counted = (result: string) =>
    telemetry.counted("holdfast_autopilot_cycles_total", { result });
  const done = world.autopilot.run(stop.signal);
  await pass(clock, 10_000);
  deepEqual([counted("done"), counted("skipped")], [3, 0]);

  const slow = Promise.withResolvers<void>();
  world.market.before("window", () => slow.promise);
  await pass(clock, 12_000);
  equal(counted("done"), 3);
  equal(await world.autopilot.cycle(), undefined);
  equal(counted("skipped"), 1);
  slow.resolve();
  await settle(2000);
  // It began at 15 s and ended at 22 s: the cycle of 20 s is left out.
  deepEqual([counted("done"), counted("skipped")], [4, 2]);
  await pass(clock, 3000);
  equal(counted("done"), 5);
  stop.abort();
  await done;
});

Deno.test("a losing streak is paused, then tried with one trade at a time", async () => {
  using world = await idle(SERIES);
  for (let i = 0; i < 5; i++) {
    await world.publish(roundTrip(-1, { symbol: "CCC" }));
  }
  await settle(2000);
  deepEqual(await cycle(world), ["ada AAA hold", "ada BBB hold"]);
  await world.clock.advance(30 * 60_000);
  await settle();
  // One signal is the one trade, although two symbols would be opened.
  deepEqual(await cycle(world), ["ada AAA open position long", "ada BBB hold"]);
  await world.publish(roundTrip(1, { symbol: "CCC" }));
  await settle(2000);
  deepEqual(await cycle(world), ["ada AAA hold", "ada BBB open swing short"]);
});

Deno.test("two runs on the same inputs, clock and seed are the same", async () => {
  const run = async () => {
    using world = await idle(SERIES, { users: ["ada", "bob"] });
    const { decisions } = (await world.autopilot.cycle())!;
    const events = await world.signals();
    return { decisions, events: events.map(({ id, json }) => ({ id, json })) };
  };
  deepEqual(await run(), await run());
});
