/**
 * Runs: what is kept of them, how they stand, and what the log is told.
 *
 * @module
 */
import fc from "fast-check";
import { parseDecimal } from "../../domain/decimal.ts";
import { CHANNELS } from "../../domain/event/registry.ts";
import { ORDER_STATUSES, type OrderStatus } from "../../domain/order/order.ts";
import { isOver } from "../../domain/order/order_state.ts";
import {
  countOrders,
  differencesOf,
  faultOf,
  ordersExecuted,
  type Run,
  type RunLine,
  statusOf,
} from "../../domain/rebalance/run.ts";
import { formatRun, parseRun } from "../../domain/rebalance/run_text.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import { parseUserId } from "../../domain/user_id.ts";
import stored from "../golden/trading/run.json" with { type: "text" };
import { deepEqual, equal, ok, throws } from "../support/assert.ts";

const d = (text: string) => parseDecimal(text)!;
const AT = Date.UTC(2026, 0, 2, 3, 4, 5);

const RUN: Run = {
  id: "639c9bf6-b8ba-8df5-89b8-274e52796cc1",
  strategyId: "alpha_baseline",
  asOf: parseTradingDate("2026-01-02"),
  terms: {
    symbols: ["AAA", "BBB", "CCC"].map(parseSymbol),
    capital: d("100000"),
    maxPositionSize: d("20000.5"),
    lots: "fractional",
    topN: 1,
    bottomN: 1,
  },
  modelVersion: "9f2c41d07b3e",
  attempt: 1,
  lines: [
    {
      symbol: parseSymbol("AAA"),
      predictedReturn: 0.0245,
      rank: 1,
      targetWeight: 1,
      price: d("87.25"),
      held: d("-0.00000001"),
      target: d("229.22636103"),
      skip: undefined,
      order: {
        id: "R-5d1f0c6a29b84e7733a0c1f2",
        side: "buy",
        qty: d("229.22636104"),
        reduceOnly: false,
      },
      outcome: {
        status: "partially_filled",
        brokerId: "b-1",
        filledQty: d("100"),
        filledValue: d("8726.5"),
        reason: undefined,
      },
    },
    {
      symbol: parseSymbol("BBB"),
      predictedReturn: 0,
      rank: 2,
      targetWeight: 0,
      price: undefined,
      held: 0n,
      target: 0n,
      skip: "zero_weight",
      order: undefined,
      outcome: undefined,
    },
    {
      symbol: parseSymbol("CCC"),
      predictedReturn: -0.0245,
      rank: 3,
      targetWeight: -1,
      price: undefined,
      held: d("5"),
      target: undefined,
      skip: "price_fetch_failed",
      order: undefined,
      outcome: undefined,
    },
  ],
  startedAt: AT,
  completedAt: AT + 250,
  isDryRun: false,
};

/** A run as it was stored: new code must read it. */
const STORED = stored.trim();

Deno.test("a stored run is read, and written as it was", () => {
  deepEqual(parseRun(STORED), RUN);
  equal(formatRun(RUN), STORED);
});

Deno.test("what is no run of this form is refused", () => {
  throws(() => parseRun(STORED.replace('"form":1', '"form":2')), {
    name: "RangeError",
    message: "Cannot read a run as its form must be 1: current value is 2",
  });
  const damaged = [
    "",
    "null",
    "[]",
    "{",
    '{"form":1}',
    STORED.slice(0, -1),
    STORED.replace('"87.25"', '"?"'),
    STORED.replace('"87.25"', "87.25"),
    STORED.replace('"lines":[', '"lines":[null,'),
    STORED.replace('"symbols":[', '"symbols":[7,'),
    STORED.replace("partially_filled", "half"),
    STORED.replace('"side":"buy"', '"side":"hold"'),
    STORED.replace('"lots":"fractional"', '"lots":"odd"'),
    STORED.replace("zero_weight", "no_reason"),
    STORED.replace('"as_of_date":"2026-01-02"', '"as_of_date":"2026-02-30"'),
    STORED.replace('"started_at":1767323045000', '"started_at":"today"'),
    STORED.replace('"reduce_only":false', '"reduce_only":"no"'),
    STORED.replace('"rank":1', '"rank":"1"'),
  ];
  for (const text of damaged) {
    throws(() => parseRun(text), { name: "RangeError" }, text.slice(0, 80));
  }
});

