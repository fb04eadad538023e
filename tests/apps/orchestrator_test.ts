/**
 * The orchestrator: one run per user, strategy and date, and what it sends.
 *
 * @module
 */
import { formatDecimal, ONE } from "../../domain/decimal.ts";
import {
  countOrders,
  faultOf,
  type Run,
  statusOf,
} from "../../domain/rebalance/run.ts";
import { formatRun } from "../../domain/rebalance/run_text.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { PortError } from "../../ports/port_error.ts";
import {
  deepEqual,
  equal,
  match,
  notEqual,
  rejects,
} from "../support/assert.ts";
import {
  createOrchestratorWorld,
  USER,
} from "../support/orchestrator_world.ts";

const MONDAY = parseTradingDate("2026-01-05");
const OTHER = parseUserId("43");

/** `symbol side qty status`, or `symbol reason`, a line a symbol. */
const told = (run: Run) =>
  run.lines.map(({ symbol, order, outcome, skip }) =>
    order
      ? `${symbol} ${order.side} ${formatDecimal(order.qty)} ${outcome?.status}`
      : `${symbol} ${skip}`
  );

Deno.test("weights become orders for the difference to what is held", async () => {
  const { run, gateway, asked, executed, log } = createOrchestratorWorld();
  gateway.hold("AAA", 30);
  gateway.hold("BBB", 5);
  gateway.hold("OTHER", 9);
  const answer = await run();
  equal(answer.isRepeat, false);
  deepEqual(told(answer.run), [
    "AAA buy 70 filled",
    "BBB sell 5 filled",
    "CCC sell 100 filled",
  ]);
  deepEqual(gateway.entered, ["sell 5 BBB", "buy 70 AAA", "sell 100 CCC"]);
  deepEqual(gateway.held(), ["AAA 100", "CCC -100", "OTHER 9"]);
  equal(statusOf(answer.run), "completed");
  equal(faultOf(answer.run), undefined);
  deepEqual(asked.map(({ publish }) => publish), [false]);
  deepEqual(await executed(), [{
    run_id: answer.run.id,
    strategy_id: "alpha_baseline",
    num_orders: 3,
    num_accepted: 3,
    num_rejected: 0,
  }]);
  const event = log.at(1);
  equal(event.key, answer.run.id);
  deepEqual(event.meta, {
    timestamp: "2026-01-02T03:04:05.000Z",
    source: "orchestrator",
    user: USER,
  });
});

Deno.test("orders say whose run they belong to, under ids that a venue takes", async () => {
  const { run, gateway } = createOrchestratorWorld();
  gateway.hold("CCC", -140);
  const answer = await run();
  for (const { order, symbol } of answer.run.lines) {
    if (!order) continue;
    match(order.id, /^R-[0-9a-f]{24}$/);
    const kept = gateway.orders.get(`${USER} ${order.id}`)!;
    equal(kept.runId, answer.run.id);
    equal(kept.strategyId, "alpha_baseline");
    deepEqual([kept.kind, kept.timeInForce], ["market", "day"]);
    equal(kept.reduceOnly, symbol === "CCC");
  }
});

Deno.test("the same request again is the same run", async () => {
  const { run, gateway, executed, clock } = createOrchestratorWorld();
  const first = await run();
  await clock.advance(60_000);
  const again = await run({ symbols: ["CCC", "AAA", "BBB"].map(parseSymbol) });
  equal(again.isRepeat, true);
  equal(formatRun(again.run), formatRun(first.run));
  equal(gateway.entered.length, 2);
  equal((await executed()).length, 1);
});

Deno.test("another request for the same strategy and date is told what differs", async () => {
  const { run, instance, gateway } = createOrchestratorWorld();
  const { run: { id } } = await run();
  const cases = [
    [{ symbols: [parseSymbol("AAA")], topN: 1, bottomN: 0 }, [
      ["symbols", "AAA BBB CCC", "AAA"],
      ["bottom_n", "1", "0"],
    ]],
    [{ capital: 5n * ONE }, [["capital", "100000", "5"]]],
    [{ maxPositionSize: 5n * ONE }, [["max_position_size", "20000", "5"]]],
    [{ topN: 2 }, [["top_n", "1", "2"]]],
  ] as const;
  for (const [other, differences] of cases) {
    const said = differences.map(([name, was, now]) =>
      `${name} (${was}, now ${now})`
    );
    await rejects(run(other), {
      code: "conflict",
      message:
        `Cannot run alpha_baseline as of 2026-01-02 as it was run with another ${
          said.join(", ")
        }: see run ${id}`,
      facts: {
        run_id: id,
        differences: differences.map(([name]) => name),
        was: differences.map(([, was]) => was),
        now: differences.map(([, , now]) => now),
      },
    });
  }
  const fractional = instance({ limits: { lots: "fractional" } });
  await rejects(run({}, fractional), { message: /another lots/ });
  equal(gateway.entered.length, 2);
});

