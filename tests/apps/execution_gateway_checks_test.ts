/**
 * What an order must pass before it is sent.
 *
 * @module
 */
import { parseSymbol } from "../../domain/symbol.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { WantedOrder } from "../../ports/order_entry.ts";
import { PortError } from "../../ports/port_error.ts";
import { deepEqual, equal, match, rejects } from "../support/assert.ts";
import {
  ANN,
  createGatewayWorld,
  dec,
  type GatewayWorld,
  holdings,
  wanted,
} from "../support/gateway_world.ts";

/** Enters an order and says what came of it. */
async function enter(
  { gateway }: GatewayWorld,
  other: Partial<WantedOrder> = {},
): Promise<string> {
  const { order } = await gateway.submit(ANN, wanted(other));
  return order.reason === undefined
    ? order.status
    : `${order.status}: ${order.reason}`;
}

/** Buys and sells so that `lost` USD are lost. */
async function lose(world: GatewayWorld, lost: number, name = "x") {
  const { gateway, broker } = world;
  await gateway.submit(ANN, wanted({ id: `${name}-1`, qty: dec("1") }));
  broker.fill(`${name}-1`, "1", "1000");
  await gateway.submit(
    ANN,
    wanted({ id: `${name}-2`, qty: dec("1"), side: "sell", reduceOnly: false }),
  );
  broker.fill(`${name}-2`, "1", String(1000 - lost));
  await gateway.refresh();
}

Deno.test("the largest quantity and the largest worth", async () => {
  const world = await createGatewayWorld({
    limits: { maxQty: dec("10"), maxNotional: dec("900") },
  });
  equal(await enter(world, { qty: dec("9") }), "accepted");
  match(
    await enter(world, { qty: dec("9.01") }),
    /^denied: Cannot send the order as it must be worth at most 900: current value is 901$/,
  );
  // Every reason is told.
  match(
    await enter(world, { qty: dec("11") }),
    /^denied: .*qty must be at most 10: current value is 11; .*worth at most 900: current value is 1100/,
  );
  // The price is the limit of the order, where it has one.
  const limit = { kind: "limit", qty: dec("10") } as const;
  equal(await enter(world, { ...limit, limitPrice: dec("90") }), "accepted");
  match(await enter(world, { ...limit, limitPrice: dec("91") }), /910/);
  equal(world.broker.requests.length, 2);
});

Deno.test("what a sell may be worth is at least the newest price", async () => {
  const world = await createGatewayWorld({
    limits: { maxQty: 0n, maxNotional: dec("1000") },
  });
  const sell = (other: Partial<WantedOrder>) =>
    enter(world, { side: "sell", ...other });
  const [one, many] = [dec("10"), dec("11")];
  // Its limit is the least that is taken, not the most.
  const low = { kind: "limit", limitPrice: dec("1") } as const;
  equal(await sell({ ...low, qty: one }), "accepted");
  match(await sell({ ...low, qty: many }), /current value is 1100$/);
  const high = { kind: "limit", limitPrice: dec("101") } as const;
  match(await sell({ ...high, qty: one }), /current value is 1010$/);
  const stop = { kind: "stop_limit", stopPrice: dec("99") } as const;
  match(
    await sell({ ...stop, limitPrice: dec("1"), qty: many }),
    /current value is 1100$/,
  );
  // A buy that waits for a higher price is worth that.
  match(
    await enter(world, { kind: "stop", stopPrice: dec("102"), qty: one }),
    /current value is 1020$/,
  );
  world.price = undefined;
  equal(
    await enter(world, { ...high, limitPrice: dec("100"), qty: one }),
    "accepted",
  );
});

Deno.test("what no price is known of is not taken, where its worth is limited", async () => {
  const world = await createGatewayWorld({
    limits: { maxQty: 0n, maxNotional: dec("1000") },
  });
  world.price = undefined;
  const symbol = parseSymbol("NOPE");
  await rejects(enter(world, { id: "a", symbol }), {
    code: "not_found",
    message:
      "Cannot take the order as no price of NOPE is known: check the symbol",
  });
  equal(await world.gateway.find(ANN, "a"), undefined);
  // What cannot be read now is another thing: the symbol is there.
  const damaged = world.another({
    prices: {
      latest: () => Promise.reject(new PortError("corrupt", "Cannot read")),
    },
  });
  await damaged.reconcile();
  const { order } = await damaged.submit(ANN, wanted({ id: "b" }));
  match(order.reason!, /its worth is limited and no price is known/);
});

Deno.test("a stop and its targets share the position, and none holds up the way out", async () => {
  const world = await createGatewayWorld();
  const { broker, gateway } = world;
  broker.script("fill");
  await gateway.submit(ANN, wanted({ qty: dec("100") }));
  const out = { side: "sell", reduceOnly: true } as const;
  const stop = { ...out, kind: "stop", stopPrice: dec("90") } as const;
  const target = { ...out, kind: "limit", qty: dec("50") } as const;
  equal(await enter(world, { ...stop, qty: dec("100") }), "accepted");
  for (const limitPrice of [dec("110"), dec("120")]) {
    equal(await enter(world, { ...target, limitPrice }), "accepted");
  }
  // None may be larger than the position.
  match(
    await enter(world, { ...stop, qty: dec("101") }),
    /^denied: .*sell 100 units at most where 100 are held: current value is 101$/,
  );
  equal(await enter(world, { ...out, qty: dec("100") }), "accepted");
});