const line = (status?: OrderStatus, reason?: string): RunLine => ({
  ...RUN.lines[0]!,
  outcome: status && { status, filledQty: 0n, filledValue: 0n, reason },
});
const runOf = (...lines: readonly RunLine[]): Run => ({ ...RUN, lines });

Deno.test("orders are accepted, rejected, denied or only tried, and nothing else", () => {
  const all = countOrders(runOf(...ORDER_STATUSES.map((one) => line(one))));
  deepEqual(all, {
    submitted: ORDER_STATUSES.length,
    accepted: ORDER_STATUSES.length - 4,
    rejected: 2,
    denied: 1,
    filled: 1,
  });
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...ORDER_STATUSES)), (statuses) => {
      const counts = countOrders(runOf(...statuses.map((one) => line(one))));
      const { submitted, accepted, rejected, denied, filled } = counts;
      const tried = statuses.filter((status) => status === "dry_run").length;
      equal(submitted, statuses.length);
      equal(accepted + rejected + denied + tried, submitted);
      ok(filled <= accepted);
    }),
  );
});

Deno.test("what is under way can still change", () => {
  deepEqual(ORDER_STATUSES.filter((status) => !isOver(status)), [
    "pending_new",
    "accepted",
    "partially_filled",
    "pending_cancel",
  ]);
});

Deno.test("how a run stands follows from its orders", () => {
  const [, zero, unpriced] = RUN.lines as [RunLine, RunLine, RunLine];
  equal(statusOf({ ...RUN, completedAt: undefined }), "running");
  equal(statusOf(runOf()), "completed");
  equal(statusOf(runOf(zero)), "completed");
  equal(statusOf(runOf(line("filled"), line("pending_new"))), "completed");
  equal(statusOf(runOf(line("filled"), line("denied"))), "partial");
  equal(statusOf(runOf(line("filled"), unpriced)), "partial");
  equal(statusOf(runOf(line("rejected"), line("failed"), zero)), "failed");
  equal(statusOf(runOf(unpriced)), "failed");
});

Deno.test("what went wrong is named, as far as a sentence goes", () => {
  equal(faultOf(runOf(line("filled"), RUN.lines[1]!)), undefined);
  equal(
    faultOf(runOf(line("denied", "too large"), line("rejected"))),
    "AAA denied: too large; AAA rejected: no reason given",
  );
  const many = faultOf(runOf(...Array<RunLine>(9).fill(RUN.lines[2]!)));
  equal(many, `${Array(5).fill("CCC has no price").join("; ")}; and 4 more`);
});

Deno.test("differences are named as on the wire, the order of symbols is none", () => {
  const { terms } = RUN;
  deepEqual(differencesOf(RUN, terms), []);
  const symbols = terms.symbols.toReversed();
  deepEqual(differencesOf(RUN, { ...terms, symbols }), []);
  deepEqual(
    differencesOf(RUN, {
      symbols: symbols.slice(1),
      capital: 1n,
      maxPositionSize: 1n,
      lots: "whole",
      topN: 0,
      bottomN: 0,
    }),
    [
      { name: "symbols", was: "AAA BBB CCC", is: "AAA BBB" },
      { name: "capital", was: "100000", is: "0.000000000001" },
      { name: "max_position_size", was: "20000.5", is: "0.000000000001" },
      { name: "top_n", was: "1", is: "0" },
      { name: "bottom_n", was: "1", is: "0" },
      { name: "lots", was: "fractional", is: "whole" },
    ],
  );
});

Deno.test("the event is one that the channel takes, and says whose it is", () => {
  const run = runOf(line("filled"), line("denied"), line("rejected"));
  const id = "019b7e5d-8c0e-8cc4-9b0a-6f2d1c3e4a5b";
  const event = ordersExecuted(run, parseUserId("42"), id, AT);
  deepEqual(event, {
    id,
    channel: "orders.executed",
    key: run.id,
    json:
      `{"run_id":"${run.id}","strategy_id":"alpha_baseline","num_orders":3,"num_accepted":1,"num_rejected":2}`,
    meta: {
      timestamp: "2026-01-02T03:04:05.000Z",
      source: "orchestrator",
      user: "42",
    },
  });
  const { schema } = CHANNELS.find(event.channel)!;
  ok(schema.safeParse(JSON.parse(event.json)).success);
});
