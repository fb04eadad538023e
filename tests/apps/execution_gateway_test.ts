/**
 * The execution gateway when all goes well.
 *
 * @module
 */
import { createTradeBook } from "../../domain/autopilot/trade_book.ts";
import { formatDecimal } from "../../domain/decimal.ts";
import type { Order } from "../../domain/order/order.ts";
import { intentText } from "../../domain/order/order_intent.ts";
import { isUuid } from "../../domain/uuid.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { sha256 } from "../../src/services/sha256.ts";
import { checkEvents } from "../support/gateway_events.ts";
import {
  deepEqual,
  equal,
  match,
  notEqual,
  ok,
  rejects,
} from "../support/assert.ts";
import {
  ANN,
  createGatewayWorld,
  dec,
  holdings,
  wanted,
} from "../support/gateway_world.ts";

const BOB = parseUserId("bob");

Deno.test("an order is sent once, filled and held", async () => {
  const { gateway, broker } = await createGatewayWorld();
  broker.script("fill");
  const { order, isRepeat } = await gateway.submit(ANN, wanted());
  equal(isRepeat, false);
  equal(order.status, "filled");
  equal(formatDecimal(order.filledQty), "10");
  equal(broker.requests.length, 1);
  deepEqual(await holdings(gateway), ["10 ACME at 100, 0 earned"]);
  deepEqual(await holdings(gateway, BOB), []);
});

Deno.test("an order is kept before the venue hears of it", async () => {
  const { gateway, broker } = await createGatewayWorld();
  let kept: Order | undefined;
  const submit = broker.submit;
  broker.submit = async (order, signal) => {
    kept = await gateway.find(ANN, order.id);
    return await submit(order, signal);
  };
  await gateway.submit(ANN, wanted({ id: "one" }));
  equal(kept?.status, "pending_new");
});

Deno.test("an order that names no id gets the same one for the same intent", async () => {
  const { gateway, broker, clock } = await createGatewayWorld();
  const limit = { kind: "limit", limitPrice: dec("99.5") } as const;
  const { order } = await gateway.submit(ANN, wanted(limit));
  equal(
    intentText(order, clock.now()),
    "ACME|buy|10|99.50||manual|2026-01-02|limit|day",
  );
  // echo -n 'ACME|buy|10|99.50||manual|2026-01-02|limit|day' | sha256sum
  equal(order.id, "5c42ad20f51000747c158f7c");
  const again = await gateway.submit(ANN, wanted(limit));
  equal(again.isRepeat, true);
  equal(again.order.id, order.id);
  equal(broker.requests.length, 1);
  // Users are apart, and so is every part of the intent.
  equal((await gateway.submit(BOB, wanted(limit))).isRepeat, false);
  const others = [
    wanted({ ...limit, side: "sell" }),
    wanted({ ...limit, qty: dec("11") }),
    wanted({ ...limit, limitPrice: dec("99.51") }),
    wanted({ ...limit, timeInForce: "gtc" }),
    wanted({ ...limit, strategyId: "other" }),
    wanted({ ...limit, runId: "run-1" }),
    wanted({ ...limit, runId: "run-2" }),
    wanted({ kind: "stop", stopPrice: dec("99.5") }),
    wanted(),
  ];
  for (const one of others) {
    equal((await gateway.submit(ANN, one)).isRepeat, false);
  }
  await clock.advance(24 * 3_600_000);
  equal((await gateway.submit(ANN, wanted(limit))).isRepeat, false);
});

