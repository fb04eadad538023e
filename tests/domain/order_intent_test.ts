/**
 * What orders mean, which of them can be sent, and how rows keep them.
 *
 * @module
 */
import fc from "fast-check";
import { parseDecimal } from "../../domain/decimal.ts";
import { InvalidInput } from "../../domain/invalid_input.ts";
import { parseObject } from "../../domain/json_value.ts";
import { checkOrder } from "../../domain/order/check_order.ts";
import {
  ORDER_KINDS,
  ORDER_STATUSES,
  type OrderRequest,
  SIDES,
  TIMES_IN_FORCE,
} from "../../domain/order/order.ts";
import {
  differingFields,
  intentText,
} from "../../domain/order/order_intent.ts";
import { printOrder, readOrder } from "../../domain/order/order_record.ts";
import {
  type PreTradeFacts,
  takesRoom,
  violationsOf,
} from "../../domain/order/pre_trade.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";

const dec = (text: string) => parseDecimal(text)!;
const NEW_YEAR = Date.UTC(2026, 0, 1, 0, 0, 0);

const amount = fc.bigInt(1n, 10n ** 17n).map((value) => value * 10_000n);

const anyRequest: fc.Arbitrary<OrderRequest> = fc.record({
  symbol: fc.constantFrom("ACME", "BTC-USD").map(parseSymbol),
  side: fc.constantFrom(...SIDES),
  qty: amount,
  kind: fc.constantFrom(...ORDER_KINDS),
  timeInForce: fc.constantFrom(...TIMES_IN_FORCE),
  reduceOnly: fc.boolean(),
  strategyId: fc.constantFrom("manual", "alpha_baseline"),
  limitPrice: fc.option(amount, { nil: undefined }),
  stopPrice: fc.option(amount, { nil: undefined }),
  runId: fc.option(fc.constantFrom("r-1", "r-2"), { nil: undefined }),
});

const ORDER: OrderRequest = {
  symbol: parseSymbol("ACME"),
  side: "sell",
  qty: dec("0.5"),
  kind: "stop_limit",
  limitPrice: dec("1.005"),
  stopPrice: dec("2"),
  timeInForce: "gtc",
  reduceOnly: true,
  strategyId: "alpha",
  runId: "r",
};

Deno.test("the text of an intent has every part, in its place", () => {
  equal(
    intentText(ORDER, NEW_YEAR - 1),
    "ACME|sell|0.5|1.01|2.00|alpha|2025-12-31|stop_limit|gtc|reduce_only|run=r",
  );
  match(intentText(ORDER, NEW_YEAR, 2), /\|reduce_only\|run=r\|attempt=2$/);
  equal(
    intentText(
      { ...ORDER, kind: "market", limitPrice: undefined, stopPrice: undefined },
      NEW_YEAR,
    ),
    "ACME|sell|0.5|||alpha|2026-01-01|market|gtc|reduce_only|run=r",
  );
});

Deno.test("intents have one text only if they differ in nothing but digits of prices", () => {
  fc.assert(fc.property(anyRequest, anyRequest, (a, b) => {
    const isOne = intentText(a, NEW_YEAR) === intentText(b, NEW_YEAR);
    const fields = differingFields(a, b);
    if (fields.length === 0) ok(isOne);
    if (isOne) ok(fields.every((field) => field.endsWith("_price")));
    deepEqual(fields, differingFields(b, a));
  }));
});

Deno.test("an order is taken exactly when its prices and its time fit its type", () => {
  fc.assert(
    fc.property(anyRequest, (request) => {
      const { kind, limitPrice, stopPrice, timeInForce } = request;
      const fits = kind.includes("limit") === (limitPrice !== undefined) &&
        kind.startsWith("stop") === (stopPrice !== undefined) &&
        !(kind.startsWith("stop") && ["ioc", "fok"].includes(timeInForce));
      const isFair = [request.qty, limitPrice ?? 1n, stopPrice ?? 1n]
        .every((value) => value <= dec("1000000000"));
      equal(isTaken(request), fits && isFair);
    }),
    { numRuns: 1000 },
  );
});

function isTaken(request: OrderRequest): boolean {
  try {
    checkOrder(request, "fractional");
    return true;
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    ok(error.errors.length > 0);
    return false;
  }
}

Deno.test("every fault of an order is told, each by its field", () => {
  const faults: string[] = [];
  try {
    checkOrder({
      ...ORDER,
      id: "a b",
      qty: dec("-0.5"),
      kind: "limit",
      limitPrice: undefined,
      timeInForce: "gtx" as "day",
    }, "whole");
  } catch (error) {
    faults.push(...(error as InvalidInput).errors.map(({ path }) => path));
  }
  deepEqual(faults, [
    "time_in_force",
    "qty",
    "qty",
    "limit_price",
    "stop_price",
    "client_order_id",
  ]);
});

