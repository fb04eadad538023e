/**
 * The routes of the caller's account at the venue.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import { createApp } from "../../src/http/app.ts";
import { createHostGuard } from "../../src/http/host_guard.ts";
import { createIdentity } from "../../src/http/identity.ts";
import { futuresAccountRoutes } from "../../src/http/routes/futures_account.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { ANN, BTC, createWorld } from "../support/exchange_world.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { holdToDeclaration, read } from "./harness.ts";

const POSITIONS = "/api/futures/positions";
const ORDERS = "/api/futures/orders";

/** The routes over a venue, and a client that holds answers to their schemas. */
function createClient(sharing: "shared" | "none" = "shared") {
  const world = createWorld(sharing);
  const routes = futuresAccountRoutes(world.accounts);
  const app = createApp({
    routes,
    identity: createIdentity(),
    guard: createHostGuard({ loopback: true }),
    entropy: createSeededEntropy(),
    telemetry: world.telemetry,
    clock: world.clock,
  });
  return {
    ...world,
    async get(path: string, user = "ann") {
      const headers = { "x-user-id": user };
      const reply = await read(await app.request(path, { headers }));
      holdToDeclaration(routes, "GET", path, reply);
      return reply;
    },
  };
}

Deno.test("positions are the caller's, with their age and where they come from", async () => {
  const { get, clock } = createClient();
  const first = await get(POSITIONS);
  equal(first.status, 200);
  const answer = {
    positions: [
      { symbol: "BTCUSDT", qty: "1", avg_entry_price: "42000.1" },
    ],
    user_id: "ann",
    fetched_at: "2026-01-02T03:04:05.000Z",
    age_ms: 0,
    source: "broker",
  };
  deepEqual(first.json, answer);
  equal(first.headers.get("age"), "0");
  await clock.advance(2900);
  const later = await get(POSITIONS);
  deepEqual(later.json, { ...answer, age_ms: 2900, source: "redis" });
  equal(later.headers.get("age"), "2");
  const other = await get(POSITIONS, "bob");
  deepEqual([other.json.positions[0].qty, other.json.source], ["7", "broker"]);
});

Deno.test("without Redis an answer is kept in memory", async () => {
  const { get, clock, accounts } = createClient("none");
  await get(ORDERS);
  await clock.advance(999);
  const { json, headers } = await get(ORDERS);
  deepEqual([json.source, json.age_ms], ["memory", 999]);
  equal(headers.get("age"), "0");
  await accounts.invalidate(ANN);
  equal((await get(ORDERS)).json.source, "broker");
});

Deno.test("orders are the open ones, decimals as text", async () => {
  const { get, venue } = createClient();
  deepEqual((await get(ORDERS)).json.orders, []);
  venue.list([{
    order: {
      user: ANN,
      id: "ULT-06JAN-00001-SL",
      symbol: BTC,
      side: "sell",
      qty: 15_000_000_000n,
      kind: "stop",
      stopPrice: 41_500_500_000_000_000n,
      timeInForce: "gtc",
      reduceOnly: true,
    },
    brokerId: "88213",
    status: "open",
    fills: [],
  }]);
  deepEqual((await get(ORDERS, "bob")).json.orders, [{
    client_order_id: "ULT-06JAN-00001-SL",
    broker_order_id: "88213",
    symbol: "BTCUSDT",
    side: "sell",
    order_type: "stop",
    qty: "0.015",
    filled_qty: "0",
    limit_price: null,
    stop_price: "41500.5",
    time_in_force: "gtc",
    reduce_only: true,
  }]);
});

Deno.test("when the venue fails the answer is its error, whatever was held", async () => {
  const { get, venue, clock } = createClient();
  await get(POSITIONS);
  await clock.advance(5000);
  const cases = [["unavailable", 503], ["timeout", 504]] as const;
  for (const [code, status] of cases) {
    venue.fail(new PortError(code, "Cannot ask the venue as it is away"));
    const reply = await get(POSITIONS);
    deepEqual([reply.status, reply.json.status], [status, status]);
  }
});