Deno.test("one id stands for one intent", async () => {
  const { gateway, broker } = await createGatewayWorld();
  await gateway.submit(ANN, wanted({ id: "ULT-06JAN-00001-E" }));
  const repeat = await gateway.submit(ANN, wanted({ id: "ULT-06JAN-00001-E" }));
  equal(repeat.isRepeat, true);
  await rejects(
    gateway.submit(
      ANN,
      wanted({ id: "ULT-06JAN-00001-E", qty: dec("1"), runId: "r" }),
    ),
    {
      code: "conflict",
      message: /differs in qty \(there 10\), run_id \(there none\):/,
    },
  );
  // Prices that differ behind the second decimal share an id.
  const limit = { kind: "limit", limitPrice: dec("0.001") } as const;
  await gateway.submit(ANN, wanted(limit));
  await rejects(
    gateway.submit(ANN, wanted({ ...limit, limitPrice: dec("0.002") })),
    {
      code: "conflict",
      message:
        /limit_price \(there 0.001\), and without an id prices count to the cent: give another client_order_id/,
    },
  );
  equal(broker.requests.length, 2);
});

Deno.test("what was denied without an id is checked again, and is another order then", async () => {
  const { gateway, broker, another, clock } = await createGatewayWorld();
  const { killSwitches } = gateway;
  const stop = (isEngaged: boolean, reason: string) =>
    killSwitches.turn({ isEngaged, reason, by: "op" });
  await stop(true, "news");
  const named = await gateway.submit(ANN, wanted({ id: "one" }));
  const first = await gateway.submit(ANN, wanted());
  // For the same reasons it is the same order.
  deepEqual(await gateway.submit(ANN, wanted()), { ...first, isRepeat: true });
  await stop(true, "more news");
  const second = await gateway.submit(ANN, wanted());
  deepEqual([second.order.status, second.isRepeat], ["denied", false]);
  await stop(false, "over");
  // Whoever is asked, and how often at once.
  const other = another();
  await other.reconcile();
  const third = await Promise.all(
    [gateway, other, gateway].map((one) => one.submit(ANN, wanted())),
  );
  deepEqual(
    third.map(({ order }) => order.id),
    [
      1,
      1,
      1,
    ].map(() => third[0]!.order.id),
  );
  equal(third.filter(({ isRepeat }) => !isRepeat).length, 1);
  equal((await gateway.submit(ANN, wanted())).isRepeat, true);
  const text = intentText(wanted(), clock.now(), 3);
  equal(third[0]!.order.id, sha256(text).toHex().slice(0, 24));
  deepEqual(broker.requests.map(({ id }) => id), [third[0]!.order.id]);
  deepEqual(await gateway.find(ANN, first.order.id), first.order);
  deepEqual(await gateway.find(ANN, second.order.id), second.order);
  // Who has named it has meant that one.
  const again = await gateway.submit(ANN, wanted({ id: "one" }));
  deepEqual(again, { order: named.order, isRepeat: true });
});

Deno.test("requests at once with one id are one order", async () => {
  const { gateway, another, broker } = await createGatewayWorld();
  const other = another();
  await other.reconcile();
  const entered = await Promise.all(
    [gateway, other, gateway, other].map((one) =>
      one.submit(ANN, wanted({ id: "one" }))
    ),
  );
  equal(entered.filter(({ isRepeat }) => !isRepeat).length, 1);
  equal(broker.requests.length, 1);
});

Deno.test("orders of one user are entered side by side, some at a time, one id in turn", async () => {
  const { gateway, broker, ledger } = await createGatewayWorld();
  const gate = Promise.withResolvers<void>();
  let [entering, entered] = [0, 0];
  const { commit } = ledger;
  ledger.commit = async (...call) => {
    entering++;
    await gate.promise;
    return await commit(...call);
  };
  // The first twice.
  const ids = ["o-0", ...Array.from({ length: 40 }, (_, i) => `o-${i}`)];
  const all = ids.map(async (id) => {
    const { isRepeat } = await gateway.submit(ANN, wanted({ id }));
    if (!isRepeat) entered++;
  });
  await new Promise((resolve) => setTimeout(resolve, 0));
  equal(entering, 15, "the sixteenth waits for the first of its id");
  gate.resolve();
  await Promise.all(all);
  equal(entered, 40);
  equal(broker.requests.length, 40);
});

