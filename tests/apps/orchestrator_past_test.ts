/**
 * Runs that were cut off: whose orders are still sent, and whose are not, and
 * that nothing waits behind them for ever.
 *
 * @module
 */
import { formatDecimal, ONE } from "../../domain/decimal.ts";
import { type Run, statusOf } from "../../domain/rebalance/run.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import { PORT_ERROR_CODES, PortError } from "../../ports/port_error.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";
import {
  createOrchestratorWorld,
  USER,
} from "../support/orchestrator_world.ts";

const MONDAY = parseTradingDate("2026-01-05");
const HOUR_MS = 3_600_000;

/** `symbol side qty status: reason`, or `symbol reason`, a line a symbol. */
const told = (run: Run) =>
  run.lines.map(({ symbol, order, outcome, skip }) => {
    if (!order) return `${symbol} ${skip}`;
    const { status, reason } = outcome ?? {};
    const said = `${symbol} ${order.side} ${
      formatDecimal(order.qty)
    } ${status}`;
    return reason === undefined ? said : `${said}: ${reason}`;
  });

const GIVEN_UP = [
  "AAA buy 100 filled",
  "BBB zero_weight",
  "CCC sell 100 failed: its date is over",
];

/** A world in which the run of Friday was cut off behind its first order. */
async function cutOff() {
  const world = createOrchestratorWorld();
  const { run, gateway } = world;
  gateway.fate("CCC", { refuse: "unavailable" });
  await rejects(run(), { code: "unavailable" });
  deepEqual(gateway.entered, ["buy 100 AAA"]);
  gateway.fate("CCC", "filled");
  return world;
}

Deno.test("up to a day later the same request sends what is left", async () => {
  const { run, clock, gateway } = await cutOff();
  await clock.advance(24 * HOUR_MS);
  equal(statusOf((await run()).run), "completed");
  deepEqual(gateway.held(), ["AAA 100", "CCC -100"]);
});

Deno.test("after a day it does not: what the gateway does not know has failed", async () => {
  const { run, clock, gateway, executed } = await cutOff();
  await clock.advance(24 * HOUR_MS + 1);
  const { run: done, isRepeat } = await run();
  equal(isRepeat, true);
  deepEqual(told(done), GIVEN_UP);
  equal(statusOf(done), "partial");
  deepEqual(gateway.entered, ["buy 100 AAA"]);
  equal((await executed()).length, 1);
});

Deno.test("where a later date is asked for, the plan of that one counts", async () => {
  const { run, clock, gateway, signals, orchestrator } = await cutOff();
  signals.weights = { AAA: 0.1, BBB: 0.1, CCC: 0 };
  await clock.advance(120_001);
  deepEqual(told((await run({ asOf: MONDAY })).run), [
    "AAA already_at_target",
    "BBB buy 100 filled",
    "CCC zero_weight",
  ]);
  deepEqual(gateway.entered, ["buy 100 AAA", "buy 100 BBB"]);
  const [, friday] = await orchestrator.list(USER, { limit: 2 });
  deepEqual(told(friday!), GIVEN_UP);
});

Deno.test("an earlier date that is asked for does not make it older", async () => {
  const { run, clock, orchestrator } = await cutOff();
  await clock.advance(HOUR_MS);
  await run({ asOf: parseTradingDate("2025-12-31") });
  const [, friday] = await orchestrator.list(USER, { limit: 2 });
  equal(statusOf(friday!), "completed");
});

Deno.test("while somebody may still be sending it, it is sent, whatever is asked for", async () => {
  const { run, clock, gateway } = await cutOff();
  await clock.advance(120_000);
  deepEqual(told((await run({ asOf: MONDAY })).run), [
    "AAA already_at_target",
    "BBB zero_weight",
    "CCC already_at_target",
  ]);
  deepEqual(gateway.held(), ["AAA 100", "CCC -100"]);
});

Deno.test("an order that was given up and is there after all is canceled before the next plan", async () => {
  const { run, clock, gateway } = await cutOff();
  await clock.advance(25 * HOUR_MS);
  const { run: friday } = await run();
  const { symbol, order } = friday.lines[2]!;
  gateway.fate("CCC", "accepted");
  await gateway.port.submit(USER, {
    ...order!,
    symbol,
    kind: "market",
    timeInForce: "day",
    strategyId: friday.strategyId,
    runId: friday.id,
  });
  deepEqual(told((await run({ asOf: MONDAY })).run), [
    "AAA already_at_target",
    "BBB zero_weight",
    "CCC sell 100 accepted",
  ]);
  deepEqual(gateway.canceled, ["sell 100 CCC"]);
});

Deno.test("while the gateway is away, nothing is given up", async () => {
  const { run, clock, gateway, orchestrator } = await cutOff();
  await clock.advance(25 * HOUR_MS);
  gateway.port.find = () =>
    Promise.reject(new PortError("unavailable", "Cannot find it"));
  await rejects(run(), { code: "unavailable" });
  const [friday] = await orchestrator.list(USER, { limit: 1 });
  equal(statusOf(friday!), "running");
});

Deno.test("a request with other terms finishes the run before it is refused", async () => {
  const { run, gateway, orchestrator } = await cutOff();
  const other = {
    symbols: [parseSymbol("AAA")],
    bottomN: 0,
    capital: 5n * ONE,
  };
  await rejects(run(other), {
    code: "conflict",
    message:
      /^Cannot run .* as it was run with another symbols \(AAA BBB CCC, now AAA\), capital/,
  });
  deepEqual(gateway.held(), ["AAA 100", "CCC -100"]);
  const [friday] = await orchestrator.list(USER, { limit: 1 });
  equal(statusOf(friday!), "completed");
});

const PASSING: readonly string[] = [
  "unavailable",
  "timeout",
  "version_conflict",
  "closed",
];

for (const code of PORT_ERROR_CODES) {
  const isPassing = PASSING.includes(code);
  const what = isPassing ? "is tried again" : "has failed, and holds up nobody";
  Deno.test(`an order that the gateway refuses as ${code} ${what}`, async () => {
    const { run, gateway, orchestrator } = createOrchestratorWorld();
    gateway.fate("CCC", { refuse: code });
    const running = run();
    if (isPassing) return await rejects(running, { code });
    deepEqual(told((await running).run), [
      "AAA buy 100 filled",
      "BBB zero_weight",
      `CCC sell 100 failed: Cannot enter it as it is ${code}`,
    ]);
    await run({ asOf: MONDAY });
    equal((await orchestrator.list(USER, { limit: 9 })).length, 2);
  });
}
