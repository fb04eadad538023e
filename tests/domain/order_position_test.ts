/**
 * Positions, held against a model that knows cash alone.
 *
 * @module
 */
import fc from "fast-check";
import {
  formatDecimal,
  ONE,
  parseDecimal,
  times,
} from "../../domain/decimal.ts";
import {
  applyTrade,
  averageEntry,
  noPosition,
  type Position,
  type Trade,
  unrealizedAt,
} from "../../domain/order/position.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";

const ACME = parseSymbol("ACME");
const dec = (text: string) => parseDecimal(text)!;

const trade = (words: string): Trade => {
  const [side, qty, , price, commission = "0"] = words.split(" ");
  return {
    side: side as Trade["side"],
    qty: dec(qty!),
    price: dec(price!),
    commission: dec(commission),
  };
};

function after(...all: readonly (string | Trade)[]): Position {
  return all.map((one) => typeof one === "string" ? trade(one) : one)
    .reduce((held, one) => applyTrade(held, one, 1).position, noPosition(ACME));
}

const seen = (position: Position) =>
  `${formatDecimal(position.qty)} at ${
    formatDecimal(averageEntry(position))
  }, ${formatDecimal(position.realized)} earned`;

Deno.test("trades with a position change its average, those against it earn", () => {
  const cases: [string[], string][] = [
    [["buy 10 at 100"], "10 at 100, 0 earned"],
    [["buy 10 at 100", "buy 30 at 120"], "40 at 115, 0 earned"],
    [["buy 10 at 100", "sell 4 at 110"], "6 at 100, 40 earned"],
    [["buy 10 at 100", "sell 10 at 90"], "0 at 0, -100 earned"],
    [["sell 10 at 100"], "-10 at 100, 0 earned"],
    [["sell 10 at 100", "buy 4 at 90"], "-6 at 100, 40 earned"],
    [["sell 10 at 100", "buy 10 at 110"], "0 at 0, -100 earned"],
    [["buy 10 at 100", "sell 15 at 110"], "-5 at 110, 100 earned"],
    [["sell 10 at 100", "buy 15 at 110"], "5 at 110, -100 earned"],
    [["buy 0.1 at 0.1", "buy 0.2 at 0.1"], "0.3 at 0.1, 0 earned"],
    [["buy 3 at 1", "sell 1 at 2", "sell 2 at 2"], "0 at 0, 3 earned"],
  ];
  for (const [trades, expected] of cases) {
    equal(seen(after(...trades)), expected, trades.join(", "));
  }
});

Deno.test("commission is kept apart", () => {
  const { realized, commission } = after("buy 1 at 100 0.5", "sell 1 at 110 1");
  deepEqual([realized, commission].map(formatDecimal), ["10", "1.5"]);
});

const anyTrade: fc.Arbitrary<Trade> = fc.record({
  side: fc.constantFrom("buy" as const, "sell" as const),
  qty: fc.bigInt(1n, 10n ** 16n).map((value) => value * 10_000n),
  price: fc.bigInt(1n, 10n ** 17n),
  commission: fc.bigInt(0n, 10n ** 13n),
});

Deno.test("earnings are what cash and holdings come to, to the last digit", () => {
  fc.assert(
    fc.property(
      fc.array(anyTrade, { maxLength: 40 }),
      fc.bigInt(1n, 10n ** 17n),
      (trades, price) => {
        let [cash, qty] = [0n, 0n];
        for (const one of trades) {
          const signed = one.side === "buy" ? one.qty : -one.qty;
          cash -= times(signed, one.price);
          qty += signed;
        }
        const position = after(...trades);
        equal(position.qty, qty);
        equal(
          position.realized + unrealizedAt(position, price),
          cash + times(qty, price),
        );
        if (qty === 0n) equal(position.cost, 0n);
        else ok((qty > 0n) === (position.cost >= 0n) || position.cost === 0n);
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("the average entry stays between the prices that were paid", () => {
  fc.assert(fc.property(fc.array(anyTrade, { minLength: 1 }), (trades) => {
    const position = after(...trades);
    if (position.qty === 0n) return;
    const prices = trades.map((one) => one.price);
    const average = averageEntry(position);
    // Of tiny rests what was rounded off weighs more.
    const slack = ONE / 100n;
    ok(prices.some((price) => price <= average + slack));
    ok(prices.some((price) => price >= average - slack));
  }));
});