Deno.test("ids that no address can name, and those of runs, are not for all", () => {
  const isTaken = (id: string, runId?: string) => {
    try {
      const limit = { ...ORDER, timeInForce: "day" } as const;
      checkOrder({ ...limit, id, runId }, "fractional");
      return true;
    } catch {
      return false;
    }
  };
  const run = `R-${"0a".repeat(12)}`;
  deepEqual([".", "..", "...", ".a", run].map((id) => isTaken(id)), [
    false,
    false,
    true,
    true,
    false,
  ]);
  deepEqual([isTaken(run, "r"), isTaken(`${run}0`)], [true, true]);
});

Deno.test("rows give back what they were given", () => {
  fc.assert(fc.property(
    anyRequest,
    fc.constantFrom(...ORDER_STATUSES),
    fc.option(fc.string(), { nil: undefined }),
    fc.boolean(),
    (request, status, text, isCanceling) => {
      const record = {
        ...request,
        user: parseUserId("ann"),
        id: "one",
        status,
        brokerId: text,
        filledQty: 1n,
        filledValue: 123456789012345678901234567890n,
        commission: 0n,
        reason: text,
        createdAt: 1,
        updatedAt: 2,
        heldBy: "a",
        heldMs: 3,
        isCanceling,
      };
      const read = readOrder(
        record.user,
        "one",
        parseObject(printOrder(record)),
      )!;
      // What is absent is left out.
      const told = Object.entries(record).filter(([, one]) =>
        one !== undefined
      );
      deepEqual({ ...read }, Object.fromEntries(told));
    },
  ));
  for (const data of [undefined, {}, { symbol: "ACME", side: "up" }]) {
    equal(readOrder(parseUserId("ann"), "one", data), undefined);
  }
});

const FACTS: PreTradeFacts = {
  limits: { maxQty: 0n, maxNotional: 0n },
  price: undefined,
  stops: [],
  earnedToday: 0n,
  maxDailyLoss: undefined,
  orphans: [],
  held: 0n,
  reducing: [],
};

Deno.test("an order that only reduces brings a position nearer to 0, never past it", () => {
  fc.assert(fc.property(
    anyRequest,
    fc.bigInt(-(10n ** 21n), 10n ** 21n),
    fc.bigInt(0n, 10n ** 21n),
    (request, held, reducing) => {
      const order = { ...request, reduceOnly: true };
      const facts = { ...FACTS, held, reducing: [{ id: "a", left: reducing }] };
      if (violationsOf(order, facts).length > 0) return;
      const signed = (qty: bigint) => order.side === "buy" ? qty : -qty;
      const after = held + signed(reducing) + signed(order.qty);
      ok(after === 0n || (after > 0n) === (held > 0n));
      ok(held !== 0n);
    },
  ));
});

Deno.test("what waits for its price leaves others the room to reduce", () => {
  const rooms = ORDER_KINDS.map((kind) => takesRoom({ ...ORDER, kind }));
  deepEqual(rooms, [true, false, false, false]);
  const limit = { ...ORDER, kind: "limit" } as const;
  equal(takesRoom({ ...limit, timeInForce: "ioc" }), true);
  equal(takesRoom({ ...limit, timeInForce: "fok" }), true);
});

Deno.test("what only reduces is of any size and worth", () => {
  const facts = {
    ...FACTS,
    limits: { maxQty: 1n, maxNotional: 1n },
    held: ORDER.qty,
  };
  deepEqual(violationsOf(ORDER, facts), []);
  equal(violationsOf({ ...ORDER, reduceOnly: false }, facts).length, 2);
});

Deno.test("limits hold at the very number, and 0 is none", () => {
  const order = { ...ORDER, reduceOnly: false };
  const count = (facts: Partial<PreTradeFacts>) =>
    violationsOf(order, { ...FACTS, ...facts }).length;
  const limits = (maxQty: string, maxNotional: string) => ({
    limits: { maxQty: dec(maxQty), maxNotional: dec(maxNotional) },
    price: dec("100"),
  });
  equal(count({}), 0);
  equal(count(limits("0.5", "50")), 0);
  equal(count(limits("0.49", "50")), 1);
  equal(count(limits("0.49", "49.99")), 2);
  equal(count({ ...limits("1", "50"), price: undefined }), 1);
  const maxDailyLoss = dec("500");
  equal(count({ maxDailyLoss, earnedToday: dec("-499.99") }), 0);
  equal(count({ maxDailyLoss, earnedToday: dec("-500") }), 1);
  equal(count({ stops: ["a", "b"], orphans: ["x", "y"] }), 3);
});
