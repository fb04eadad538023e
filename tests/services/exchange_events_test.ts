/**
 * Following trades: what another instance has entered is not hidden by what
 * this one remembers.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { followTrades } from "../../src/services/exchange_events.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { ANN, BOB, createWorld, look } from "../support/exchange_world.ts";
import { createMemoryWorld } from "../support/memory_world.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { pass, settle } from "../support/turns.ts";

/** An instance that follows the log, without Redis unless something else is said. */
async function openWorld(
  wrap = (bus: EventBus) => bus,
  sharing: "shared" | "none" = "none",
) {
  const { clock, ...memory } = createMemoryWorld();
  const world = createWorld(sharing);
  const { accounts, telemetry } = world;
  const bus = memory.bus();
  const stop = new AbortController();
  const entropy = createSeededEntropy();
  const parts = { bus: wrap(bus), accounts, clock, entropy, telemetry };
  const ended = followTrades(parts, stop.signal);
  await settle();
  return {
    ...world,
    logClock: clock,
    async tell(channel: string, user?: string): Promise<void> {
      const meta = { timestamp: "2026-01-02T03:04:05.000Z" };
      const of = user === undefined ? {} : { user };
      await bus.publish([anEvent({}, { channel, meta: { ...meta, ...of } })]);
      await settle();
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await ended;
    },
  };
}

Deno.test("a trade that the log tells of makes its user's account forgotten", async () => {
  for (const channel of ["orders.executed", "positions.updated"]) {
    await using world = await openWorld();
    const { accounts, venue, tell } = world;
    await look(accounts);
    await look(accounts, BOB);
    venue.trade(ANN, 2n);
    await tell("setup.received", ANN);
    await tell(channel);
    await tell(channel, "no user/at all");
    equal(await look(accounts), "1 memory");
    await tell(channel, ANN);
    equal(await look(accounts), "2 broker");
    equal(await look(accounts, BOB), "7 memory");
  }
});

Deno.test("what Redis holds is forgotten too: who has entered the order may have had none", async () => {
  await using world = await openWorld(undefined, "shared");
  const { accounts, venue, tell } = world;
  await look(accounts);
  venue.trade(ANN, 2n);
  equal(await look(accounts), "1 redis");
  await tell("orders.executed", ANN);
  equal(await look(accounts), "2 broker");
});

Deno.test("what was asked for before the trade is not kept after it", async () => {
  await using world = await openWorld();
  const { accounts, venue, tell } = world;
  const [release, asked] = [venue.hold(), venue.asked()];
  const before = look(accounts);
  await asked;
  venue.trade(ANN, 2n);
  await tell("orders.executed", ANN);
  release();
  equal(await before, "1 broker");
  equal(await look(accounts), "2 broker");
});

Deno.test("who has lost the log finds it again", async () => {
  let isAway = true;
  await using world = await openWorld((bus) => ({
    ...bus,
    head: (...args) =>
      isAway
        ? Promise.reject(new PortError("unavailable", "Cannot read it"))
        : bus.head(...args),
  }));
  const { accounts, venue, tell, telemetry, logClock } = world;
  deepEqual(
    telemetry.logged("warn").map(({ message }) => message),
    ["lost track of trades; accounts at the venue may be 5 s old"],
  );
  isAway = false;
  await pass(logClock, 10_000);
  await look(accounts);
  venue.trade(ANN, 2n);
  await tell("orders.executed", ANN);
  equal(await look(accounts), "2 broker");
});
