/**
 * What reports of a venue mean for an order.
 *
 * @module
 */
import fc from "fast-check";
import { formatDecimal, parseDecimal } from "../../domain/decimal.ts";
import type { Order, OrderStatus } from "../../domain/order/order.ts";
import { isOver, mayFollow } from "../../domain/order/order_state.ts";
import {
  type Fill,
  readReport,
  type VenueReport,
} from "../../domain/order/report.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";

const dec = (text: string) => parseDecimal(text)!;

const ORDER: Order = {
  user: parseUserId("ann"),
  id: "one",
  symbol: parseSymbol("ACME"),
  side: "buy",
  qty: dec("10"),
  kind: "market",
  timeInForce: "day",
  reduceOnly: false,
  strategyId: "manual",
  status: "pending_new",
  filledQty: 0n,
  filledValue: 0n,
  commission: 0n,
  createdAt: 1,
  updatedAt: 1,
};

const fill = (id: string, qty: string, price = "100"): Fill => ({
  id,
  qty: dec(qty),
  price: dec(price),
  commission: dec("0.5"),
  at: 5,
});

const report = (
  status: VenueReport["status"],
  fills: readonly Fill[] = [],
  other: Partial<VenueReport> = {},
): VenueReport => ({ order: ORDER, brokerId: "b-1", status, fills, ...other });

/** Reads reports in turn, as the gateway does. */
function follow(reports: readonly VenueReport[], first = ORDER) {
  const known = new Map<string, Fill>();
  let order = first;
  const kinds = reports.map((one, i) => {
    const reading = readReport(order, one, known, false, 10 + i);
    if (reading.kind === "change") {
      order = reading.order;
      for (const fill of reading.fresh) known.set(fill.id, fill);
    }
    return reading.kind;
  });
  return { order, kinds, known };
}

function faultOf(one: VenueReport, order = ORDER, known: Fill[] = []): string {
  const fills = new Map(known.map((fill) => [fill.id, fill]));
  const reading = readReport(order, one, fills, false, 9);
  return reading.kind === "nonsense" ? reading.fault : reading.kind;
}

Deno.test("an order goes from report to report, and adds up its fills once", () => {
  const [a, b] = [fill("a", "4"), fill("b", "6", "110")];
  const { order, kinds } = follow([
    report("open"),
    report("open"),
    report("open", [a]),
    report("open", [a]),
    report("filled", [a, b]),
    report("filled", [a, b]),
  ]);
  deepEqual(kinds, ["change", "same", "change", "same", "change", "same"]);
  equal(order.status, "filled");
  deepEqual(
    [order.filledQty, order.filledValue, order.commission].map(formatDecimal),
    ["10", "1060", "1"],
  );
});

Deno.test("each report has its status", () => {
  const cases: [VenueReport, OrderStatus][] = [
    [report("open"), "accepted"],
    [report("open", [fill("a", "1")]), "partially_filled"],
    [report("open", [fill("a", "10")]), "filled"],
    [report("filled", [fill("a", "10")]), "filled"],
    [report("canceled"), "canceled"],
    [report("canceled", [fill("a", "1")]), "canceled"],
    [report("expired"), "expired"],
    [report("rejected"), "rejected"],
  ];
  for (const [one, expected] of cases) {
    equal(follow([one]).order.status, expected);
  }
  const reading = readReport(ORDER, report("open"), new Map(), true, 9);
  equal(reading.kind === "change" && reading.order.status, "pending_cancel");
});

Deno.test("an open order takes the name that the venue has for it, one that is over needs none", () => {
  const open = follow([report("open")], { ...ORDER, status: "accepted" });
  deepEqual(open.kinds, ["change"]);
  equal(open.order.brokerId, "b-1");
  const over = follow([report("canceled")], { ...ORDER, status: "canceled" });
  deepEqual(over.kinds, ["same"]);
});

Deno.test("the reason of the venue is kept when the order is over", () => {
  const reason = "no funds";
  equal(follow([report("rejected", [], { reason })]).order.reason, reason);
  const open = follow([report("open", [], { reason })]).order;
  equal("reason" in open, false);
});

Deno.test("a fill may be as large as an order, and no larger", () => {
  const most = dec("1000000000");
  const huge = (other: Partial<Fill>) =>
    faultOf(report("open", [{ ...fill("a", "1"), ...other }]));
  equal(huge({ price: most }), "change");
  equal(huge({ commission: most }), "change");
  match(huge({ price: most + 1n }), /^a fill is at the price/);
  match(huge({ commission: most + 1n }), /^a fill has the commission/);
});

Deno.test("a fill that is told otherwise is nonsense, whatever of it has changed", () => {
  const told = fill("a", "4");
  const changes: Partial<Fill>[] = [
    { qty: dec("3") },
    { price: dec("99") },
    { commission: 0n },
  ];
  for (const change of changes) {
    const again = report("open", [{ ...told, ...change }]);
    equal(faultOf(again, ORDER, [told]), "fill a has changed");
  }
});