Deno.test("strategies, dates and users have runs of their own", async () => {
  const { run, orchestrator, signals, gateway } = createOrchestratorWorld();
  const ids = [(await run()).run.id];
  ids.push((await run({ asOf: MONDAY })).run.id);
  signals.strategyId = "beta";
  ids.push((await run()).run.id);
  const symbols = ["AAA", "BBB", "CCC"].map(parseSymbol);
  const others = await orchestrator.run(OTHER, { symbols });
  ids.push(others.run.id);
  equal(new Set(ids).size, 4);
  equal(new Set(gateway.orders.keys()).size, 4);
  // Nobody sees what is another's.
  await rejects(orchestrator.get(USER, others.run.id), { code: "not_found" });
  const page = { limit: 10, offset: 0 };
  deepEqual((await orchestrator.list(OTHER, page)).map(({ id }) => id), [
    others.run.id,
  ]);
});

Deno.test("a later run trades what has changed since", async () => {
  const { run, gateway, signals } = createOrchestratorWorld();
  await run();
  signals.weights = { AAA: -0.1, BBB: 0.1, CCC: 0 };
  const { run: later } = await run({ asOf: MONDAY });
  deepEqual(told(later), [
    "AAA sell 100 filled",
    "AAA sell 100 filled",
    "BBB buy 100 filled",
    "CCC buy 100 filled",
  ]);
  deepEqual(gateway.held(), ["AAA -100", "BBB 100"]);
});

Deno.test("refused orders make a run partial, and failed when none went through", async () => {
  const { run, gateway, executed, telemetry } = createOrchestratorWorld({
    AAA: 0.1,
    BBB: 0.1,
    CCC: 0.1,
    DDD: 0.1,
  });
  gateway.fate("AAA", "denied");
  gateway.fate("BBB", "rejected");
  gateway.fate("CCC", { refuse: "invalid" });
  gateway.fate("DDD", "pending_new");
  const { run: first } = await run();
  equal(statusOf(first), "partial");
  deepEqual(countOrders(first), {
    submitted: 4,
    accepted: 1,
    rejected: 2,
    denied: 1,
    filled: 0,
  });
  equal(
    faultOf(first),
    "AAA denied: is denied; BBB rejected: is rejected; CCC failed: Cannot enter it as it is invalid",
  );
  gateway.put(USER, first.lines[3]!.order!.id, { status: "filled" });
  gateway.fate("DDD", "denied");
  const { run: second } = await run({
    symbols: ["AAA", "BBB"].map(parseSymbol),
    asOf: MONDAY,
  });
  equal(statusOf(second), "failed");
  deepEqual(
    (await executed()).map((data) =>
      Object.values(data as object).slice(2).join()
    ),
    ["4,1,3", "2,0,2"],
  );
  equal(telemetry.logged("warn").length, 2);
});

Deno.test("a price that nobody knows leaves the position as it is, and says so", async () => {
  const { run, gateway, price } = createOrchestratorWorld();
  gateway.hold("AAA", 3);
  price("AAA", "unknown");
  const { run: first } = await run();
  deepEqual(told(first), [
    "AAA price_fetch_failed",
    "BBB zero_weight",
    "CCC sell 100 filled",
  ]);
  equal(statusOf(first), "partial");
  equal(faultOf(first), "AAA has no price");
  deepEqual(gateway.held(), ["AAA 3", "CCC -100"]);
});

