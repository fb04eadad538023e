/**
 * The routes of orders, positions, and what oversees them.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import { createApp } from "../../src/http/app.ts";
import { createHostGuard } from "../../src/http/host_guard.ts";
import { createIdentity } from "../../src/http/identity.ts";
import { tradingRoutes } from "../../src/http/routes/trading/mod.ts";
import { deepEqual, equal, match } from "../support/assert.ts";
import { createGatewayWorld } from "../support/gateway_world.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { holdToDeclaration, read } from "./harness.ts";

type World = Parameters<typeof createGatewayWorld>;

/** A gateway behind its routes; Ann asks where nobody else is named. */
async function createClient(...options: World) {
  const world = await createGatewayWorld(...options);
  const routes = tradingRoutes(world.gateway);
  const app = createApp({
    routes,
    identity: createIdentity(),
    guard: createHostGuard({ loopback: true }),
    telemetry: world.telemetry,
    clock: world.clock,
    entropy: createSeededEntropy(),
  });
  return {
    ...world,
    async ask(method: string, path: string, body?: unknown, user = "ann") {
      const response = await app.request(path, {
        method,
        // The operator comes without a name.
        headers: user === "" ? {} : { "x-user-id": user },
        ...body === undefined ? {} : { body: JSON.stringify(body) },
      });
      const reply = await read(response);
      holdToDeclaration(routes, method, path, reply);
      return reply;
    },
  };
}

const ORDERS = "/api/v1/orders";
const ORDER = { symbol: "acme", side: "buy", qty: "10", order_type: "market" };

Deno.test("a new order is 201 with all that is known of it", async () => {
  const { ask, broker } = await createClient();
  broker.script("fill");
  const { status, json, headers } = await ask("POST", ORDERS, ORDER);
  equal(status, 201);
  equal(headers.get("idempotency-replayed"), "false");
  match(json.client_order_id, /^[0-9a-f]{24}$/);
  const { client_order_id: _id, created_at, ...rest } = json;
  deepEqual(rest, {
    status: "filled",
    broker_order_id: "b-1",
    symbol: "ACME",
    side: "buy",
    qty: "10",
    order_type: "market",
    limit_price: null,
    stop_price: null,
    time_in_force: "day",
    reduce_only: false,
    filled_qty: "10",
    filled_avg_price: "100",
    filled_value: "1000",
    commission: "0",
    reason: null,
    strategy_id: "manual",
    run_id: null,
    updated_at: created_at,
    message: "The order is filled",
  });
});

Deno.test("a repeat is 200, another request of that id 409 by its fields", async () => {
  const { ask, broker } = await createClient();
  const order = { ...ORDER, client_order_id: "ULT-06JAN-00001-E" };
  equal((await ask("POST", ORDERS, order)).status, 201);
  const repeat = await ask("POST", ORDERS, { ...order, qty: 10 });
  equal(repeat.status, 200);
  equal(repeat.headers.get("idempotency-replayed"), "true");
  equal(broker.requests.length, 1);
  const other = await ask("POST", ORDERS, { ...order, qty: 11, side: "sell" });
  equal(other.status, 409);
  deepEqual(
    other.json.errors.map((error: { path: string }) => error.path),
    ["body.side", "body.qty"],
  );
  const stored = "must be as in the order of this id, which has";
  deepEqual(
    other.json.errors.map((error: { message: string }) => error.message),
    [`${stored} buy`, `${stored} 10`],
  );
  match(other.json.detail, /differs in side \(there buy\), qty \(there 10\):/);
});

Deno.test("an order in doubt is 202, and tells when it is asked for", async () => {
  const { ask, broker, gateway } = await createClient();
  broker.script("late");
  const order = { ...ORDER, client_order_id: "one" };
  const { status, json } = await ask("POST", ORDERS, order);
  equal(status, 202);
  equal(json.status, "pending_new");
  match(json.message, /not yet known to be at the venue: Cannot tell yet/);
  broker.arrive();
  await gateway.refresh();
  const found = await ask("GET", `${ORDERS}/one`);
  equal(found.status, 200);
  equal(found.json.status, "accepted");
});

