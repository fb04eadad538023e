/**
 * Orders of which nobody knows whether they were sent, and venues that say what
 * cannot be.
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
  until,
  wanted,
} from "../support/gateway_world.ts";

const ONE = wanted({ id: "one" });

async function statusOf({ gateway }: GatewayWorld, id = "one") {
  return (await gateway.find(ANN, id))?.status;
}

Deno.test("an answer that was lost is asked for at once", async () => {
  const { gateway, broker, telemetry } = await createGatewayWorld();
  broker.script("deaf");
  const { order } = await gateway.submit(ANN, ONE);
  equal(order.status, "accepted");
  equal(broker.requests.length, 1);
  equal(telemetry.counted("holdfast_order_unknown_outcomes_total"), 1);
});

Deno.test("a request that was lost is sent again only when it cannot arrive any more", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker, clock } = world;
  broker.script("lost");
  const { order } = await gateway.submit(ANN, ONE);
  equal(order.status, "pending_new");
  match(order.reason!, /Cannot tell yet whether the venue has the order/);
  await clock.advance(4999);
  await gateway.refresh();
  equal(broker.requests.length, 1);
  await clock.advance(1);
  await gateway.refresh();
  equal(broker.requests.length, 2);
  equal(await statusOf(world), "accepted");
  equal(broker.timesTaken("one"), 1);
});

Deno.test("a request that arrives late is found, and not sent again", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker, clock } = world;
  broker.script("late");
  await gateway.submit(ANN, ONE);
  await clock.advance(4000);
  await gateway.refresh();
  equal(await statusOf(world), "pending_new");
  broker.arrive();
  await clock.advance(4000);
  await gateway.refresh();
  equal(await statusOf(world), "accepted");
  equal(broker.requests.length, 1);
});

Deno.test("an order that has grown old is not sent any more", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker, clock, events } = world;
  broker.script("lost");
  await gateway.submit(ANN, ONE);
  broker.silence = "unavailable";
  await clock.advance(59_999);
  await rejects(gateway.refresh(), { code: "unavailable" });
  await clock.advance(1);
  broker.silence = undefined;
  await gateway.refresh();
  const order = await gateway.find(ANN, "one");
  equal(order?.status, "failed");
  match(order!.reason!, /it is 60 s old: Cannot tell yet/);
  equal(broker.requests.length, 1);
  const { data } = (await events())[0]!;
  deepEqual([data["num_accepted"], data["num_rejected"]], [0, 1]);
});

Deno.test("an order that was given up and is at the venue after all is taken back in", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker, clock } = world;
  broker.script("late");
  await gateway.submit(ANN, ONE);
  await clock.advance(60_000);
  await gateway.refresh();
  equal(await statusOf(world), "failed");
  broker.arrive();
  await clock.advance(1);
  await gateway.reconcile();
  equal(await statusOf(world), "accepted");
  deepEqual(await gateway.orphans.list(), []);
});

Deno.test("while the venue is away an order is tried a few times, then kept", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker, clock } = world;
  broker.script("away", "away");
  const twice = await passing(world, gateway.submit(ANN, ONE));
  equal(twice.order.status, "accepted");
  equal(broker.requests.length, 3);

  broker.script("away", "away", "away");
  const two = wanted({ id: "two" });
  const thrice = await passing(world, gateway.submit(ANN, two));
  equal(thrice.order.status, "pending_new");
  equal(broker.requests.length, 6);
  await clock.advance(1000);
  await gateway.refresh();
  equal(await statusOf(world, "two"), "accepted");
  equal(broker.timesTaken("two"), 1);
});

Deno.test("a venue that wants to be left alone is left alone", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker, clock } = world;
  broker.script({ retryAfterMs: 7000 });
  const { order } = await gateway.submit(ANN, ONE);
  equal(order.status, "pending_new");
  match(order.reason!, /one more now/);
  await clock.advance(6999);
  await gateway.refresh();
  equal(broker.requests.length, 1);
  await clock.advance(1);
  await gateway.refresh();
  equal(await statusOf(world), "accepted");
});

Deno.test("a venue that never answers is a request without an answer", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker } = world;
  broker.script("hang");
  const entered = gateway.submit(ANN, ONE);
  await until(() => broker.requests.length === 1);
  // Meanwhile others are served.
  equal(
    (await gateway.submit(ANN, wanted({ id: "two" }))).order.status,
    "accepted",
  );
  const { order } = await passing(world, entered);
  equal(order.status, "pending_new");
  match(order.reason!, /fake has not answered for 10000 ms/);
});

Deno.test("an order in doubt is not sent again once trading is stopped", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker, clock, another } = world;
  broker.script("lost", "lost");
  await gateway.submit(ANN, ONE);
  await gateway.submit(ANN, wanted({ id: "two" }));
  await clock.advance(5000);
  await another({ dryRun: true }).refresh();
  equal(await statusOf(world), "failed");
  match((await gateway.find(ANN, "two"))!.reason!, /DRY_RUN/);
  broker.script("lost");
  await gateway.submit(ANN, wanted({ id: "three" }));
  await gateway.killSwitches.turn({ isEngaged: true, reason: "x", by: "op" });
  await clock.advance(5000);
  await gateway.refresh();
  match((await gateway.find(ANN, "three"))!.reason!, /kill switch is engaged/);
  equal(broker.requests.length, 3);
});

Deno.test("an order in doubt that is canceled is never sent", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker, clock } = world;
  broker.script("lost");
  await gateway.submit(ANN, ONE);
  equal((await gateway.cancel(ANN, "one")).status, "pending_new");
  await clock.advance(5000);
  await gateway.refresh();
  equal(await statusOf(world), "canceled");
  equal(broker.requests.length, 1);
});

Deno.test("an order in doubt that is canceled and turns up is canceled there", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker } = world;
  broker.script("late");
  await gateway.submit(ANN, ONE);
  await gateway.cancel(ANN, "one");
  broker.arrive();
  await gateway.refresh();
  equal(await statusOf(world), "canceled");
  equal((await broker.find(ANN, "one"))?.status, "canceled");
});

Deno.test("a cancellation that got lost is asked for again", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker } = world;
  await gateway.submit(ANN, ONE);
  broker.silence = "timeout";
  equal((await gateway.cancel(ANN, "one")).status, "pending_cancel");
  broker.silence = undefined;
  broker.fill("one", "3");
  await gateway.refresh();
  equal(await statusOf(world), "canceled");
  deepEqual(await holdings(gateway), ["3 ACME at 100, 0 earned"]);
});

Deno.test("an id that the venue has for another order is given up", async () => {
  const { gateway, broker } = await createGatewayWorld();
  await gateway.submit(ANN, wanted({ id: "zero" }));
  broker.place({ ...broker.requests[0]!, id: "one", qty: dec("99") });
  const { order } = await gateway.submit(ANN, ONE);
  equal(order.status, "failed");
  match(order.reason!, /another order of that id/);
  deepEqual(await holdings(gateway), []);
});

Deno.test("of instances that find an order unsent, one sends it", async () => {
  const world = await createGatewayWorld();
  const { gateway, another, broker, clock } = world;
  broker.script("lost");
  await gateway.submit(ANN, ONE);
  await clock.advance(5000);
  const others = ["b", "c", "d"].map((instance) => another({ instance }));
  // Whoever gets the right to send waits for the venue, while the others look.
  broker.script("hang");
  const all = [gateway, ...others];
  const looks = Promise.all([...all, gateway].map((one) => one.refresh()));
  await until(() => broker.requests.length === 2);
  // The others wait until the one can be at its end: lease and flight.
  for (const later of [5000, 4999]) {
    await clock.advance(later);
    await Promise.all(all.map((one) => one.refresh()));
    equal(broker.requests.length, 2);
  }
  await passing(world, looks);
  equal(broker.requests.length, 2);
  await clock.advance(5000);
  await Promise.all(all.map((one) => one.refresh()));
  equal(broker.requests.length, 3);
  equal(await statusOf(world), "accepted");
});

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
  hurt(world, ...Array(6).fill("after"));
  const { ledger } = world;
  const { find } = ledger;
  // What was written cannot be read either.
  let isAway = false;
  ledger.find = async (...call) => {
    const [{ kind }] = call[1] as [{ kind: string }];
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
  deepEqual(done, ["bob", "a", "b", "c"]);
  await rejects(lanes.run(ANN, () => Promise.reject(new Error("x"))));
  await lanes.run(ANN, work("e"));
  equal(done.at(-1), "e");
});