Deno.test("who only reduces passes limits of size and worth, and needs no price", async () => {
  const world = await createGatewayWorld();
  world.broker.script("fill");
  await world.gateway.submit(ANN, wanted());
  world.price = undefined;
  const strict = world.another({
    limits: { maxQty: dec("1"), maxNotional: dec("1") },
  });
  const { order } = await strict.submit(
    ANN,
    wanted({ side: "sell", reduceOnly: true }),
  );
  equal(order.status, "accepted");
});

Deno.test("twenty who leave by the market at once leave once", async () => {
  const { gateway, broker } = await createGatewayWorld();
  broker.script(...Array.from({ length: 2 }, () => "fill" as const));
  await gateway.submit(ANN, wanted());
  const out = { side: "sell", reduceOnly: true } as const;
  const entered = await Promise.all(Array.from(
    { length: 20 },
    (_, i) => gateway.submit(ANN, wanted({ ...out, id: `out-${i}` })),
  ));
  const count = (status: string) =>
    entered.filter(({ order }) => order.status === status).length;
  deepEqual([count("filled"), count("denied")], [1, 19]);
  deepEqual(await holdings(gateway), ["0 ACME at 0, 0 earned"]);
});

Deno.test("the limit of a day's losses is that of the user's settings", async () => {
  const world = await createGatewayWorld();
  world.breaker = { enabled: true, max_daily_loss: 500 };
  await lose(world, 499);
  equal(await enter(world, { id: "a" }), "accepted");
  await lose(world, 1, "y");
  match(
    await enter(world, { id: "b" }),
    /^denied: .*may lose 500 at most: current value is 500$/,
  );
  world.breaker = { enabled: false, max_daily_loss: 500 };
  equal(await enter(world, { id: "c" }), "accepted");
  world.breaker = { enabled: true, max_daily_loss: 500 };
  match(await enter(world, { id: "d" }), /^denied/);
  // Another day, another limit.
  await world.clock.advance(24 * 3_600_000);
  equal(await enter(world, { id: "e" }), "accepted");
});

Deno.test("the day is the user's, and commission counts", async () => {
  // 03:04 UTC is the evening before in New York.
  const world = await createGatewayWorld({
    timeZone: () => Promise.resolve("America/New_York"),
  });
  world.breaker = { enabled: true, max_daily_loss: 500 };
  await world.gateway.submit(ANN, wanted({ id: "one" }));
  world.broker.fill("one", "10", "100", "500");
  await world.gateway.refresh();
  match(await enter(world, { id: "a" }), /^denied/);
  await world.clock.advance(115 * 60_000);
  match(await enter(world, { id: "b" }), /^denied/);
  await world.clock.advance(60_000);
  equal(await enter(world, { id: "c" }), "accepted");
});

Deno.test("without the limit of losses nothing is sent", async () => {
  const world = await createGatewayWorld();
  world.breaker = "{";
  match(await enter(world, { id: "a" }), /^denied: .*cannot be read/);
  const away = await createGatewayWorld({
    settings: {
      read: () => Promise.reject(new PortError("corrupt", "Cannot read")),
    },
  });
  await rejects(enter(away, { id: "a" }), { code: "corrupt" });
  equal(await away.gateway.find(ANN, "a"), undefined);
});

Deno.test("kill switches stop one user or all, and outlast restarts", async () => {
  const world = await createGatewayWorld();
  const { gateway, another } = world;
  const turn = (isEngaged: boolean, user?: typeof ANN) =>
    gateway.killSwitches.turn({ user, isEngaged, reason: "news", by: "op" });
  await turn(true, ANN);
  match(
    await enter(world, { id: "a" }),
    /^denied: .*kill switch.*for ann, news$/,
  );
  const bob = parseUserId("bob");
  equal((await gateway.submit(bob, wanted())).order.status, "accepted");
  await turn(true);
  match(
    await enter(world, { id: "b" }),
    /for everybody, news; .*for ann, news/,
  );
  const restarted = another();
  await restarted.reconcile();
  const denied = await restarted.submit(bob, wanted({ id: "c" }));
  equal(denied.order.status, "denied");
  await turn(false);
  await turn(false, ANN);
  equal(await enter(world, { id: "d" }), "accepted");
});

