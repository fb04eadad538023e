/**
 * The service dies at every step of order handling, is started again and asked
 * again: no order is sent twice, none is lost, positions are the sum of fills,
 * and events tell what has happened.
 *
 * Between two of these steps nothing is kept or sent, so that whoever comes
 * after a death finds one of these states.
 *
 * @module
 */
import { needs } from "../support/needs.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import type { PatchedSource } from "../support/patched_source.ts";
import { until } from "../faults/settle.ts";
import {
  type Death,
  type Mortal,
  once,
  openMortal,
  openMortalSource,
  orderNamed,
} from "./deaths.ts";

const SEND = "/api/v1/orders";
const RUN = "/api/v1/orchestration/run";
const SIGNALS = "/api/v1/signals/generate";
const GROUP = "/api/v1/events/groups/orchestrator";

/** When a process dies that is sent an order, and what there is then. */
const SENDING: readonly (readonly [string, Death, string])[] = [
  ["before an order is kept", at("gateway.commit before"), "none, none"],
  [
    "after it is kept, before it is sent",
    at("gateway.commit after"),
    "pending_new, none",
  ],
  [
    "after the venue has taken it, before its answer is kept",
    at("broker.submit after"),
    "pending_new, filled",
  ],
  [
    "after the fill is kept, before the client is answered",
    at("gateway.commit after", 2),
    "filled, filled",
  ],
];

/** The same for one that is asked to cancel an order which waits. */
const CANCELING: readonly (readonly [string, Death, string])[] = [
  [
    "before it puts down the wish",
    at("gateway.commit before"),
    "accepted, open",
  ],
  [
    "after it has put down the wish",
    at("gateway.commit after"),
    "pending_cancel, open",
  ],
  [
    "after the venue has canceled it",
    at("broker.cancel after"),
    "pending_cancel, canceled",
  ],
  [
    "after that is kept",
    at("gateway.commit after", 2),
    "canceled, canceled",
  ],
];

/** The same for one after the other that finds the same order left behind. */
const RECONCILING: readonly (readonly [string, Death, string])[] = [
  [
    "after it has taken over what was never sent",
    at("gateway.commit after"),
    "pending_new, none",
  ],
  ["after it has sent that", at("broker.submit after"), "pending_new, filled"],
  [
    "before it keeps what the venue says",
    at("gateway.commit before"),
    "pending_new, filled",
  ],
  ["after it has kept that", at("gateway.commit after"), "filled, filled"],
];

/** When the orchestrator dies, whether there is a plan then, and at least how many orders. */
const RUNNING: readonly (readonly [string, Death, boolean, number])[] = [
  ["before the plan is kept", at("orchestrator.commit before"), false, 0],
  ["after the plan is kept", at("orchestrator.commit after"), true, 0],
  ["between two orders", at("orders.submit after"), true, 1],
  ["after all orders", at("orchestrator.commit before", 2), true, 3],
  ["after the end is kept", at("orchestrator.commit after", 2), true, 3],
];

/** When one dies that follows signals. */
const FOLLOWING: readonly (readonly [string, Death])[] = [
  ["between two orders", at("orders.submit after", 2)],
  ["after the plan is kept", at("orchestrator.commit after")],
  ["before the event is settled", at("runs.run after")],
];

const SYMBOLS = ["SYNA", "SYNB", "SYNC", "SYND"];

const DATES = [
  "2024-03-04",
  "2024-03-05",
  "2024-03-06",
  "2024-03-07",
  "2024-03-08",
];

const PATIENCE_MS = 15_000;

function at(place: string, nth = 1): Death {
  return { place, nth };
}

async function clean(service: Mortal): Promise<void> {
  const violations = await service.judge();
  deepEqual(violations, [], service.fleet.log.join("\n"));
}

async function testSending(source: PatchedSource): Promise<void> {
  await using service = await openMortal(source);
  for (const [i, [when, death, left]] of SENDING.entries()) {
    const order = orderNamed(`send-${i}`);
    await service.dieAt(death, () => service.send(order));
    equal(await service.state(order.ask), left, when);
    await service.start();
    const { body, isRepeat } = await service.insist(order);
    equal(isRepeat, left !== "none, none", when);
    equal(body["client_order_id"], order.ask);
  }
  await clean(service);
}