Deno.test("fills that come after the end count; the end stays", () => {
  const a = fill("a", "4");
  const late = follow([report("canceled"), report("canceled", [a])]);
  equal(late.order.status, "canceled");
  equal(formatDecimal(late.order.filledQty), "4");
  const whole = follow([
    report("expired", [a]),
    report("filled", [fill("b", "6"), a]),
  ]);
  equal(whole.order.status, "filled");
});

Deno.test("an earlier moment changes nothing", () => {
  const a = fill("a", "4");
  deepEqual(follow([report("open", [a]), report("open")]).kinds[1], "stale");
  deepEqual(follow([report("canceled"), report("open")]).kinds[1], "same");
  deepEqual(follow([report("rejected"), report("open")]).kinds[1], "stale");
});

Deno.test("what cannot be changes nothing and says why", () => {
  const a = fill("a", "4");
  const other = (terms: Partial<Order>) => ({ order: { ...ORDER, ...terms } });
  const cases: [string, RegExp][] = [
    [faultOf(report("open", [], other({ id: "two" }))), /order two/],
    [faultOf(report("open", [], other({ user: parseUserId("bob") }))), /bob/],
    [
      faultOf(
        report("open", [], other({ symbol: parseSymbol("X"), side: "sell" })),
      ),
      /differs in symbol, side/,
    ],
    [faultOf(report("open", [], other({ qty: dec("9") }))), /differs in qty/],
    [faultOf(report("open", [], { brokerId: "" })), /broker id/],
    [faultOf(report("open"), { ...ORDER, brokerId: "b-2" }), /not b-2/],
    [faultOf(report("open", [fill("", "1")])), /no usable id/],
    [faultOf(report("open", [fill("\ud800", "1")])), /no usable id/],
    [faultOf(report("open", [fill("a", "0")])), /of 0 units/],
    [faultOf(report("open", [fill("a", "-1")])), /of -1 units/],
    [faultOf(report("open", [fill("a", "1", "-5")])), /price -5/],
    [faultOf(report("open", [{ ...a, commission: -1n }])), /commission/],
    [faultOf(report("open", [{ ...a, at: NaN }])), /time NaN/],
    [faultOf(report("open", [{ ...a, at: -1 }])), /time -1/],
    [faultOf(report("open", [a, a])), /twice/],
    [faultOf(report("open", [fill("a", "11")])), /11 units are filled of 10/],
    [faultOf(report("filled", [a])), /filled with 4 units of 10/],
    [faultOf(report("rejected", [a])), /rejected and filled/],
    [
      faultOf(report("open", [fill("a", "5")]), {
        ...ORDER,
        filledQty: dec("4"),
      }, [a]),
      /fill a has changed/,
    ],
    [
      faultOf(report("canceled"), {
        ...ORDER,
        status: "partially_filled",
        filledQty: dec("4"),
      }),
      /canceled without all of the 4 units/,
    ],
    [
      faultOf(report("canceled", [fill("a", "10")]), {
        ...ORDER,
        status: "rejected",
      }),
      /from rejected to filled/,
    ],
    [
      faultOf(report("rejected"), {
        ...ORDER,
        status: "filled",
        filledQty: 0n,
      }),
      /from filled to rejected/,
    ],
  ];
  for (const [fault, shape] of cases) match(fault, shape);
});

const anyReport = fc.record({
  status: fc.constantFrom(
    "open" as const,
    "filled" as const,
    "canceled" as const,
    "expired" as const,
    "rejected" as const,
  ),
  fills: fc.array(
    fc.record({
      id: fc.constantFrom("a", "b", "c", "d"),
      qty: fc.integer({ min: -1, max: 11 }),
      price: fc.integer({ min: -1, max: 3 }),
    }),
    { maxLength: 4 },
  ),
}).map(({ status, fills }) =>
  report(status, fills.map((one) => fill(one.id, `${one.qty}`, `${one.price}`)))
);

Deno.test("whatever reports come, states are legal and fills add up", () => {
  fc.assert(
    fc.property(fc.array(anyReport, { maxLength: 12 }), (reports) => {
      const known = new Map<string, Fill>();
      let order = ORDER;
      for (const one of reports) {
        const reading = readReport(order, one, known, false, 9);
        if (reading.kind !== "change") continue;
        const { order: next, fresh } = reading;
        ok(
          mayFollow(order.status, next.status),
          `${order.status} -> ${next.status}`,
        );
        ok(!isOver(order.status) || isOver(next.status));
        for (const fill of fresh) known.set(fill.id, fill);
        order = next;
        const total = [...known.values()].reduce(
          (sum, { qty }) => sum + qty,
          0n,
        );
        equal(order.filledQty, total);
        ok(total <= order.qty);
        equal(order.status === "filled", total === order.qty);
      }
    }),
    { numRuns: 2000 },
  );
});
