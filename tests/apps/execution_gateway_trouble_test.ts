/**
 * Venues that say what cannot be, ledgers that do not answer, and instances that
 * come in each other's way.
 *
 * @module
 */
import type { BrokerReport } from "../../ports/broker.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { PortError } from "../../ports/port_error.ts";
import { createLanes } from "../../src/apps/execution_gateway/lanes.ts";
import { deepEqual, equal, match, rejects } from "../support/assert.ts";
import {
  ANN,
  createGatewayWorld,
  dec,
  type GatewayWorld,
  holdings,
  passing,
  wanted,
} from "../support/gateway_world.ts";

const ONE = wanted({ id: "one" });

async function statusOf({ gateway }: GatewayWorld, id = "one") {
  return (await gateway.find(ANN, id))?.status;
}

const LIES: Record<string, (report: BrokerReport) => BrokerReport> = {
  "another symbol": (report) => ({
    ...report,
    order: { ...report.order, symbol: "OTHER" as never },
  }),
  "another side": (report) => ({
    ...report,
    order: { ...report.order, side: "sell" },
  }),
  "another order": (report) => ({
    ...report,
    order: { ...report.order, id: "two" },
  }),
  "a price below 0": (report) => ({
    ...report,
    fills: [{
      id: "x",
      qty: dec("1"),
      price: dec("-1"),
      commission: 0n,
      at: 1,
    }],
  }),
  "more than there is": (report) => ({
    ...report,
    fills: [{
      id: "x",
      qty: dec("11"),
      price: dec("1"),
      commission: 0n,
      at: 1,
    }],
  }),
  "a rejection with fills": (report) => ({
    ...report,
    status: "rejected",
    fills: [{ id: "x", qty: dec("1"), price: dec("1"), commission: 0n, at: 1 }],
  }),
};

for (const [name, lie] of Object.entries(LIES)) {
  Deno.test(`a venue that tells of ${name} is not believed`, async () => {
    const world = await createGatewayWorld();
    const { gateway, broker, telemetry, clock } = world;
    broker.lie(lie);
    const { order } = await gateway.submit(ANN, ONE);
    equal(order.status, "pending_new");
    match(order.reason!, /^Cannot use what the venue says as /);
    await clock.advance(20_000);
    await gateway.refresh();
    equal(await statusOf(world), "pending_new");
    equal(broker.requests.length, 1);
    equal(telemetry.counted("holdfast_order_reports_refused_total") > 1, true);
    match(telemetry.logged("error")[0]!.message, /reports what cannot be/);
    deepEqual(await holdings(gateway), []);
    // It is believed as soon as it makes sense.
    broker.lie();
    await gateway.refresh();
    equal(await statusOf(world), "accepted");
    equal((await gateway.find(ANN, "one"))?.reason, undefined);
  });
}

Deno.test("an order that the venue does not know any more is told of", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker, telemetry } = world;
  await gateway.submit(ANN, ONE);
  broker.forget("one");
  await gateway.refresh();
  await gateway.refresh();
  const order = await gateway.find(ANN, "one");
  equal(order?.status, "accepted");
  match(order!.reason!, /Cannot find the order at the venue any more/);
  equal(telemetry.logged("error").length, 1);
  equal(broker.requests.length, 1);
});

/** A ledger whose commits fail as `faults` say, in turn. */
function hurt(
  world: GatewayWorld,
  ...faults: ("before" | "after" | undefined)[]
) {
  const { ledger } = world;
  const commit = ledger.commit;
  ledger.commit = async (...call) => {
    const fault = faults.shift();
    if (fault === "before") throw new PortError("timeout", "Cannot tell");
    const receipts = await commit(...call);
    if (fault === "after") throw new PortError("timeout", "Cannot tell");
    return receipts;
  };
}

for (const fault of ["before", "after"] as const) {
  for (const step of [0, 1]) {
    Deno.test(`a commit without an answer, step ${step}, lost ${fault} it: once is once`, async () => {
      const world = await createGatewayWorld();
      const { gateway, broker, events } = world;
      hurt(world, ...step === 0 ? [fault] : [undefined, fault]);
      broker.script("fill");
      const entered = await passing(world, gateway.submit(ANN, ONE));
      const { order, isRepeat } = entered;
      equal(order.status, "filled");
      equal(isRepeat, false);
      equal(broker.requests.length, 1);
      deepEqual(await holdings(gateway), ["10 ACME at 100, 0 earned"]);
      equal((await events()).length, 2);
    });
  }
}