Deno.test("each change of an order and each fill is told once", async () => {
  const { gateway, broker, events, another } = await createGatewayWorld();
  await gateway.submit(ANN, wanted({ id: "one" }));
  broker.fill("one", "4", "100", "0.5");
  await gateway.refresh();
  await gateway.refresh();
  broker.fill("one", "6", "110", "0.5");
  await Promise.all([gateway.refresh(), another().refresh()]);
  await gateway.submit(ANN, wanted({ id: "two", side: "sell" }));
  broker.fill("two", "10", "120", "1");
  await gateway.refresh();

  const told = await events();
  deepEqual(
    told.map(({ channel, key, data }) => [
      channel,
      key,
      data["client_order_id"],
      data["status"] ?? data["action"],
      data["num_orders"] ?? data["new_qty"],
      data["num_accepted"] ?? data["realized_pnl"],
    ]),
    [
      ["orders.executed", "one", "one", "accepted", 1, 1],
      ["orders.executed", "one", "one", "partially_filled", 0, 0],
      ["positions.updated", "ACME", "one", "partial_fill", "4", "0"],
      ["orders.executed", "one", "one", "filled", 0, 0],
      ["positions.updated", "ACME", "one", "fill", "10", "0"],
      ["orders.executed", "two", "two", "accepted", 1, 1],
      ["orders.executed", "two", "two", "filled", 0, 0],
      ["positions.updated", "ACME", "two", "fill", "0", "140"],
    ],
  );
  for (const { id, meta } of told) {
    ok(isUuid(id));
    equal(meta.user, "ann");
    equal(meta.source, "execution-gateway");
  }
  checkEvents(told);
  deepEqual(await holdings(gateway), ["0 ACME at 0, 138 earned"]);
});

Deno.test("to the autopilot an order with its fills is one trade", async () => {
  const named = "ULT-06JAN-00001-E";
  const cases: [string, string | undefined][] = [
    [named, undefined],
    // Of a run that is not the orchestrator's.
    [named, "run-1"],
    [`R-${"0a".repeat(12)}`, "run-1"],
  ];
  for (const [id, runId] of cases) {
    const { gateway, broker, events } = await createGatewayWorld();
    await gateway.submit(ANN, wanted({ id, runId }));
    broker.fill(id, "4");
    await gateway.refresh();
    broker.fill(id, "6");
    await gateway.refresh();
    const book = createTradeBook();
    const told = await events();
    for (const event of told) ok(book.apply(event));
    const last = told.at(-1)!;
    const now = last.committedAt;
    if (id !== named) {
      // The run tells of its orders itself, once and together.
      const counts = { num_orders: 1, num_accepted: 1, num_rejected: 0 };
      ok(book.apply({
        ...last,
        id: "0196f0c2-0000-7000-8000-000000000001",
        channel: "orders.executed",
        json: JSON.stringify({ run_id: runId, ...counts }),
      }));
    }
    equal(book.tally("ann", undefined, now, 0).tradesDay, 1);
    const inMode = book.tally("ann", "ultra", now, 0).tradesDay;
    equal(inMode, Number(id === named));
    equal(book.unreadable, 0);
    const [held] = book.positions("ann");
    equal(held?.symbol, "ACME");
    if (id === named) equal(held?.mode, "ultra");
  }
});

Deno.test("what the venue rejects is told as rejected, and holds nothing", async () => {
  const { gateway, broker, events } = await createGatewayWorld();
  broker.script("reject");
  const { order } = await gateway.submit(ANN, wanted({ id: "one" }));
  equal(order.status, "rejected");
  match(order.reason!, /margin is too small/);
  const [event, ...rest] = await events();
  equal(rest.length, 0);
  const { num_orders, num_accepted, num_rejected } = event!.data;
  deepEqual([num_orders, num_accepted, num_rejected], [1, 0, 1]);
  deepEqual(await holdings(gateway), []);
});

