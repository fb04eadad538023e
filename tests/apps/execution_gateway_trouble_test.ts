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
  ACME,
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

Deno.test("an order that the venue does not know any more is told of, and ended after a while", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker, telemetry, clock } = world;
  await gateway.submit(ANN, ONE);
  broker.forget("one");
  await gateway.refresh();
  await gateway.refresh();
  const order = await gateway.find(ANN, "one");
  equal(order?.status, "accepted");
  match(order!.reason!, /Cannot find the order at the venue any more/);
  equal(telemetry.logged("error").length, 1);
  equal(broker.requests.length, 1);
  // Neither many looks alone …
  for (let i = 0; i < 10; i++) await gateway.refresh();
  equal(await statusOf(world), "accepted");
  // … nor time alone is enough.
  await clock.advance(180_000);
  const restarted = world.another();
  await restarted.refresh();
  equal(await statusOf(world), "accepted");
  for (let i = 0; i < 4; i++) await restarted.refresh();
  equal(await statusOf(world), "canceled");
  match((await gateway.find(ANN, "one"))!.reason!, /not known .* for 3 min/);
});

Deno.test("an order that is away for a moment goes on", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker, clock } = world;
  await gateway.submit(ANN, ONE);
  const { find, open } = broker;
  broker.find = () => Promise.resolve(undefined);
  broker.open = () => Promise.resolve([]);
  for (let i = 0; i < 10; i++) await gateway.refresh();
  Object.assign(broker, { find, open });
  await gateway.refresh();
  equal((await gateway.find(ANN, "one"))?.reason, undefined);
  Object.assign(broker, {
    find: () => Promise.resolve(undefined),
    open: () => Promise.resolve([]),
  });
  await clock.advance(180_000);
  for (let i = 0; i < 10; i++) await gateway.refresh();
  // It is away anew since just now.
  equal(await statusOf(world), "accepted");
});

Deno.test("a lost order whose position the venue has otherwise is not ended", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker, clock } = world;
  await gateway.submit(ANN, ONE);
  broker.forget("one");
  const { positions } = broker;
  broker.positions = () =>
    Promise.resolve([
      { symbol: ACME, qty: dec("10"), avgEntryPrice: dec("100") },
    ]);
  await gateway.refresh();
  await clock.advance(180_000);
  for (let i = 0; i < 10; i++) await gateway.refresh();
  equal(await statusOf(world), "accepted");
  broker.positions = positions;
  for (let i = 0; i < 5; i++) await gateway.refresh();
  equal(await statusOf(world), "canceled");
});

Deno.test("a lost order that is to be canceled is over at once", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker } = world;
  await gateway.submit(ANN, ONE);
  broker.forget("one");
  const order = await gateway.cancel(ANN, "one");
  equal(order.status, "canceled");
  match(order.reason!, /does not know the order any more/);
  // So is one whose cancellation nobody has answered.
  await gateway.submit(ANN, wanted({ id: "two" }));
  broker.silence = "timeout";
  equal((await gateway.cancel(ANN, "two")).status, "pending_cancel");
  broker.silence = undefined;
  broker.forget("two");
  await gateway.refresh();
  equal(await statusOf(world, "two"), "canceled");
});

/** An order that was canceled here before it was sent, as far as anybody knew. */
async function createLateWorld() {
  const world = await createGatewayWorld();
  const { gateway, broker, clock } = world;
  broker.script("late");
  await gateway.submit(ANN, ONE);
  await gateway.cancel(ANN, "one");
  await clock.advance(20_000);
  await gateway.refresh();
  equal(await statusOf(world), "canceled");
  broker.arrive();
  return world;
}

Deno.test("an order that was given up and arrives late is canceled at the venue", async () => {
  const world = await createLateWorld();
  const { gateway, broker } = world;
  broker.fill("one", "4");
  await gateway.refresh(ANN);
  equal((await broker.find(ANN, "one"))?.status, "canceled");
  equal(await statusOf(world), "canceled");
  deepEqual(await holdings(gateway), ["4 ACME at 100, 0 earned"]);
  deepEqual(await gateway.orphans.list(), []);
});

Deno.test("an order that was given up and is filled after all is taken in", async () => {
  const world = await createLateWorld();
  const { gateway, broker, another } = world;
  broker.fill("one", "10");
  // Whoever finds that the position differs asks for it.
  const { differences } = await another().reconcile();
  deepEqual(differences, []);
  equal(await statusOf(world), "filled");
  deepEqual(await holdings(gateway), ["10 ACME at 100, 0 earned"]);
});

Deno.test("an order that the venue keeps although it is over here is an orphan", async () => {
  const world = await createLateWorld();
  const { gateway, broker } = world;
  broker.cancel = broker.find;
  await gateway.reconcile();
  const [orphan] = await gateway.orphans.list(ANN);
  match(orphan!.reason, /is canceled, and the venue keeps it/);
});

Deno.test("another's order with the id of one that was given up is not touched", async () => {
  const world = await createLateWorld();
  const { gateway, broker } = world;
  broker.forget("one");
  broker.place({ ...broker.requests[0]!, qty: dec("99") });
  await gateway.reconcile();
  equal((await broker.find(ANN, "one"))?.status, "open");
  const [orphan] = await gateway.orphans.list(ANN);
  match(orphan!.reason, /the order of that id is canceled/);
});

Deno.test("fills that the venue tells of after the end are taken in", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker, clock } = world;
  await gateway.submit(ANN, ONE);
  await gateway.cancel(ANN, "one");
  broker.fill("one", "4");
  await gateway.refresh();
  deepEqual(await holdings(gateway), []);
  await clock.advance(5000);
  await gateway.refresh();
  deepEqual(await holdings(gateway), ["4 ACME at 100, 0 earned"]);
  // Nobody asks for it any more then.
  const { asked } = broker;
  await clock.advance(60_000);
  await gateway.refresh();
  equal(broker.asked, asked);
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
  await gateway.refresh();
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
    if (call[1].some(({ kind }) => kind === "fill")) {
      ledger.find = find;
      await other.refresh();
    }
    return rows;
  };
  await gateway.refresh();
  equal(ledger.find, find);
  equal(await statusOf(world), "filled");
  deepEqual(await holdings(gateway), ["10 ACME at 100, 0 earned"]);
  equal(telemetry.counted("holdfast_order_reports_refused_total"), 0);
});

for (const skewMs of [0, 5, -5]) {
  Deno.test(`an order that ends while the venue tells of it is no orphan, by clocks ${skewMs} ms apart`, async () => {
    const world = await createGatewayWorld();
    const { gateway, another, broker, clock, telemetry } = world;
    await gateway.submit(ANN, ONE);
    const other = another({
      clock: { ...clock, now: () => clock.now() + skewMs },
    });
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
    deepEqual(telemetry.logged("error"), []);
  });
}
