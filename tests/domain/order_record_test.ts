/**
 * Rows of the ledger: whatever passes the checks can be written, and read again
 * as it was.
 *
 * @module
 */
import fc from "fast-check";
import { type Decimal, ONE } from "../../domain/decimal.ts";
import { parseObject } from "../../domain/json_value.ts";
import { checkOrder, MAX_ORDER_SIZE } from "../../domain/order/check_order.ts";
import {
  LOTS,
  ORDER_KINDS,
  SIDES,
  TIMES_IN_FORCE,
} from "../../domain/order/order.ts";
import {
  type OrderRecord,
  printOrder,
  readOrder,
} from "../../domain/order/order_record.ts";
import { applyTrade, noPosition } from "../../domain/order/position.ts";
import {
  type Fill,
  readReport,
  type VenueReport,
} from "../../domain/order/report.ts";
import {
  printDay,
  printFill,
  printPosition,
  readDay,
  readFill,
  readPosition,
} from "../../domain/order/trade_record.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { MAX_LEDGER_NAME_CHARS } from "../../ports/trade_ledger.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";

const ANN = parseUserId("ann");
const ACME = parseSymbol("ACME");
const STEP = ONE / 10n ** 8n;

/** Any number, often near the bounds. */
const anyNumber: fc.Arbitrary<Decimal> = fc.oneof(
  { weight: 9, arbitrary: fc.bigInt({ min: 1n, max: MAX_ORDER_SIZE }) },
  fc.bigInt({ min: -2n, max: 2n }),
  fc.bigInt({ min: 1n, max: 10n ** 70n }),
  fc.bigInt({ min: MAX_ORDER_SIZE - 2n, max: MAX_ORDER_SIZE + 2n }),
  fc.bigInt({ min: 1n, max: 10n ** 9n }).map((some) => some * STEP),
);
const anyName = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  {
    weight: 9,
    arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 9 }),
  },
);
const anyTime = fc.oneof(
  fc.double(),
  { weight: 9, arbitrary: fc.double({ min: 0, max: 2 ** 42 }) },
).map((time) => time + 0); // no -0

const amount = fc.bigInt({ min: 1n, max: MAX_ORDER_SIZE / STEP })
  .map((steps) => steps * STEP);
const order = fc.record({
  symbol: fc.constant(ACME),
  side: fc.constantFrom(...SIDES),
  qty: amount,
  kind: fc.constantFrom(...ORDER_KINDS),
  limitPrice: fc.option(amount, { nil: undefined }),
  stopPrice: fc.option(amount, { nil: undefined }),
  timeInForce: fc.constantFrom(...TIMES_IN_FORCE),
  reduceOnly: fc.boolean(),
  strategyId: fc.constantFrom("manual", "alpha_baseline"),
  runId: fc.option(fc.constant("run-1"), { nil: undefined }),
}).map(({ limitPrice, stopPrice, ...rest }) => ({
  ...rest,
  ...rest.kind.endsWith("limit") ? { limitPrice } : {},
  ...rest.kind.startsWith("stop") ? { stopPrice } : {},
}));

const fill: fc.Arbitrary<Fill> = fc.record({
  id: anyName,
  qty: anyNumber,
  price: anyNumber,
  commission: anyNumber,
  at: anyTime,
});

/** What JSON has no place for is not there. */
const present = <T extends object>(value: T) =>
  Object.fromEntries(
    Object.entries(value).filter(([, one]) => one !== undefined),
  );

Deno.test("what passes the checks is read as it was written", () => {
  let changes = 0;
  let [taken, refused] = [0, 0];
  fc.assert(
    fc.property(
      order,
      fc.constantFrom(...LOTS, "fractional" as const),
      fc.array(
        fc.record({
          status: fc.constantFrom("open", "filled", "canceled", "rejected"),
          brokerId: anyName,
          fills: fc.array(fill, { maxLength: 3 }),
          // Often as many units as there are.
          share: fc.constantFrom(0n, 1n, 2n),
          reason: fc.option(fc.string({ unit: "binary", maxLength: 700 }), {
            nil: undefined,
          }),
        }),
        { maxLength: 3 },
      ),
      (request, lots, reports) => {
        try {
          checkOrder(request, lots);
        } catch {
          return;
        }
        let record: OrderRecord = {
          ...request,
          user: ANN,
          id: "one",
          status: "pending_new",
          filledQty: 0n,
          filledValue: 0n,
          commission: 0n,
          createdAt: 1,
          updatedAt: 1,
          heldBy: "a",
          heldMs: 8000,
          isCanceling: false,
        };
        let position = noPosition(ACME);
        const known = new Map<string, Fill>();
        for (const { share, ...some } of reports) {
          const fills = some.fills.map((one) =>
            share === 0n ? one : { ...one, qty: record.qty / share }
          );
          const report: VenueReport = {
            ...some as Omit<VenueReport, "order">,
            order: record,
            fills: [...known.values(), ...fills],
          };
          const reading = readReport(record, report, known, false, 2);
          if (reading.kind === "nonsense") refused++;
          if (reading.kind !== "change") continue;
          changes++;
          record = reading.order;
          for (const one of reading.fresh) {
            taken++;
            known.set(one.id, one);
            ok(`${record.id} ${one.id}`.length <= MAX_LEDGER_NAME_CHARS);
            const trade = { side: record.side, ...one };
            const traded = applyTrade(position, trade, 2);
            position = traded.position;
            const text = printFill(record, one, traded.earned);
            deepEqual(readFill(parseObject(text)), { ...one });
            const day = {
              realized: traded.earned,
              commission: one.commission,
            };
            deepEqual(readDay(parseObject(printDay(day))), day);
          }
        }
        const text = printOrder(record);
        const read = readOrder(ANN, "one", parseObject(text));
        deepEqual(present(read!), present(record));
        const kept = readPosition(ACME, parseObject(printPosition(position)));
        deepEqual(kept, position);
      },
    ),
    { numRuns: 3000 },
  );
  // The property is about something.
  ok(changes > 100, `${changes} changes`);
  ok(taken > 100, `${taken} fills`);
  ok(refused > 100, `${refused} refused`);
});

Deno.test("a damaged row of an order is none", () => {
  const good = {
    symbol: "ACME",
    side: "buy",
    qty: "1",
    order_type: "market",
    time_in_force: "day",
    status: "pending_new",
    filled_qty: "0",
    filled_value: "0",
    commission: "0",
  };
  ok(readOrder(ANN, "one", good));
  for (const name of Object.keys(good)) {
    for (
      const value of [undefined, null, "", "?", "/../x", 7.5, "x".repeat(99)]
    ) {
      // A number is a quantity.
      if (value === 7.5 && good[name as keyof typeof good].match(/^\d/)) {
        continue;
      }
      const data = { ...good, [name]: value } as never;
      equal(readOrder(ANN, "one", data), undefined, `${name} ${value}`);
    }
  }
});

Deno.test("a row that tells of no span is one of before there were any", () => {
  const text =
    '{"symbol":"ACME","side":"buy","qty":"1","order_type":"market",' +
    '"time_in_force":"day","reduce_only":false,"strategy_id":"manual",' +
    '"status":"pending_new","filled_qty":"0","filled_value":"0",' +
    '"commission":"0","created_at":1,"updated_at":1,"held_by":"a",' +
    '"held_until":15001,"canceling":false}';
  const record = readOrder(ANN, "one", parseObject(text));
  equal(record?.heldBy, "a");
  equal(record?.heldMs, undefined);
});