async function testCanceling(source: PatchedSource): Promise<void> {
  await using service = await openMortal(source);
  for (const [i, [when, death, left]] of CANCELING.entries()) {
    const order = orderNamed(`cancel-${i}`, "2");
    equal((await service.insist(order)).body["status"], "accepted");
    const path = `${SEND}/${order.ask}`;
    await service.dieAt(death, () => service.tryAsk("DELETE", path));
    equal(await service.state(order.ask), left, when);
    await service.start();
    await service.ask("DELETE", path);
    await until(
      PATIENCE_MS,
      () => service.state(order.ask),
      (state) => state === "canceled, canceled",
    );
  }
  await clean(service);
}

async function testReconciling(source: PatchedSource): Promise<void> {
  await using service = await openMortal(source);
  const order = orderNamed("left-behind");
  const first = at("gateway.commit after");
  await service.dieAt(first, () => service.send(order));
  for (const [when, death, left] of RECONCILING) {
    await service.startAndDieAt(death);
    equal(await service.state(order.ask), left, when);
  }
  await service.start();
  equal((await service.insist(order)).body["status"], "filled");
  await clean(service);
}

async function testRunning(source: PatchedSource): Promise<void> {
  await using service = await openMortal(source);
  const count = async (kind: string) =>
    (await service.fleet.books()).rows
      .filter((row) => row.kind === kind).length;
  for (const [i, [when, death, isPlanned, least]] of RUNNING.entries()) {
    const before = await count("order");
    const body = {
      symbols: SYMBOLS,
      as_of_date: DATES[i],
      // So that all quantities change.
      capital: 10_000 * (1 + i % 2),
      top_n: 2,
      bottom_n: 2,
    };
    await service.dieAt(death, () => service.tryAsk("POST", RUN, body));
    equal(await count("run") === i + 1, isPlanned, when);
    const orders = await count("order") - before;
    ok(orders >= least, `${when}: there are ${orders} orders`);
    await service.start();
    const run = await service.ask("POST", RUN, body);
    equal(run.status, "completed", when);
    ok(run.num_orders_submitted > 2, when);
    equal(await count("order") - before, run.num_orders_submitted, when);
  }
  await clean(service);
}

async function testFollowing(source: PatchedSource): Promise<void> {
  const env = { ORCHESTRATE_SIGNALS: "true" };
  await using service = await openMortal(source, { env });
  const askGroup = () => service.ask("GET", GROUP);
  // It reads from where the log ends when it is made.
  await until(PATIENCE_MS, askGroup, ({ name }) => name === "orchestrator");
  for (const [i, [when, death]] of FOLLOWING.entries()) {
    const body = { symbols: SYMBOLS, as_of_date: DATES[i], publish: true };
    await service.dieAt(
      death,
      once(() => service.tryAsk("POST", SIGNALS, body)),
    );
    await service.start();
    await until(
      PATIENCE_MS,
      () => service.ask("GET", "/api/v1/orchestration/runs"),
      ({ runs }) => runs.length === i + 1 && runs[0].status === "completed",
    );
    const group = await until(
      PATIENCE_MS,
      askGroup,
      ({ outstanding, lag }) => outstanding === 0 && lag === 0,
    );
    equal(group.dead_letters, 0, when);
  }
  await clean(service);
}

/** They wait more than they work: all at a time. */
const TESTS = {
  "one who sends an order": testSending,
  "one who cancels an order": testCanceling,
  "one who finds what was left behind": testReconciling,
  "one who runs the orchestrator": testRunning,
  "one who follows signals": testFollowing,
};

async function testAll(): Promise<void> {
  await using source = await openMortalSource();
  const faults: Error[] = [];
  await Promise.all(
    Object.entries(TESTS).map(async ([who, test]) => {
      try {
        await test(source);
      } catch (cause) {
        faults.push(
          new Error(`Of ${who}: ${(cause as Error).message}`, { cause }),
        );
      }
    }),
  );
  if (faults.length > 0) throw new AggregateError(faults);
}

if (await needs(import.meta.url, ["read", "write", "run", "net", "env"])) {
  Deno.test(
    "whoever dies at any step, of what was begun there is one and all",
    testAll,
  );
}
