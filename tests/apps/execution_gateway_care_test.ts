/**
 * How the gateway looks after open orders by itself.
 *
 * @module
 */
import type { BrokerFill } from "../../ports/broker.ts";
import { PortError } from "../../ports/port_error.ts";
import { createLateLooks } from "../../src/apps/execution_gateway/late_looks.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { createFakeBroker } from "../support/fake_broker.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import {
  ANN,
  createGatewayWorld,
  dec,
  passing,
  until,
  wanted,
} from "../support/gateway_world.ts";

const ONE = wanted({ id: "one" });

/** A gateway that has reconciled and looks after its orders until it is disposed of. */
async function createRunningWorld() {
  const world = await createGatewayWorld({}, { isReconciled: false });
  const { gateway } = world;
  const stop = new AbortController();
  const running = gateway.run(stop.signal);
  await until(() => gateway.reconciliation().isDone);
  return {
    ...world,
    comesTo: (status: string) =>
      until(async () => (await gateway.find(ANN, "one"))?.status === status),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

Deno.test("the gateway looks after its orders by itself", async () => {
  await using world = await createRunningWorld();
  const { comesTo, gateway, broker, clock, telemetry } = world;
  await gateway.submit(ANN, ONE);
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
});

Deno.test("looking after orders goes on, whatever one look meets", async () => {
  await using world = await createRunningWorld();
  const { comesTo, gateway, broker, telemetry } = world;
  await gateway.submit(ANN, ONE);
  const { open, find } = broker;
  const fails = () => Promise.reject(new TypeError("x is no y"));
  Object.assign(broker, { open: fails, find: fails });
  const told = () => telemetry.logged("error").map(({ message }) => message);
  broker.hint("one");
  await until(() => told().length === 1);
  await passing(world, until(() => told().length === 2), 100);
  deepEqual(told(), [
    "an order that has changed could not be asked for",
    "open orders could not be asked for",
  ]);
  Object.assign(broker, { open, find });
  broker.fill("one", "4");
  broker.hint("one");
  await comesTo("partially_filled");
  broker.fill("one", "6");
  await passing(world, comesTo("filled"), 100);
});

Deno.test("each time that the venue is silent is told, once", async () => {
  await using world = await createRunningWorld();
  const { gateway, broker, telemetry } = world;
  await gateway.submit(ANN, ONE);
  const told = () =>
    telemetry.logged("warn").map(({ message, fields }) =>
      [message, fields["user"], fields["code"]].join(", ")
    );
  for (const times of [1, 2]) {
    broker.silence = "unavailable";
    broker.hint("one");
    let { asked } = broker;
    await passing(world, until(() => broker.asked > asked + 3), 100);
    deepEqual(
      told().toSorted(),
      [
        "an order that has changed could not be asked for, ann, unavailable",
        "open orders could not be asked for, ann, unavailable",
      ].flatMap((line) => Array(times).fill(line)),
    );
    broker.silence = undefined;
    broker.hint("one");
    ({ asked } = broker);
    await passing(world, until(() => broker.asked > asked + 3), 100);
  }
});

Deno.test("users who cannot be listed are told of each time", async () => {
  await using world = await createRunningWorld();
  const { ledger, telemetry } = world;
  const { list } = ledger;
  for (const times of [1, 2]) {
    let calls = 0;
    ledger.list = () => {
      calls++;
      return Promise.reject(new PortError("unavailable", "Cannot reach it"));
    };
    await passing(world, until(() => calls > 3), 1000);
    equal(telemetry.logged("warn").length, times);
    calls = 0;
    ledger.list = (...call) => {
      calls++;
      return list(...call);
    };
    await passing(world, until(() => calls > 3), 1000);
  }
});

Deno.test("nothing is under way once the work has ended", async () => {
  const world = await createGatewayWorld();
  const { gateway, another, broker } = world;
  for (const id of ["one", "two", "three", "four", "five", "six"]) {
    await gateway.submit(ANN, wanted({ id }));
    broker.forget(id);
  }
  const { find } = broker;
  const gate = Promise.withResolvers<void>();
  let begun = 0;
  broker.find = async (...call) => {
    begun++;
    await gate.promise;
    return find(...call);
  };
  const stop = new AbortController();
  let isOver = false;
  const running = another().run(stop.signal).then(() => isOver = true);
  await until(() => begun > 0);
  const before = begun;
  stop.abort();
  for (let i = 0; i < 20; i++) await until(() => true);
  await new Promise((resolve) => setTimeout(resolve, 0));
  equal(isOver, false);
  gate.resolve();
  await running;
  // What had not begun is not begun.
  equal(begun, before);
});

Deno.test("an order of which nothing is new costs no look at its row", async () => {
  await using world = await createRunningWorld();
  const { gateway, broker, ledger } = world;
  for (const id of ["one", "two"]) await gateway.submit(ANN, wanted({ id }));
  broker.fill("two", "4", "110", "1");
  const isTaken = async () =>
    (await gateway.find(ANN, "two"))?.status === "partially_filled";
  await passing(world, until(isTaken), 100);
  const calls = { find: 0, everybody: 0 };
  const { find, list } = ledger;
  ledger.find = (...call) => {
    calls.find++;
    return find(...call);
  };
  ledger.list = (query, signal) => {
    if (query.user === undefined) calls.everybody++;
    return list(query, signal);
  };
  const { asked } = broker;
  await passing(world, until(() => broker.asked >= asked + 10), 100);
  equal(calls.find, 0);
  // Nor are the orders of everybody listed each time.
  equal(calls.everybody <= 3, true);
});

Deno.test("an order is looked after from the next poll on", async () => {
  await using world = await createRunningWorld();
  const { gateway, broker, clock } = world;
  await passing(world, until(() => clock.monotonic() > 2500), 100);
  await gateway.submit(ANN, ONE);
  broker.fill("one", "10");
  const isFilled = async () =>
    (await gateway.find(ANN, "one"))?.status === "filled";
  const began = clock.monotonic();
  await passing(world, until(isFilled), 100);
  equal(clock.monotonic() - began <= 2500, true);
});

const LIES: Readonly<Record<string, Partial<BrokerFill>>> = {
  "half the price of twice the units": { qty: dec("8"), price: dec("50") },
  "another price": { price: dec("101") },
  "another commission": { commission: dec("1") },
};

for (const [name, lie] of Object.entries(LIES)) {
  Deno.test(`a fill of which the venue tells ${name} later is not passed over`, async () => {
    const { gateway, broker, telemetry } = await createGatewayWorld();
    await gateway.submit(ANN, ONE);
    broker.fill("one", "4");
    await gateway.refresh();
    broker.lie((report) => ({
      ...report,
      fills: report.fills.map((fill) => ({ ...fill, ...lie })),
    }));
    await gateway.refresh();
    equal(telemetry.counted("holdfast_order_reports_refused_total"), 1);
  });
}

Deno.test("of orders that are over only some wait for one more look, the newest", async () => {
  const clock = createFakeClock();
  const late = createLateLooks({ clock, broker: createFakeBroker(clock) }, 2);
  const order = { ...ONE, user: ANN, status: "canceled" } as const;
  for (const id of ["a", "b", "a", "c"]) late.note({ ...order, id } as never);
  late.note({ ...order, id: "filled", status: "filled" } as never);
  deepEqual(late.take(), []);
  await clock.advance(5000);
  const ids = late.take(ANN).map(({ id }) => id);
  deepEqual(ids, ["a", "c"]);
  deepEqual(late.take(), []);
});