Deno.test("who only reduces a position is held up by nothing of it", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker } = world;
  await lose(world, 10);
  broker.script("fill");
  await gateway.submit(ANN, wanted({ id: "one" }));
  world.breaker = { enabled: true, max_daily_loss: 1 };
  broker.place({ ...broker.requests[0]!, id: "by-hand" });
  await gateway.reconcile();
  await gateway.killSwitches.turn({ isEngaged: true, reason: "x", by: "op" });
  const out = { side: "sell", reduceOnly: true } as const;
  match(
    await enter(world, { id: "a" }),
    /kill switch.*may lose 1 at most.*quarantine.*by-hand/s,
  );
  equal(await enter(world, { ...out, id: "b", qty: dec("6") }), "accepted");
  // What is open already counts.
  match(
    await enter(world, { ...out, id: "c", qty: dec("5") }),
    /^denied: .*reduce_only allows to sell 4 units at most where 10 are held, of which 6 are taken by b: current value is 5$/,
  );
  broker.fill("b", "1");
  await gateway.refresh();
  equal(await enter(world, { ...out, id: "d", qty: dec("4") }), "accepted");
  match(
    await enter(world, { ...out, id: "e", side: "buy" }),
    /allows to buy 0/,
  );
  match(
    await enter(world, { ...out, id: "f", symbol: parseSymbol("OTHER") }),
    /allows to sell 0/,
  );
});

Deno.test("two instances do not reduce the same units twice", async () => {
  const { gateway, another, broker } = await createGatewayWorld();
  broker.script("fill");
  await gateway.submit(ANN, wanted());
  const other = another();
  await other.reconcile();
  const out = { side: "sell", reduceOnly: true } as const;
  const entered = await Promise.all([
    gateway.submit(ANN, wanted({ ...out, id: "a" })),
    other.submit(ANN, wanted({ ...out, id: "b" })),
  ]);
  deepEqual(entered.map(({ order }) => order.status).sort(), [
    "accepted",
    "denied",
  ]);
});

Deno.test("what is reduced while an order is checked counts", async () => {
  const out = { side: "sell", reduceOnly: true } as const;
  /** Enters `last` while `meanwhile` is done where it looks at open orders. */
  async function during(
    meanwhile: (world: GatewayWorld) => Promise<unknown>,
    isBefore: boolean,
  ) {
    const world = await createGatewayWorld();
    const { gateway, broker, ledger, another } = world;
    broker.script("fill");
    await gateway.submit(ANN, wanted({ qty: dec("20") }));
    await gateway.submit(ANN, wanted({ ...out, id: "a" }));
    let isOnce = true;
    const other = another({
      ledger: {
        ...ledger,
        async list(...call) {
          const isNow = isOnce && call[0].kind === "order";
          if (isNow) isOnce = false;
          if (isNow && isBefore) await meanwhile(world);
          const rows = await ledger.list(...call);
          if (isNow && !isBefore) await meanwhile(world);
          return rows;
        },
      },
    });
    const { order } = await other.submit(ANN, wanted({ ...out, id: "last" }));
    return order.status;
  }
  const another = ({ gateway }: GatewayWorld) =>
    gateway.submit(ANN, wanted({ ...out, id: "b" }));
  const filled = async ({ gateway, broker }: GatewayWorld) => {
    broker.fill("a", "10");
    await gateway.refresh();
  };
  for (const isBefore of [true, false]) {
    equal(await during(another, isBefore), "denied");
    // Half of it is sold then, and the other half is there to be.
    equal(await during(filled, isBefore), "accepted");
  }
});

Deno.test("an order that the venue misnames for once is no orphan", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker, telemetry } = world;
  await gateway.submit(ANN, wanted({ id: "one" }));
  broker.script("fill");
  await gateway.submit(ANN, wanted({ id: "two" }));
  broker.lie((report) => ({
    ...report,
    status: "open",
    order: { ...report.order, id: `not-${report.order.id}` },
  }));
  broker.hint("one");
  await gateway.refresh();
  await gateway.reconcile();
  deepEqual(await gateway.orphans.list(), []);
  const told = telemetry.logged().filter(({ message, level }) =>
    level === "error" && /by another id/.test(message)
  );
  deepEqual(told.map(({ fields }) => fields["order"]), ["one"]);
  broker.lie();
  await gateway.refresh();
  equal(await enter(world, { id: "three" }), "accepted");
  equal((await gateway.find(ANN, "one"))?.reason, undefined);
});

Deno.test("a symbol with an order that nobody knows is in quarantine, for its user", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker, telemetry } = world;
  await gateway.submit(ANN, wanted({ id: "one" }));
  broker.place({ ...broker.requests[0]!, id: "by-hand" });
  await gateway.refresh();
  await gateway.refresh();
  equal(telemetry.counted("holdfast_orphan_orders_total"), 1);
  match(
    await enter(world, { id: "a" }),
    /^denied: .*ACME is in quarantine.*by-hand$/,
  );
  const other = parseSymbol("OTHER");
  equal(await enter(world, { id: "b", symbol: other }), "accepted");
  const bob = parseUserId("bob");
  equal((await gateway.submit(bob, wanted())).order.status, "accepted");

  const [orphan] = await gateway.orphans.list();
  equal(orphan?.orderId, "by-hand");
  await gateway.orphans.release(ANN, orphan!.id, "op");
  equal(await enter(world, { id: "c" }), "accepted");
  // What was released stays so.
  await gateway.reconcile();
  deepEqual(await gateway.orphans.list(), []);
  await rejects(gateway.orphans.release(ANN, orphan!.id, "op"), {
    code: "not_found",
  });
});