Deno.test("what is no order is 400 and names its part", async () => {
  const { ask, broker } = await createClient();
  const cases: [string, unknown][] = [
    ["qty", { ...ORDER, qty: "0" }],
    ["qty", { ...ORDER, qty: -1 }],
    ["qty", { ...ORDER, qty: "ten" }],
    ["qty", { ...ORDER, qty: "1e3" }],
    ["qty", { ...ORDER, qty: "0.123456789" }],
    ["qty", { ...ORDER, qty: "1.0000000000001" }],
    ["qty", { ...ORDER, qty: 1e-13 }],
    ["qty", { ...ORDER, qty: 1e21 }],
    ["qty", { ...ORDER, qty: null }],
    ["side", { ...ORDER, side: "hold" }],
    ["order_type", { ...ORDER, order_type: "iceberg" }],
    ["time_in_force", { ...ORDER, time_in_force: "gtx" }],
    ["limit_price", { ...ORDER, order_type: "limit" }],
    ["limit_price", { ...ORDER, limit_price: "1" }],
    ["stop_price", { ...ORDER, order_type: "stop" }],
    ["stop_price", { ...ORDER, order_type: "stop_limit", limit_price: "1" }],
    ["symbol", { ...ORDER, symbol: "../x" }],
    ["client_order_id", { ...ORDER, client_order_id: "a b" }],
    ["client_order_id", { ...ORDER, client_order_id: "x".repeat(37) }],
    ["strategy_id", { ...ORDER, strategy_id: "" }],
    ["run_id", { ...ORDER, run_id: "ü" }],
  ];
  for (const [field, body] of cases) {
    const { status, json } = await ask("POST", ORDERS, body);
    equal(status, 400, JSON.stringify(body));
    equal(json.errors[0].path, `body.${field}`, JSON.stringify(body));
  }
  equal((await ask("POST", ORDERS, { ...ORDER, quantity: 1 })).status, 400);
  equal(broker.requests.length, 0);
});

Deno.test("what is wrong with an order is told with its value", async () => {
  const { ask } = await createClient();
  const { side: _side, ...noSide } = ORDER;
  const { order_type: _type, ...noType } = ORDER;
  const cases: [RegExp, unknown][] = [
    [/^is required$/, noSide],
    [/^is required$/, noType],
    [/^is required$/, { ...ORDER, qty: undefined }],
    [/current value is "a b" \(length 3\)$/, {
      ...ORDER,
      client_order_id: "a b",
    }],
    [/current value is "x+" \(length 37\)$/, {
      ...ORDER,
      client_order_id: "x".repeat(37),
    }],
    [/current value is "\.\." \(length 2\)$/, {
      ...ORDER,
      client_order_id: "..",
    }],
    [/current value is "" \(length 0\)$/, { ...ORDER, strategy_id: "" }],
    [/current value is "ü" \(length 1\)$/, { ...ORDER, run_id: "ü" }],
    [/in quotes or not: current value is null$/, {
      ...ORDER,
      limit_price: null,
    }],
    [/like those of runs where no run_id is given/, {
      ...ORDER,
      client_order_id: `R-${"0a".repeat(12)}`,
    }],
  ];
  for (const [message, body] of cases) {
    const { status, json } = await ask("POST", ORDERS, body);
    equal(status, 400, JSON.stringify(body));
    match(json.errors[0].message, message);
  }
  const named = { ...ORDER, client_order_id: "..." };
  equal((await ask("POST", ORDERS, named)).status, 201);
});

Deno.test("what no price is known of is 404", async () => {
  const world = await createClient({
    limits: { maxQty: 0n, maxNotional: 1n },
    prices: {
      latest: () => Promise.reject(new PortError("not_found", "Cannot tell")),
    },
  });
  const { status, json } = await world.ask("POST", ORDERS, ORDER);
  equal(status, 404);
  match(json.detail, /no price of ACME is known: check the symbol/);
});

Deno.test("orders are listed by pages, and only to whom they belong", async () => {
  const { ask, broker, clock } = await createClient();
  for (const id of ["one", "two", "three"]) {
    await clock.advance(1);
    broker.script(id === "two" ? "fill" : "take");
    await ask("POST", ORDERS, { ...ORDER, client_order_id: id });
  }
  const idsOf = (
    { json }: { json: { orders: { client_order_id: string }[] } },
  ) => json.orders.map((order) => order.client_order_id);
  const first = await ask("GET", `${ORDERS}?limit=2`);
  deepEqual(idsOf(first), ["three", "two"]);
  equal(first.json.next, "two");
  const second = await ask("GET", `${ORDERS}?limit=2&after=two`);
  deepEqual(idsOf(second), ["one"]);
  equal(second.json.next, null);
  deepEqual(idsOf(await ask("GET", `${ORDERS}?status=open`)), ["three", "one"]);

  deepEqual(idsOf(await ask("GET", ORDERS, undefined, "bob")), []);
  equal((await ask("GET", `${ORDERS}/one`, undefined, "bob")).status, 404);
  equal((await ask("DELETE", `${ORDERS}/one`, undefined, "bob")).status, 404);
  equal(
    (await ask("GET", `${ORDERS}?after=one`, undefined, "bob")).status,
    404,
  );
  const positions = await ask("GET", "/api/v1/positions", undefined, "bob");
  equal(positions.json.total_positions, 0);
});

