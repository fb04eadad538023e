/**
 * The gateway's reconciliation with the venue, at start and afterwards.
 *
 * @module
 */
import { parseUserId } from "../../domain/user_id.ts";
import { deepEqual, equal, match, rejects } from "../support/assert.ts";
import {
  ANN,
  createGatewayWorld,
  dec,
  holdings,
  passing,
  until,
  wanted,
} from "../support/gateway_world.ts";

const ONE = wanted({ id: "one" });

Deno.test("until everything was compared, only reductions are taken", async () => {
  const { gateway, another, broker } = await createGatewayWorld();
  broker.script("fill");
  await gateway.submit(ANN, ONE);
  const restarted = another();
  await rejects(restarted.submit(ANN, wanted({ id: "two" })), {
    code: "unavailable",
    message: /^Cannot take orders as .*reconciled with the venue/,
    facts: { retryAfterMs: 1000 },
  });
  equal(await restarted.find(ANN, "two"), undefined);
  // What is there already is told.
  equal((await restarted.submit(ANN, ONE)).isRepeat, true);
  const out = wanted({ id: "out", side: "sell", reduceOnly: true });
  equal((await restarted.submit(ANN, out)).order.status, "accepted");
  await restarted.reconcile();
  const two = await restarted.submit(ANN, wanted({ id: "two" }));
  equal(two.order.status, "accepted");
});

Deno.test("what happened while nobody looked is caught up with", async () => {
  const { gateway, another, broker } = await createGatewayWorld();
  for (const id of ["one", "two", "three", "four"]) {
    await gateway.submit(ANN, wanted({ id }));
  }
  broker.fill("one", "10");
  broker.fill("two", "4", "110");
  broker.end("three", "canceled", "Cannot keep it over the weekend");
  const restarted = another();
  const { openOrders, users, differences } = await restarted.reconcile();
  deepEqual([openOrders, users, differences], [4, 1, []]);
  const statuses = [];
  for (const id of ["one", "two", "three", "four"]) {
    statuses.push((await restarted.find(ANN, id))?.status);
  }
  deepEqual(statuses, ["filled", "partially_filled", "canceled", "accepted"]);
  match((await restarted.find(ANN, "three"))!.reason!, /over the weekend/);
  deepEqual(await holdings(restarted), [
    "14 ACME at 102.857142857143, 0 earned",
  ]);
});

Deno.test("a user who cannot be compared waits; others do not", async () => {
  const { gateway, another, broker } = await createGatewayWorld();
  const bob = parseUserId("bob");
  await gateway.submit(ANN, ONE);
  await gateway.submit(bob, ONE);
  const open = broker.open;
  broker.open = (user, signal) =>
    user === bob
      ? open("nobody" as never, signal).then(() => {
        throw Object.assign(new Error("x"));
      })
      : open(user, signal);
  // Only what ports throw is foreseen.
  await rejects(another().reconcile(), { message: "x" });
  broker.open = async (user, signal) => {
    if (user === bob) broker.silence = "timeout";
    try {
      return await open(user, signal);
    } finally {
      broker.silence = undefined;
    }
  };
  const restarted = another();
  const report = await restarted.reconcile();
  deepEqual(report.failures.map(({ user }) => user), ["bob"]);
  const two = wanted({ id: "two" });
  equal((await restarted.submit(ANN, two)).order.status, "accepted");
  await rejects(restarted.submit(bob, two), { code: "unavailable" });
  broker.open = open;
  deepEqual((await restarted.reconcile()).failures, []);
  equal((await restarted.submit(bob, two)).order.status, "accepted");
});

Deno.test("who was compared once trades on while the venue is silent", async () => {
  const { gateway, broker } = await createGatewayWorld();
  await gateway.submit(ANN, ONE);
  await gateway.reconcile();
  broker.silence = "unavailable";
  deepEqual((await gateway.reconcile()).failures, []);
  const { order } = await gateway.submit(ANN, wanted({ id: "two" }));
  equal(order.status, "accepted");
});

