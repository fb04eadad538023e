/**
 * Signals of the autopilot: told to the log once, or tried again.
 *
 * @module
 */
import { openNoopEventBus } from "../../adapters/noop/event_bus.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { barsOf, cycle, idle, SERIES } from "../support/autopilot_idle.ts";
import { ADA } from "../support/autopilot_world.ts";
import { anEvent } from "../support/events.ts";
import { settle } from "../support/turns.ts";

Deno.test("the same decision is told once, whoever makes it", async () => {
  using world = await idle(SERIES);
  await world.autopilot.cycle();
  await world.autopilot.cycle();
  equal(world.bus.calls("publish"), 2);
  equal(world.telemetry.counted("holdfast_autopilot_log_appends_total", {}), 2);

  // A minute later nobody has acted: it is not told again, in no mode.
  await world.clock.advance(61_000);
  deepEqual(await cycle(world), ["ada AAA hold", "ada BBB hold"]);
  const AAA = world.symbol("AAA");
  deepEqual((await world.autopilot.decide(ADA, AAA)).reasons, [
    "signalled already at 2026-01-02T03:04:05.000Z for this bar",
  ]);
  await world.clock.advance(61_000);
  await world.autopilot.cycle();
  equal((await world.signals()).length, 2);
  equal(world.bus.calls("publish"), 2);

  // Another process has the same ids.
  await world.clock.advance(61_000);
  const other = world.another(1000, 10 ** 9);
  world.settings.verified = false;
  other.run(world.stop.signal);
  await settle(2000);
  world.settings.verified = true;
  const report = (await other.cycle())!;
  deepEqual(report.decisions.map(({ action }) => action), ["hold", "hold"]);
  equal(report.appends, 0);
  equal((await world.signals()).length, 2);
});

Deno.test("only what is told counts as a decision to open", async () => {
  using world = await idle(SERIES);
  const decisions = (action: string) =>
    world.telemetry.counted("holdfast_autopilot_decisions_total", { action });
  const held = decisions("hold");
  world.bus.fail("publish", "timeout");
  await world.autopilot.cycle();
  equal(decisions("open"), 0);
  world.bus.mend();
  await world.autopilot.cycle();
  deepEqual([decisions("open"), decisions("hold") - held], [2, 0]);
  await world.clock.advance(61_000);
  await world.autopilot.cycle();
  deepEqual([decisions("open"), decisions("hold") - held], [2, 2]);
});

Deno.test("another bar is another signal", async () => {
  using world = await idle({ AAA: SERIES.AAA });
  await world.autopilot.cycle();
  world.bars.set("AAA", barsOf(0.25, "2026-01-05"));
  await world.clock.advance(61_000);
  await world.autopilot.cycle();
  const ids = (await world.signals()).map(({ id }) => id);
  equal(new Set(ids).size, 2);
});

Deno.test("a signal that cannot be published is tried again with the next cycle", async () => {
  using world = await idle({ AAA: SERIES.AAA });
  world.bus.fail("publish", "timeout");
  const report = await world.autopilot.cycle();
  deepEqual([report!.decisions.length, report!.appends], [1, 0]);
  world.bus.mend();
  equal((await world.autopilot.cycle())!.appends, 1);
  equal((await world.signals()).length, 1);
});

Deno.test("with events switched off there is nobody to tell, and no complaint", async () => {
  await using bus = openNoopEventBus();
  using world = await idle({ AAA: SERIES.AAA }, { bus });
  equal((await world.autopilot.cycle())!.appends, 0);
  deepEqual(world.telemetry.logged("warn"), []);
});

Deno.test("who publishes something else on the channel disturbs nothing", async () => {
  using world = await idle({ AAA: SERIES.AAA });
  await world.publish([
    anEvent({ ticker: "AAA", setup_id: 1 }, { channel: "signal.triggered" }),
  ]);
  await settle(2000);
  deepEqual(await cycle(world), ["ada AAA open position long"]);
});