Deno.test("a dry run tells the orders, and sends and keeps nothing", async () => {
  const { run, gateway, orchestrator, executed } = createOrchestratorWorld();
  const { run: tried, isRepeat } = await run({ isDryRun: true });
  equal(isRepeat, false);
  deepEqual(told(tried), [
    "AAA buy 100 dry_run",
    "BBB zero_weight",
    "CCC sell 100 dry_run",
  ]);
  equal(tried.isDryRun, true);
  equal(gateway.orders.size, 0);
  deepEqual(await orchestrator.list(USER, { limit: 10, offset: 0 }), []);
  await rejects(orchestrator.get(USER, tried.id), { code: "not_found" });
  deepEqual(await executed(), []);
  // The run itself can still be made, and is another one.
  const { run: real } = await run();
  notEqual(real.id, tried.id);
  equal(real.isDryRun, false);
});

Deno.test("a run that could not begin leaves nothing behind", async () => {
  const { run, signals, gateway, orchestrator } = createOrchestratorWorld();
  signals.failure = new PortError("unavailable", "Cannot score without model");
  await rejects(run(), { code: "unavailable" });
  signals.failure = new PortError("not_found", "Cannot read AAA");
  await rejects(run(), { code: "not_found" });
  deepEqual(await orchestrator.list(USER, { limit: 10, offset: 0 }), []);
  signals.failure = undefined;
  const { run: done, isRepeat } = await run();
  deepEqual([statusOf(done), isRepeat], ["completed", false]);
  equal(gateway.entered.length, 2);
});

Deno.test("a run that was cut off goes on from its plan, whatever has changed since", async () => {
  const { run, gateway, orchestrator, signals, price, executed } =
    createOrchestratorWorld();
  gateway.fate("CCC", { refuse: "unavailable" });
  await rejects(run(), {
    code: "unavailable",
    message:
      /^Cannot finish run [0-9a-f-]{36} as its orders could not all be sent, and the same request goes on with it: Cannot enter it/,
  });
  const [open] = await orchestrator.list(USER, { limit: 10, offset: 0 });
  equal(statusOf(open!), "running");
  deepEqual(await executed(), []);
  // What is there already is shown.
  deepEqual(told(await orchestrator.get(USER, open!.id)), [
    "AAA buy 100 filled",
    "BBB zero_weight",
    "CCC sell 100 undefined",
  ]);
  price("CCC", "1");
  price("AAA", "1");
  signals.weights = { AAA: 0, BBB: 0.1, CCC: 0.1 };
  gateway.fate("CCC", "filled");
  const { run: done, isRepeat } = await run();
  equal(isRepeat, true);
  deepEqual(told(done), [
    "AAA buy 100 filled",
    "BBB zero_weight",
    "CCC sell 100 filled",
  ]);
  deepEqual(gateway.entered, ["buy 100 AAA", "sell 100 CCC"]);
  equal((await executed()).length, 1);
});

Deno.test("before a new plan is made, the run that was cut off is finished", async () => {
  const { run, gateway, signals, orchestrator } = createOrchestratorWorld();
  gateway.fate("CCC", { refuse: "timeout" });
  await rejects(run(), { code: "timeout" });
  signals.weights = { AAA: 0.1, BBB: 0, CCC: 0 };
  await rejects(run({ asOf: MONDAY }), { code: "timeout" });
  gateway.fate("CCC", "filled");
  deepEqual(told((await run({ asOf: MONDAY })).run), [
    "AAA already_at_target",
    "BBB zero_weight",
    "CCC buy 100 filled",
  ]);
  deepEqual(gateway.held(), ["AAA 100"]);
  const runs = await orchestrator.list(USER, { limit: 10, offset: 0 });
  deepEqual(runs.map(statusOf), ["completed", "completed"]);
});

Deno.test("get() shows orders as they are now, list() as they were when sent", async () => {
  const { run, gateway, orchestrator } = createOrchestratorWorld({ AAA: 0.1 });
  gateway.fate("AAA", "accepted");
  const { run: first } = await run();
  const { id, qty } = first.lines[0]!.order!;
  equal(countOrders(first).filled, 0);
  gateway.put(USER, id, {
    status: "filled",
    filledQty: qty,
    filledValue: qty * 101n,
  });
  const now = await orchestrator.get(USER, first.id);
  equal(countOrders(now).filled, 1);
  equal(now.lines[0]!.outcome!.filledValue, qty * 101n);
  const [listed] = await orchestrator.list(USER, { limit: 10, offset: 0 });
  equal(countOrders(listed!).filled, 0);
  gateway.put(USER, id, { status: "rejected", reason: "is no good" });
  equal(statusOf(await orchestrator.get(USER, first.id)), "failed");
});
