/**
 * The autopilot over HTTP: trades as publishers tell of them, and the
 * decisions that follow.
 *
 * @module
 */
import { createEventService } from "../../src/services/events.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { createAutopilotWorld } from "../support/autopilot_world.ts";
import { weekdayBars, withValue } from "../support/market.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { settle } from "../support/turns.ts";
import { createHarness } from "./harness.ts";

const EVENTS = "/api/v1/events";
const DECISION = "/api/futures/ginie/decision";
const BOB = { "X-User-Id": "bob" };

/** The service with an autopilot that would open AAA for everybody. */
async function openService() {
  const bars = weekdayBars({ length: 200 });
  const AAA = withValue(bars, "close", 199, 2 * bars.open[199]!);
  const world = await createAutopilotWorld({ AAA }, { users: [] });
  const { clock, telemetry, stop } = world;
  const bus = world.bus.port;
  const entropy = createSeededEntropy();
  const events = createEventService({ bus, clock, entropy, telemetry });
  const { autopilot } = world;
  const { send } = createHarness({ services: { autopilot, events } });
  const done = autopilot.run(stop.signal);
  await settle(1000);
  type Headers = Readonly<Record<string, string>>;
  return {
    ...world,
    async publish(body: object, headers: Headers = BOB) {
      const { status, json } = await send("POST", EVENTS, { body, headers });
      equal(status, 201, JSON.stringify(json));
      await settle(1000);
      return json;
    },
    decide: async (headers: Headers = BOB, symbol = "AAA") =>
      await send("GET", `${DECISION}?symbol=${symbol}`, { headers }),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await done;
    },
  };
}

const position = (qty_change: unknown, new_qty: unknown, price: string) => ({
  event_type: "positions.updated",
  data: {
    symbol: "CCC",
    action: "fill",
    qty_change,
    new_qty,
    price,
    strategy_id: "mine",
  },
});

Deno.test("losses whose events name nobody are their publisher's, and trip his breaker", async () => {
  await using service = await openService();
  equal((await service.decide()).json.action, "open");
  for (let i = 0; i < 6; i++) {
    await service.publish(position(10, 10, "10"));
    await service.publish(position(-10, 0, "9.9"));
  }
  const { json } = await service.decide();
  deepEqual([json.action, json.breaker.state], ["hold", "open"]);
  equal(json.breaker.counts.consecutive_losses, 6);
  equal(json.breaker.counts.loss_hour_usd, "6");
  // Six entries of which nobody has told an order.
  equal(json.breaker.counts.trades_minute, 6);
  // Nobody else has lost anything.
  const other = await service.decide({ "X-User-Id": "eve" });
  equal(other.json.action, "open");
});

Deno.test("the operator tells of the trades of others, and nobody else does", async () => {
  await using service = await openService();
  const loss = (user: string) =>
    [position(100, 100, "10"), position(-100, 0, "8")]
      .map((event) => ({ ...event, metadata: { user } }));
  const operators = await service.publish({ events: loss("bob") }, {});
  deepEqual(operators.results.map(({ ignored = [] }) => ignored), [[], []]);
  equal((await service.decide()).json.breaker.counts.loss_day_usd, "200");
  const bobs = await service.publish({ events: loss("eve") });
  deepEqual(bobs.results[0].ignored, ["metadata.user"]);
  equal((await service.decide()).json.breaker.counts.loss_day_usd, "400");
  const eve = await service.decide({ "X-User-Id": "eve" });
  equal(eve.json.breaker.counts.loss_day_usd, "0");
});

Deno.test("fractions of units are taken, and count exactly", async () => {
  await using service = await openService();
  await service.publish(position("0.0015", "0.0015", "64000"));
  await service.publish(position(-0.0015, 0, "63000"));
  const { json } = await service.decide();
  equal(json.breaker.counts.loss_day_usd, "1.5");
  const { data, ...flat } = position(3, 3, "10");
  await service.publish({ ...flat, ...data });
  equal((await service.decide()).json.breaker.counts.trades_minute, 2);
});

Deno.test("a position that a stop closed is not held any more", async () => {
  await using service = await openService();
  const opened = position(10, 10, "10");
  await service.publish({
    ...opened,
    data: { ...opened.data, symbol: "AAA", strategy_id: "autopilot:swing" },
  });
  const held = await service.decide();
  deepEqual(held.json.reasons, ["AAA is held already in swing"]);
  const stopped = position(-10, 0, "9");
  await service.publish({
    ...stopped,
    data: { ...stopped.data, symbol: "AAA", strategy_id: "exchange stop" },
  });
  const { json } = await service.decide();
  equal(json.breaker.counts.loss_day_usd, "10");
  const swing = json.modes.find(({ mode }: { mode: string }) =>
    mode === "swing"
  );
  deepEqual([json.action, swing.outcome], ["open", "not_needed"]);
});

Deno.test("a symbol that there is not reads, and so creates, no settings", async () => {
  await using service = await openService();
  equal((await service.decide(BOB, "NOPE")).status, 404);
  equal(service.settings.reads, 0);
  equal((await service.decide()).status, 200);
  equal(service.settings.reads, 1);
});
