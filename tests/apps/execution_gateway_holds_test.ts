/**
 * Who may send an order, among instances whose clocks differ; and who may not
 * any more, as it was stopped or canceled meanwhile.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import { equal, match } from "../support/assert.ts";
import {
  ANN,
  createGatewayWorld,
  dec,
  type GatewayWorld,
  passing,
  until,
  wanted,
} from "../support/gateway_world.ts";

const ONE = wanted({ id: "one" });

async function statusOf({ gateway }: GatewayWorld, id = "one") {
  return (await gateway.find(ANN, id))?.status;
}

/** One more gateway, whose wall clock is `skewMs` ahead. */
function skewed({ clock, another }: GatewayWorld, skewMs: number) {
  return another({ clock: { ...clock, now: () => clock.now() + skewMs } });
}

for (const skewMs of [0, 11_000, -11_000, 60_000, -3_600_000]) {
  Deno.test(`an order that is being sent is left alone by one whose clock is ${skewMs} ms ahead`, async () => {
    const world = await createGatewayWorld();
    const { gateway, broker, clock } = world;
    const other = skewed(world, skewMs);
    broker.script("hang");
    void gateway.submit(ANN, ONE);
    await until(() => broker.requests.length === 1);
    await other.refresh();
    for (let i = 0; i < 8; i++) {
      await clock.advance(1000);
      await other.refresh();
      equal(broker.requests.length, 1);
      equal(await statusOf(world), "pending_new");
    }
    // Lease, flight and a tenth: then its holder is dead, as far as one knows.
    await clock.advance(800);
    await other.refresh();
    const isOld = skewMs >= 60_000;
    equal(broker.requests.length, isOld ? 1 : 2);
    equal(await statusOf(world), isOld ? "failed" : "accepted");
  });
}

Deno.test("an order that another one takes over is left alone anew", async () => {
  const world = await createGatewayWorld({ leaseMs: 1000 });
  const { gateway, another, broker, clock } = world;
  const [b, c] = ["b", "c"].map((instance) => another({ instance }));
  broker.script("hang", "hang");
  void gateway.submit(ANN, ONE);
  await until(() => broker.requests.length === 1);
  await b!.refresh();
  await clock.advance(3000);
  await c!.refresh();
  await clock.advance(3600);
  void b!.refresh();
  await until(() => broker.requests.length === 2);
  await clock.advance(3000);
  await c!.refresh();
  equal(broker.requests.length, 2);
  await clock.advance(6600);
  await c!.refresh();
  equal(broker.requests.length, 3);
});

Deno.test("whoever keeps an order too slowly has no right to send it any more", async () => {
  const world = await createGatewayWorld();
  const { another, broker, clock, ledger } = world;
  let isSlow = true;
  const slow = another({
    ledger: {
      ...ledger,
      async commit(...call) {
        const receipts = await ledger.commit(...call);
        if (isSlow) await clock.sleep(3001);
        isSlow = false;
        return receipts;
      },
    },
  });
  await slow.reconcile();
  const entered = slow.submit(ANN, ONE);
  await until(async () => await statusOf(world) === "pending_new");
  // By the wall clock there is time enough.
  clock.jumpWall(-10_000);
  equal((await passing(world, entered)).order.status, "pending_new");
  equal(broker.requests.length, 0);
  // It knows that it has not sent it.
  await slow.refresh();
  equal(broker.requests.length, 1);
  equal(await statusOf(world), "accepted");
});

Deno.test("an order grows old though the clock goes back", async () => {
  const world = await createGatewayWorld({ sendWithinMs: 20_000 });
  const { gateway, broker, clock } = world;
  broker.script("lost");
  await gateway.submit(ANN, ONE);
  await gateway.refresh();
  clock.jumpWall(-3_600_000);
  await clock.advance(20_000);
  await gateway.refresh();
  equal(await statusOf(world), "failed");
  equal(broker.requests.length, 1);
});

/** A gateway whose next commit waits for `go`, once it is `reached`. */
function held(world: GatewayWorld) {
  const { ledger, another } = world;
  const reached = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const gateway = another({
    ledger: {
      ...ledger,
      async commit(...call) {
        reached.resolve();
        await go.promise;
        return await ledger.commit(...call);
      },
    },
  });
  return { gateway, reached: reached.promise, go: go.resolve };
}

Deno.test("once a kill switch is turned, nothing is sent that was checked before", async () => {
  for (const user of [undefined, ANN]) {
    const world = await createGatewayWorld();
    const { gateway, broker } = world;
    const slow = held(world);
    await slow.gateway.reconcile();
    const entered = slow.gateway.submit(ANN, ONE);
    await slow.reached;
    await gateway.killSwitches.turn({
      user,
      isEngaged: true,
      reason: "news",
      by: "op",
    });
    slow.go();
    const { order } = await entered;
    equal(order.status, "failed");
    match(order.reason!, /kill switch is engaged: for .*, news$/);
    equal(broker.requests.length, 0);
  }
});

Deno.test("a reduction is sent though a kill switch is turned", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker } = world;
  broker.script("fill");
  await gateway.submit(ANN, wanted({ qty: dec("10") }));
  const slow = held(world);
  const out = wanted({ id: "out", side: "sell", reduceOnly: true });
  const entered = slow.gateway.submit(ANN, out);
  await slow.reached;
  await gateway.killSwitches.turn({ isEngaged: true, reason: "x", by: "op" });
  slow.go();
  equal((await entered).order.status, "accepted");
});

Deno.test("what is stopped while it is sent again is not sent again", async () => {
  const world = await createGatewayWorld();
  const { gateway, broker } = world;
  broker.script("away", "fill");
  const entered = gateway.submit(ANN, ONE);
  await until(() => broker.requests.length === 1);
  await gateway.killSwitches.turn({ isEngaged: true, reason: "x", by: "op" });
  equal((await passing(world, entered)).order.status, "failed");
  equal(broker.requests.length, 1);
});

Deno.test("what is canceled while it is sent again is not sent again", async () => {
  for (const isElsewhere of [false, true]) {
    const world = await createGatewayWorld();
    const { gateway, another, broker } = world;
    broker.script("away", "fill");
    const entered = gateway.submit(ANN, ONE);
    await until(() => broker.requests.length === 1);
    const canceler = isElsewhere ? another() : gateway;
    equal((await canceler.cancel(ANN, "one")).status, "pending_new");
    equal((await passing(world, entered)).order.status, "canceled");
    equal(broker.requests.length, 1);
  }
});

Deno.test("an order whose first commit turns up after all is sent at once", async () => {
  const world = await createGatewayWorld();
  const { another, broker, ledger } = world;
  let late: (() => Promise<unknown>) | undefined;
  let isFirst = true;
  const doubtful = another({
    ledger: {
      ...ledger,
      async commit(...call) {
        if (isFirst) {
          isFirst = false;
          late = () => ledger.commit(...call);
          throw new PortError("timeout", "Cannot tell");
        }
        // It arrives just before the second one.
        await late?.();
        late = undefined;
        return await ledger.commit(...call);
      },
    },
  });
  await doubtful.reconcile();
  const entered = await passing(world, doubtful.submit(ANN, ONE));
  equal(entered.isRepeat, false);
  equal(entered.order.status, "accepted");
  equal(broker.timesTaken("one"), 1);
});
