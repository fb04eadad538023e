/**
 * The gateway's reconciliation with the venue, at start and afterwards.
 *
 * @module
 */
import { parseUserId } from "../../domain/user_id.ts";
import { PortError } from "../../ports/port_error.ts";
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

const BOB = parseUserId("bob");

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

for (
  const [name, failure, level] of [
    ["cannot be compared", new PortError("timeout", "Cannot tell"), "warn"],
    ["meets what nobody has foreseen", new TypeError("x is no y"), "error"],
  ] as const
) {
  Deno.test(`a user who ${name} waits; others do not`, async () => {
    const { gateway, another, broker, telemetry } = await createGatewayWorld();
    await gateway.submit(ANN, ONE);
    await gateway.submit(BOB, ONE);
    const { open } = broker;
    broker.open = (user, signal) =>
      user === BOB ? Promise.reject(failure) : open(user, signal);
    const restarted = another();
    const report = await restarted.reconcile();
    deepEqual(report.failures, [{ user: BOB, reason: failure.message }]);
    const two = wanted({ id: "two" });
    equal((await restarted.submit(ANN, two)).order.status, "accepted");
    await rejects(restarted.submit(BOB, two), { code: "unavailable" });
    // It is told once.
    await restarted.reconcile();
    const lines = telemetry.logged(level).filter(({ fields }) =>
      fields["user"] === BOB
    );
    deepEqual(lines.map(({ fields }) => fields["error"]), [failure.message]);
    broker.open = open;
    deepEqual((await restarted.reconcile()).failures, []);
    equal((await restarted.submit(BOB, two)).order.status, "accepted");
  });
}

Deno.test("an account that hangs holds up nobody else", async () => {
  const world = await createGatewayWorld();
  const { gateway, another, broker } = world;
  await gateway.submit(ANN, ONE);
  await gateway.submit(BOB, ONE);
  const { open } = broker;
  broker.open = (user, signal) =>
    user === ANN ? new Promise(() => {}) : open(user, signal);
  const restarted = another();
  const stop = new AbortController();
  const running = restarted.run(stop.signal);
  // No time has to pass for that, and it is not over for everybody.
  const enters = () =>
    restarted.submit(BOB, wanted({ id: "two" })).then(() => true, () => false);
  await until(enters);
  equal(restarted.reconciliation().isDone, false);
  await rejects(restarted.submit(ANN, wanted({ id: "three" })), {
    message: /they are being reconciled with the venue/,
  });
  // Nor does looking after the orders of others wait.
  broker.fill("two", "10");
  const isFilled = async () =>
    (await gateway.find(BOB, "two"))?.status === "filled";
  const began = world.clock.monotonic();
  await passing(world, until(isFilled), 100);
  equal(world.clock.monotonic() - began <= 2500, true);
  stop.abort();
  await passing(world, running, 1000);
});

Deno.test("while one user cannot be compared the others are left alone", async () => {
  const world = await createGatewayWorld();
  const { gateway, another, broker, clock } = world;
  broker.script("fill", "fill");
  await gateway.submit(BOB, ONE);
  await gateway.submit(ANN, ONE);
  const { positions } = broker;
  const compared = new Map<string, number>();
  broker.positions = (user, signal) => {
    compared.set(user, (compared.get(user) ?? 0) + 1);
    if (user !== BOB) return positions(user, signal);
    return Promise.reject(new PortError("unavailable", "Cannot see it"));
  };
  const restarted = another();
  const stop = new AbortController();
  const running = restarted.run(stop.signal);
  const began = clock.monotonic();
  const passes = until(() => clock.monotonic() - began > 290_000);
  await passing(world, passes, 1000);
  equal(compared.get(ANN), 1);
  equal(compared.get(BOB)! > 20, true);
  broker.positions = positions;
  const isOpen = () => restarted.reconciliation().failures.length === 0;
  await passing(world, until(isOpen), 1000);
  stop.abort();
  await running;
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
  const { gateway, broker } = await createGatewayWorld();
  broker.script("reject");
  await gateway.submit(ANN, ONE);
  const { find } = broker;
  const lie = async () => ({
    ...(await find(ANN, "one"))!,
    status: "open" as const,
  });
  broker.open = async () => [await lie()];
  // When it is asked for alone the venue says that it is over: so it is.
  await gateway.reconcile();
  deepEqual(await gateway.orphans.list(ANN), []);
  broker.find = lie;
  await gateway.reconcile();
  const [orphan] = await gateway.orphans.list(ANN);
  match(orphan!.reason, /the order of that id is rejected/);
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
