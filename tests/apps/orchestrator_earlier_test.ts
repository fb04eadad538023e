/**
 * What a plan stands on: nothing of the runs before is open any more, and what
 * is held is certain.
 *
 * @module
 */
import { formatDecimal, ONE } from "../../domain/decimal.ts";
import { countOrders, type Run, statusOf } from "../../domain/rebalance/run.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import { PortError } from "../../ports/port_error.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import {
  createOrchestratorWorld,
  USER,
} from "../support/orchestrator_world.ts";
import { pass } from "../support/turns.ts";

const MONDAY = parseTradingDate("2026-01-05");
const TUESDAY = parseTradingDate("2026-01-06");

/** `symbol side qty status`, or `symbol reason`. */
const told = (run: Run) =>
  run.lines.map(({ symbol, order, outcome, skip }) =>
    order
      ? `${symbol} ${order.side} ${formatDecimal(order.qty)} ${outcome?.status}`
      : `${symbol} ${skip}`
  );

Deno.test("what is open of the run before is canceled, and what it has filled is held", async () => {
  const { run, gateway } = createOrchestratorWorld({ AAA: 0.1 });
  gateway.fate("AAA", { fillPart: 30n * ONE });
  await run();
  gateway.fate("AAA", "filled");
  deepEqual(told((await run({ asOf: MONDAY })).run), ["AAA buy 70 filled"]);
  deepEqual(gateway.canceled, ["buy 100 AAA"]);
  deepEqual(gateway.held(), ["AAA 100"]);
  // Nothing of it is left for the run behind that.
  await run({ asOf: TUESDAY });
  deepEqual(gateway.canceled, ["buy 100 AAA"]);
});

Deno.test("an order that is filled while it is to be canceled counts", async () => {
  const { run, gateway } = createOrchestratorWorld({ AAA: 0.1 });
  gateway.fate("AAA", "accepted");
  const { run: first } = await run();
  const { id, qty } = first.lines[0]!.order!;
  const { cancel } = gateway.port;
  gateway.port.cancel = (...args) => {
    gateway.put(USER, id, { status: "filled", filledQty: qty });
    return cancel(...args);
  };
  deepEqual(told((await run({ asOf: MONDAY })).run), ["AAA already_at_target"]);
});

Deno.test("the venue is given some seconds to cancel", async () => {
  const { run, gateway, clock } = createOrchestratorWorld({ AAA: 0.1 });
  gateway.fate("AAA", "accepted");
  gateway.cancelSlowly("AAA");
  const { run: first } = await run();
  gateway.fate("AAA", "filled");
  const later = run({ asOf: MONDAY });
  await pass(clock, 3000);
  // Its last fill comes with the cancellation.
  gateway.put(USER, first.lines[0]!.order!.id, {
    status: "canceled",
    filledQty: 40n * ONE,
  });
  await pass(clock, 1000);
  deepEqual(told((await later).run), ["AAA buy 60 filled"]);
  deepEqual(gateway.held(), ["AAA 100"]);
});

Deno.test("while an order of the run before is in doubt, nothing is planned", async () => {
  const { run, gateway, clock, orchestrator } = createOrchestratorWorld({
    AAA: 0.1,
  });
  gateway.fate("AAA", "pending_new");
  const { run: first } = await run();
  gateway.fate("AAA", "filled");
  const later = rejects(run({ asOf: MONDAY }), {
    code: "unavailable",
    message: `Cannot plan as orders of run ${first.id} are in doubt: try again`,
    facts: { run_id: first.id },
  });
  await pass(clock, 6000);
  await later;
  equal((await orchestrator.list(USER, { limit: 9 })).length, 1);
  deepEqual(gateway.entered, ["buy 100 AAA"]);
  // It has never been there: what it would have bought is bought now.
  gateway.put(USER, first.lines[0]!.order!.id, { status: "failed" });
  deepEqual(told((await run({ asOf: MONDAY })).run), ["AAA buy 100 filled"]);
  deepEqual(gateway.held(), ["AAA 100"]);
});

Deno.test("a cancellation that nobody answers is looked after, one that is refused is not", async () => {
  const { run, gateway, clock } = createOrchestratorWorld({ AAA: 0.1 });
  gateway.fate("AAA", "accepted");
  await run();
  gateway.fate("AAA", "filled");
  const { cancel } = gateway.port;
  gateway.port.cancel = () =>
    Promise.reject(new PortError("unsupported", "Cannot cancel"));
  await rejects(run({ asOf: MONDAY }), { code: "unsupported" });
  gateway.port.cancel = async (...args) => {
    await cancel(...args);
    throw new PortError("timeout", "Cannot hear the answer");
  };
  const later = run({ asOf: MONDAY });
  await pass(clock, 1000);
  deepEqual(told((await later).run), ["AAA buy 100 filled"]);
});

