/**
 * Orders of which nobody knows whether they were sent.
 *
 * @module
 */
import { createTradeBook } from "../../domain/autopilot/trade_book.ts";
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
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

/** What the events of one order say of it, summed. */
function countsOf(events: readonly { readonly data: object }[]) {
  return ["num_orders", "num_accepted", "num_rejected"].map((name) =>
    events.map(({ data }) => Number(new Map(Object.entries(data)).get(name)))
      .reduce((a, b) => a + (b || 0), 0)
  );
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

Deno.test("who has asked while a request could still arrive knows nothing by the answer", async () => {
  for (const isStopped of [false, true]) {
    const world = await createGatewayWorld();
    const { gateway, broker, clock } = world;
    broker.script("late");
    await gateway.submit(ANN, ONE);
    if (isStopped) {
      await gateway.killSwitches.turn({
        isEngaged: true,
        reason: "x",
        by: "op",
      });
    }
    await clock.advance(4990);
    // It is asked too early, and answers when it is too late.
    const { find } = broker;
    broker.find = async (...call) => {
      broker.find = find;
      const report = await find(...call);
      broker.arrive();
      broker.fill("one", "10");
      await clock.sleep(20);
      return report;
    };
    await passing(world, gateway.refresh());
    equal(await statusOf(world), "pending_new");
    await gateway.refresh();
    equal(await statusOf(world), "filled");
    equal(broker.requests.length, 1);
    deepEqual(await holdings(gateway), ["10 ACME at 100, 0 earned"]);
  }
});

Deno.test("an order that was filled while nobody knew of it is not sent again", async () => {
  const world = await createGatewayWorld();
  const { gateway, another, broker, clock } = world;
  broker.script("late");
  await gateway.submit(ANN, ONE);
  broker.arrive();
  broker.fill("one", "10");
  const other = another();
  for (let i = 0; i < 3; i++) {
    await clock.advance(10_000);
    await Promise.all([other.refresh(), gateway.refresh()]);
  }
  equal(await statusOf(world), "filled");
  equal(broker.requests.length, 1);
  equal(broker.timesTaken("one"), 1);
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
  deepEqual(countsOf(await events()), [1, 0, 0]);
});

Deno.test("an order that was given up and is at the venue after all is taken back in", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker, clock, events } = world;
  broker.script("late");
  await gateway.submit(ANN, ONE);
  await clock.advance(60_000);
  await gateway.refresh();
  equal(await statusOf(world), "failed");
  broker.arrive();
  broker.fill("one", "4");
  await clock.advance(1);
  await gateway.reconcile();
  // What was filled is held; nobody counts on the rest any more.
  equal(await statusOf(world), "canceled");
  equal((await broker.find(ANN, "one"))?.status, "canceled");
  deepEqual(await holdings(gateway), ["4 ACME at 100, 0 earned"]);
  deepEqual(await gateway.orphans.list(), []);
  // Whoever counts what is told has one order, which was taken.
  const told = await events();
  deepEqual(countsOf(told), [1, 1, 0]);
  const book = createTradeBook();
  told.forEach((event) => ok(book.apply(event)));
  equal(book.tally("ann", undefined, clock.now(), 0).tradesDay, 1);
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

Deno.test("a venue that wants to be left alone for ever is left alone until the order is old", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker, clock } = world;
  broker.script({ retryAfterMs: 1e12 });
  await gateway.submit(ANN, ONE);
  await clock.advance(59_999);
  await gateway.refresh();
  equal(await statusOf(world), "pending_new");
  await clock.advance(1);
  await gateway.refresh();
  equal(await statusOf(world), "failed");
  equal(broker.requests.length, 1);
});

Deno.test("a venue that never answers is a request without an answer", async () => {
  const world = await createGatewayWorld({ answerWithinMs: 4000 });
  const { gateway, broker } = world;
  broker.script("hang");
  const entered = gateway.submit(ANN, ONE);
  await until(() => broker.requests.length === 1);
  // Meanwhile others are served.
  equal(
    (await gateway.submit(ANN, wanted({ id: "two" }))).order.status,
    "accepted",
  );
  const { order } = await passing(world, entered, 500);
  equal(order.status, "pending_new");
  match(order.reason!, /fake has not answered for 4000 ms/);
});

Deno.test("an order in doubt is not sent again once trading is stopped", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker, clock, another } = world;
  broker.script("lost", "lost");
  await gateway.submit(ANN, ONE);
  await gateway.submit(ANN, wanted({ id: "two" }));
  const dry = another({ dryRun: true });
  await dry.refresh();
  await clock.advance(5500);
  await dry.refresh();
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
  await clock.advance(5499);
  await gateway.refresh();
  equal(await statusOf(world), "pending_new");
  await clock.advance(1);
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