Deno.test("with DRY_RUN orders are checked and kept, and none is sent", async () => {
  const { gateway, broker, events } = await createGatewayWorld({
    dryRun: true,
    limits: { maxQty: dec("10"), maxNotional: 0n },
  });
  const { order } = await gateway.submit(ANN, wanted({ id: "one" }));
  equal(order.status, "dry_run");
  const large = wanted({ id: "two", qty: dec("11") });
  equal((await gateway.submit(ANN, large)).order.status, "denied");
  await gateway.reconcile();
  equal(broker.requests.length, 0);
  equal((await gateway.submit(ANN, wanted({ id: "one" }))).isRepeat, true);
  const counts = (await events()).map(({ data }) => [
    data["status"],
    data["num_accepted"],
    data["num_rejected"],
  ]);
  deepEqual(counts, [["dry_run", 0, 0], ["denied", 0, 1]]);
});

Deno.test("what can never be sent is refused, and nothing is kept", async () => {
  const { gateway, another } = await createGatewayWorld();
  const cases = [
    [wanted({ qty: 0n }), /qty must be above 0/],
    [wanted({ qty: dec("-1") }), /qty must be above 0: current value is -1/],
    [wanted({ qty: dec("1000000001") }), /qty must be at most 1000000000/],
    [wanted({ qty: dec("0.000000001") }), /qty must have at most 8 decimals/],
    [wanted({ kind: "limit" }), /limit_price is required for a limit order/],
    [
      wanted({ kind: "limit", limitPrice: dec("-1") }),
      /limit_price must be above 0/,
    ],
    [wanted({ limitPrice: dec("1") }), /limit_price must be left out/],
    [
      wanted({ kind: "stop_limit", stopPrice: dec("1") }),
      /limit_price is required/,
    ],
    [
      wanted({ kind: "stop", stopPrice: dec("1"), timeInForce: "ioc" }),
      /time_in_force must be day or gtc/,
    ],
    [wanted({ side: "hold" as "buy" }), /side must be one of buy, sell/],
    [wanted({ id: "a b" }), /client_order_id must match/],
    [wanted({ id: "" }), /client_order_id must match/],
    [wanted({ strategyId: "x".repeat(65) }), /strategy_id must match/],
  ] as const;
  for (const [request, message] of cases) {
    await rejects(gateway.submit(ANN, request), {
      name: "InvalidInput",
      message,
    });
  }
  const whole = another({ lots: "whole" });
  await rejects(whole.submit(ANN, wanted({ qty: dec("1.5") })), {
    message: /qty must be a whole number here: current value is 1.5/,
  });
  deepEqual(await gateway.orders(ANN, { limit: 10 }), []);
});

Deno.test("an order of many fills is taken in by parts", async () => {
  const { gateway, broker } = await createGatewayWorld();
  await gateway.submit(ANN, wanted({ id: "one", qty: dec("450") }));
  for (let i = 0; i < 450; i++) broker.fill("one", "1", `${100 + i % 2}`);
  await gateway.refresh();
  equal((await gateway.find(ANN, "one"))?.status, "filled");
  deepEqual(await holdings(gateway), ["450 ACME at 100.5, 0 earned"]);
});

Deno.test("a position without a price is worth what it was entered at", async () => {
  const world = await createGatewayWorld();
  world.broker.script("fill");
  await world.gateway.submit(ANN, wanted());
  world.price = undefined;
  const [view] = await world.gateway.positions(ANN);
  equal(formatDecimal(view!.currentPrice), "100");
  equal(view!.unrealizedPnl, 0n);
  world.price = "101";
  const [now] = await world.gateway.positions(ANN);
  equal(formatDecimal(now!.unrealizedPnl), "10");
});

Deno.test("an order is canceled, with what was filled before", async () => {
  const { gateway, broker } = await createGatewayWorld();
  await gateway.submit(ANN, wanted({ id: "one" }));
  broker.fill("one", "4");
  const order = await gateway.cancel(ANN, "one");
  equal(order.status, "canceled");
  equal(formatDecimal(order.filledQty), "4");
  equal((await gateway.cancel(ANN, "one")).status, "canceled");
  await rejects(gateway.cancel(ANN, "two"), { code: "not_found" });
  await rejects(gateway.cancel(BOB, "one"), { code: "not_found" });
  notEqual(await gateway.find(ANN, "one"), undefined);
});