Deno.test("an order is canceled; one that is over stays as it is", async () => {
  const { ask, broker } = await createClient();
  await ask("POST", ORDERS, { ...ORDER, client_order_id: "one" });
  const canceled = await ask("DELETE", `${ORDERS}/one`);
  equal(canceled.status, 200);
  equal(canceled.json.status, "canceled");
  equal((await ask("DELETE", `${ORDERS}/one`)).json.status, "canceled");
  await ask("POST", ORDERS, { ...ORDER, client_order_id: "two" });
  broker.silence = "timeout";
  const asked = await ask("DELETE", `${ORDERS}/two`);
  equal(asked.status, 202);
  equal(asked.json.status, "pending_cancel");
});

Deno.test("positions are exact texts with their totals", async () => {
  const { ask, broker, gateway } = await createClient();
  await ask("POST", ORDERS, { ...ORDER, client_order_id: "one", qty: "0.3" });
  broker.fill("one", "0.1", "0.1", "0.01");
  broker.fill("one", "0.2", "0.2", "0.02");
  await gateway.refresh();
  const { json } = await ask("GET", "/api/v1/positions");
  const { updated_at: _at, ...position } = json.positions[0];
  deepEqual(position, {
    symbol: "ACME",
    qty: "0.3",
    avg_entry_price: "0.166666666667",
    current_price: "100",
    unrealized_pl: "29.95",
    realized_pl: "-0.03",
    commission: "0.03",
  });
  equal(json.total_positions, 1);
  equal(json.total_unrealized_pl, "29.95");
  equal(json.total_realized_pl, "-0.03");
});

Deno.test("the operator stops trading, of one or of all; others may not", async () => {
  const { ask } = await createClient();
  const path = "/api/admin/kill-switch";
  const stop = { engaged: true, reason: "the feed is wrong" };
  equal((await ask("PUT", path, stop)).status, 403);
  equal((await ask("PUT", path, { ...stop, user: "ann" }, "")).status, 200);
  const denied = await ask("POST", ORDERS, { ...ORDER, client_order_id: "a" });
  equal(denied.status, 201);
  equal(denied.json.status, "denied");
  match(denied.json.reason, /kill switch is engaged: for ann, the feed/);
  match(
    denied.json.message,
    /; to send it again give another client_order_id$/,
  );
  const unnamed = await ask("POST", ORDERS, ORDER);
  match(unnamed.json.message, /for ann, the feed is wrong$/);
  const order = { ...ORDER, client_order_id: "b" };
  equal((await ask("POST", ORDERS, order, "bob")).json.status, "accepted");

  await ask("PUT", path, stop, "");
  const all = { ...ORDER, client_order_id: "c" };
  match((await ask("POST", ORDERS, all, "bob")).json.reason, /for everybody/);
  const { json } = await ask("GET", path, undefined, "");
  equal(json.engaged, true);
  equal(json.global.reason, "the feed is wrong");
  deepEqual(json.users.map((one: { user: string }) => one.user), ["ann"]);

  const go = { engaged: false, reason: "it is right again" };
  await ask("PUT", path, go, "");
  const again = { ...ORDER, client_order_id: "d" };
  equal((await ask("POST", ORDERS, again, "bob")).json.status, "accepted");
});

Deno.test("the operator sees and releases orphans, and the reconciliation", async () => {
  const { ask, broker, gateway } = await createClient({}, {
    isReconciled: false,
  });
  const path = "/api/admin/reconciliation";
  equal((await ask("GET", path, undefined, "")).json.done, false);
  equal((await ask("POST", ORDERS, ORDER)).status, 503);
  await gateway.reconcile();
  await ask("POST", ORDERS, { ...ORDER, client_order_id: "one" });
  const { requests: [order] } = broker;
  broker.place({ ...order!, id: "by-hand" });
  broker.fill("by-hand", "4");
  await gateway.reconcile();

  const { json } = await ask("GET", path, undefined, "");
  equal(json.done, true);
  equal(json.open_orders, 1);
  deepEqual(json.differences, [
    { user: "ann", symbol: "ACME", here: "0", venue: "4" },
  ]);
  const orphans = "/api/admin/orphan-orders";
  const found = await ask("GET", orphans, undefined, "");
  equal(found.json.orphans[0].client_order_id, "by-hand");
  const { user, id } = found.json.orphans[0];
  const one = `${orphans}/${user}/${id}`;
  equal((await ask("DELETE", one)).status, 403);
  equal((await ask("DELETE", one, undefined, "")).status, 204);
  equal((await ask("DELETE", one, undefined, "")).status, 404);
  deepEqual((await ask("GET", orphans, undefined, "")).json.orphans, []);
});