Deno.test("positions that the venue has otherwise are told of, not changed", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker, telemetry } = world;
  broker.script("fill");
  await gateway.submit(ANN, ONE);
  const positions = broker.positions;
  broker.positions = () => Promise.resolve([]);
  for (let i = 0; i < 2; i++) {
    const { differences } = await gateway.reconcile();
    deepEqual(differences, [
      { user: ANN, symbol: "ACME", here: dec("10"), venue: 0n },
    ]);
  }
  equal(telemetry.gauged("holdfast_position_differences"), 1);
  equal(telemetry.logged("error").length, 1);
  deepEqual(await holdings(gateway), ["10 ACME at 100, 0 earned"]);
  broker.positions = positions;
  deepEqual((await gateway.reconcile()).differences, []);
  equal(telemetry.gauged("holdfast_position_differences"), 0);
});

Deno.test("a fill between two looks is no difference", async () => {
  const { gateway, broker } = await createGatewayWorld();
  await gateway.submit(ANN, ONE);
  const positions = broker.positions;
  broker.positions = (user, signal) => {
    broker.positions = positions;
    broker.fill("one", "10");
    return positions(user, signal);
  };
  deepEqual((await gateway.reconcile()).differences, []);
  deepEqual(await holdings(gateway), ["10 ACME at 100, 0 earned"]);
});

Deno.test("an order that is over here and open there is an orphan", async () => {
  const { gateway, broker, clock } = await createGatewayWorld();
  broker.script("reject");
  await gateway.submit(ANN, ONE);
  const open = broker.open;
  broker.open = async () => {
    const report = (await broker.find(ANN, "one"))!;
    return [{ ...report, status: "open" }];
  };
  await clock.advance(1);
  await gateway.reconcile();
  broker.open = open;
  const [orphan] = await gateway.orphans.list(ANN);
  match(orphan!.reason, /the order of that id is rejected/);
});

Deno.test("the gateway looks after its orders by itself", async () => {
  const world = await createGatewayWorld({}, { isReconciled: false });
  const { gateway, broker, clock, telemetry } = world;
  const stop = new AbortController();
  const running = gateway.run(stop.signal);
  await until(() => gateway.reconciliation().isDone);
  await gateway.submit(ANN, ONE);
  const comesTo = (status: string) =>
    until(async () => (await gateway.find(ANN, "one"))?.status === status);
  // As soon as the venue says that something has changed …
  broker.fill("one", "4");
  broker.hint("one");
  await comesTo("partially_filled");
  // … and a little later when it does not.
  broker.fill("one", "6");
  await passing(world, comesTo("filled"), 100);
  // Nothing is asked while nothing is open.
  const { asked } = broker;
  const began = clock.now();
  const age = () => telemetry.gauged("holdfast_reconciliation_age_seconds")!;
  await passing(world, until(() => age() > 30), 1000);
  equal(broker.asked, asked);
  await passing(world, until(() => broker.asked > asked), 1000);
  equal(clock.now() - began <= 305_000, true);
  stop.abort();
  await running;
});

Deno.test("a venue that is silent at start is waited for", async () => {
  const world = await createGatewayWorld();
  const { gateway, another, broker } = world;
  await gateway.submit(ANN, ONE);
  broker.silence = "unavailable";
  const restarted = another();
  const stop = new AbortController();
  const running = restarted.run(stop.signal);
  const { asked } = broker;
  await passing(world, until(() => broker.asked > asked + 3), 100);
  await rejects(restarted.submit(ANN, wanted({ id: "two" })), {
    code: "unavailable",
  });
  broker.silence = undefined;
  const isOpen = () => restarted.reconciliation().failures.length === 0;
  await passing(world, until(isOpen), 1000);
  const { order } = await restarted.submit(ANN, wanted({ id: "two" }));
  equal(order.status, "accepted");
  stop.abort();
  await running;
});