Deno.test("orders that no run has entered stay, and do not count before they are filled", async () => {
  const { run, gateway } = createOrchestratorWorld({ AAA: 0.1 });
  gateway.fate("AAA", "accepted");
  await gateway.port.submit(USER, {
    id: "mine",
    symbol: parseSymbol("AAA"),
    side: "buy",
    qty: 5n * ONE,
    kind: "market",
    timeInForce: "day",
    reduceOnly: false,
    strategyId: "manual",
  });
  await run();
  deepEqual(told((await run({ asOf: MONDAY })).run), ["AAA buy 100 accepted"]);
  deepEqual(gateway.canceled, ["buy 100 AAA"]);
  equal(gateway.orders.get(`${USER} mine`)!.status, "accepted");
});

Deno.test("a dry run cancels nothing", async () => {
  const { run, gateway } = createOrchestratorWorld({ AAA: 0.1 });
  gateway.fate("AAA", { fillPart: 30n * ONE });
  await run();
  deepEqual(told((await run({ asOf: MONDAY, isDryRun: true })).run), [
    "AAA buy 70 dry_run",
  ]);
  deepEqual(gateway.canceled, []);
});

Deno.test("a repeat that overlaps the first request waits for what that is sending", async () => {
  const { run, instance, gateway, clock, executed } = createOrchestratorWorld({
    AAA: 0.1,
  });
  // The first one never comes to the end.
  const stopped = new Promise<never>(() => {});
  let isSent = false;
  gateway.fate("AAA", "pending_new");
  void run(
    {},
    instance({
      tap: async (call) => {
        const answer = await call();
        isSent ||= gateway.orders.size > 0;
        return isSent ? await stopped : answer;
      },
    }),
  );
  await pass(clock, 10);
  ok(isSent);
  const repeat = run();
  await pass(clock, 1000);
  const [order] = [...gateway.orders.values()];
  gateway.put(USER, order!.id, { status: "rejected", reason: "is no good" });
  await pass(clock, 200);
  const { run: done } = await repeat;
  equal(statusOf(done), "failed");
  equal(countOrders(done).rejected, 1);
  const [event] = await executed() as { num_accepted: number }[];
  equal(event!.num_accepted, 0);
});

Deno.test("who waits for what another is sending does not do so for ever", async () => {
  const { run, gateway, clock } = createOrchestratorWorld({
    AAA: 0.1,
    BBB: 0.1,
  });
  for (const symbol of ["AAA", "BBB"]) gateway.fate(symbol, "pending_new");
  const { submit } = gateway.port;
  gateway.port.submit = async (...args) => ({
    ...await submit(...args),
    isRepeat: true,
  });
  const began = clock.monotonic();
  const running = run();
  await pass(clock, 6000);
  equal(countOrders((await running).run).accepted, 2);
  ok(clock.monotonic() - began <= 6000);
});

Deno.test("the same request again shows orders as they are now", async () => {
  const { run, gateway } = createOrchestratorWorld({ AAA: 0.1 });
  gateway.fate("AAA", "accepted");
  const { run: first } = await run();
  const { id, qty } = first.lines[0]!.order!;
  gateway.put(USER, id, { status: "filled", filledQty: qty });
  const again = await run();
  equal(again.isRepeat, true);
  deepEqual(told(again.run), ["AAA buy 100 filled"]);
});

Deno.test("where the side changes, a denied opening still closes", async () => {
  const { run, gateway } = createOrchestratorWorld({ AAA: -0.1 });
  gateway.hold("AAA", 30);
  const { submit } = gateway.port;
  gateway.port.submit = (user, wanted, signal) => {
    gateway.fate("AAA", wanted.reduceOnly ? "filled" : "denied");
    return submit(user, wanted, signal);
  };
  const { run: first } = await run();
  deepEqual(told(first), ["AAA sell 30 filled", "AAA sell 100 denied"]);
  deepEqual(gateway.entered, ["sell 30 AAA", "sell 100 AAA"]);
  deepEqual(gateway.held(), []);
  equal(statusOf(first), "partial");
  const ids = first.lines.map(({ order }) => order!.id);
  equal(new Set(ids).size, 2);
});