Deno.test("what became of an order and cannot be kept is kept later", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker } = world;
  hurt(world, undefined, ...Array(6).fill("before"));
  broker.script("fill");
  const entered = await passing(world, gateway.submit(ANN, ONE));
  equal(entered.order.status, "pending_new");
  await gateway.refresh();
  equal(await statusOf(world), "filled");
  equal(broker.requests.length, 1);
});

Deno.test("who cannot be told whether his order is kept is told so, and asks again", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker } = world;
  hurt(world, "after");
  const { ledger } = world;
  const { find } = ledger;
  // What was written cannot be read either.
  let isAway = false;
  ledger.find = async (...call) => {
    const { kind } = call[1][0]!;
    if (isAway && kind === "order") {
      throw new PortError("unavailable", "Cannot reach the ledger");
    }
    const rows = await find(...call);
    isAway ||= kind === "position";
    return rows;
  };
  await rejects(passing(world, gateway.submit(ANN, ONE)), { code: "timeout" });
  ledger.find = find;
  const { order, isRepeat } = await gateway.submit(ANN, ONE);
  equal(isRepeat, true);
  equal(order.status, "pending_new");
  equal(broker.requests.length, 0);
  // Nobody has sent it: whoever looks after it does, when he may.
  await world.clock.advance(15_000);
  await gateway.refresh();
  equal(await statusOf(world), "accepted");
});

Deno.test("one user's work is done one at a time, and only so much of it waits", async () => {
  const lanes = createLanes(2);
  const done: string[] = [];
  const gate = Promise.withResolvers<void>();
  const work = (name: string) => async () => {
    done.push(`begin ${name}`);
    await gate.promise;
    done.push(name);
  };
  const bob = parseUserId("bob");
  const all = ["a", "b", "c"].map((name) => lanes.run(ANN, work(name)));
  await rejects(lanes.run(ANN, work("d")), {
    code: "unavailable",
    facts: { retryAfterMs: 1000 },
  });
  await lanes.run(bob, async () => void done.push("bob"));
  gate.resolve();
  await Promise.all(all);
  const inTurn = ["a", "b", "c"].flatMap((name) => [`begin ${name}`, name]);
  deepEqual(done.filter((name) => name !== "bob"), inTurn);
  equal(done.indexOf("bob") < done.indexOf("a"), true);
  await rejects(lanes.run(ANN, () => Promise.reject(new Error("x"))));
  await lanes.run(ANN, work("e"));
  equal(done.at(-1), "e");
});

Deno.test("who takes in a report that another has just taken in sees no contradiction", async () => {
  const world = await createGatewayWorld();
  const { gateway, another, broker, ledger, telemetry } = world;
  await gateway.submit(ANN, ONE);
  broker.fill("one", "10");
  const other = another();
  const { find } = ledger;
  ledger.find = async (...call) => {
    const rows = await find(...call);
    if (call[1][0]!.kind === "fill") {
      ledger.find = find;
      await other.refresh();
    }
    return rows;
  };
  await gateway.refresh();
  equal(await statusOf(world), "filled");
  deepEqual(await holdings(gateway), ["10 ACME at 100, 0 earned"]);
  equal(telemetry.counted("holdfast_order_reports_refused_total"), 0);
});

Deno.test("an order that ends while the venue tells of it is no orphan", async () => {
  const world = await createGatewayWorld();
  const { gateway, another, broker } = world;
  await gateway.submit(ANN, ONE);
  const other = another();
  const { open } = broker;
  broker.open = async (...call) => {
    const reports = await open(...call);
    broker.open = open;
    broker.fill("one", "10");
    await other.refresh();
    return reports;
  };
  await gateway.refresh(ANN);
  equal(await statusOf(world), "filled");
  deepEqual(await gateway.orphans.list(), []);
});
