/**
 * From target weights to orders.
 *
 * @module
 */
import fc from "fast-check";
import { LOTS } from "../../domain/order/order.ts";
import {
  cutTo,
  type Decimal,
  formatDecimal,
  ONE,
  parseDecimal,
} from "../../domain/decimal.ts";
import {
  type Holding,
  isReducing,
  type Limits,
  type Move,
  planMoves,
  type Wanted,
} from "../../domain/rebalance/moves.ts";
import { parseSymbol, type TradingSymbol } from "../../domain/symbol.ts";
import { deepEqual, equal, ok, throws } from "../support/assert.ts";

const AAA = parseSymbol("AAA");
const BBB = parseSymbol("BBB");
const d = (text: string) => parseDecimal(text)!;

const LIMITS: Limits = {
  capital: d("100000"),
  maxPositionSize: d("20000"),
  lots: "whole",
};

/** The moves of one symbol. */
function movesOf(
  { weight, price = "100", held = "0", pending = "0", ...limits }:
    & { weight: number; price?: string; held?: string; pending?: string }
    & Partial<Limits>,
): readonly Move[] {
  const wanted = { symbol: AAA, weight, price: parseDecimal(price) };
  const holding = { qty: d(held), pending: d(pending) };
  return planMoves(
    [wanted],
    new Map([[AAA, holding]]),
    { ...LIMITS, ...limits },
  );
}

/** `side qty` of each, or why not. */
function told(asked: Parameters<typeof movesOf>[0]): string {
  return movesOf(asked).map(({ trade, skip }) => {
    if (!trade) return skip!;
    const { side, qty, reduceOnly } = trade;
    return `${side} ${formatDecimal(qty)}${reduceOnly ? " reduce" : ""}`;
  }).join(", ");
}

Deno.test("the share of the capital is bought, up to what a position may be worth", () => {
  equal(told({ weight: 0.1 }), "buy 100");
  equal(told({ weight: -0.1 }), "sell 100");
  equal(told({ weight: 1 }), "buy 200");
  equal(told({ weight: -1 }), "sell 200");
  equal(told({ weight: 0.15, price: "333.33" }), "buy 45");
});

Deno.test("lots are whole, or of 10^-8, and cut towards zero", () => {
  equal(told({ weight: 0.1, price: "300" }), "buy 33");
  equal(told({ weight: -0.1, price: "300" }), "sell 33");
  const lots = "fractional";
  equal(told({ weight: 0.1, price: "300", lots }), "buy 33.33333333");
  equal(told({ weight: -0.1, price: "300", lots }), "sell 33.33333333");
});

Deno.test("one over a whole number is exactly that share", () => {
  const capital = d("30000");
  equal(told({ weight: 1 / 3, price: "10000", capital }), "buy 1");
  equal(told({ weight: -1 / 3, price: "10000", capital }), "sell 1");
  equal(told({ weight: 1 / 6, price: "5000", capital }), "buy 1");
});

Deno.test("only the difference to what is held is traded", () => {
  equal(told({ weight: 0.1, held: "40" }), "buy 60");
  equal(told({ weight: 0.1, held: "140" }), "sell 40 reduce");
  equal(told({ weight: -0.1, held: "-140" }), "buy 40 reduce");
  equal(told({ weight: 0.1, held: "100" }), "already_at_target");
});

Deno.test("a change of side closes what is held, then opens", () => {
  equal(told({ weight: -0.1, held: "30" }), "sell 30 reduce, sell 100");
  equal(told({ weight: 0.1, held: "-30" }), "buy 30 reduce, buy 100");
  const [close, open] = movesOf({ weight: -0.1, held: "30" });
  deepEqual([close!.held, close!.target], [d("30"), 0n]);
  deepEqual([open!.held, open!.target], [0n, d("-100")]);
});

Deno.test("broken units are not closed where lots are whole: what opens is as much less", () => {
  equal(told({ weight: -0.1, held: "30.5" }), "sell 30 reduce, sell 100");
  equal(told({ weight: -0.1, held: "0.5" }), "sell 100");
  const [, open] = movesOf({ weight: -0.1, held: "30.5" });
  deepEqual([open!.held, open!.target], [d("0.5"), d("-100")]);
  const lots = "fractional";
  equal(
    told({ weight: -0.1, held: "30.5", lots }),
    "sell 30.5 reduce, sell 100",
  );
});

Deno.test("what is held and not wanted is closed, without a price too", () => {
  equal(told({ weight: 0, held: "30" }), "sell 30 reduce");
  equal(told({ weight: 0, held: "-30", price: "?" }), "buy 30 reduce");
});

Deno.test("a weight that is no share is refused, and closes nothing", () => {
  for (const weight of [1.0000001, -1.0000001, 1e31, Infinity, NaN]) {
    throws(() => movesOf({ weight, held: "50" }), {
      name: "InvalidInput",
      message:
        `Cannot plan a move of AAA as its weight must be from -1 to 1: current value is ${weight}`,
    });
  }
});

Deno.test("closing broken units leaves less than a lot where lots are whole, and says so from then on", () => {
  equal(told({ weight: 0, held: "10.5" }), "sell 10 reduce");
  equal(told({ weight: 0, held: "0.5" }), "qty_less_than_one_share");
  equal(told({ weight: 0, held: "-0.5" }), "qty_less_than_one_share");
  const lots = "fractional";
  equal(told({ weight: 0, held: "10.5", lots }), "sell 10.5 reduce");
});

Deno.test("without a trade the reason is told", () => {
  equal(told({ weight: 0 }), "zero_weight");
  equal(told({ weight: 0, price: "?" }), "zero_weight");
  equal(told({ weight: 0.1, price: "20000" }), "qty_less_than_one_share");
  equal(told({ weight: 0.1, price: "?" }), "price_fetch_failed");
  equal(told({ weight: 0.1, price: "?", held: "7" }), "price_fetch_failed");
  // Less than a lot is missing: it cannot be ordered.
  equal(told({ weight: 0.1, held: "99.5" }), "qty_less_than_one_share");
  equal(told({ weight: 1e-40, lots: "fractional" }), "qty_less_than_one_share");
});

Deno.test("a position too small to be wanted is closed", () => {
  equal(told({ weight: 0.1, price: "20000", held: "5" }), "sell 5 reduce");
});

Deno.test("what is on its way counts as held, and then nothing only reduces", () => {
  equal(told({ weight: 0.1, pending: "100" }), "already_at_target");
  equal(told({ weight: 0.1, held: "40", pending: "20" }), "buy 40");
  equal(told({ weight: 0, held: "40", pending: "20" }), "sell 60");
  equal(told({ weight: 0, held: "40", pending: "-40" }), "zero_weight");
  equal(told({ weight: -0.02, held: "40", pending: "-40" }), "sell 20");
});

Deno.test("orders that leave less at stake go first", () => {
  const first = (asked: Parameters<typeof movesOf>[0]) =>
    movesOf(asked).map(isReducing);
  deepEqual(first({ weight: 0, held: "30" }), [true]);
  deepEqual(first({ weight: 0.1, held: "140" }), [true]);
  deepEqual(first({ weight: -0.1, held: "140" }), [true, false]);
  deepEqual(first({ weight: -0.1, held: "30" }), [true, false]);
  deepEqual(first({ weight: 0.1, held: "40" }), [false]);
});

Deno.test("moves come in the order asked for, and of nothing else", () => {
  const holdings = new Map([
    [parseSymbol("OTHER"), { qty: d("7"), pending: 0n }],
  ]);
  const wanted = [BBB, AAA].map((symbol) => ({
    symbol,
    weight: 0.1,
    price: d("100"),
  }));
  deepEqual(
    planMoves(wanted, holdings, LIMITS).map(({ symbol }) => symbol),
    [BBB, AAA],
  );
});

const someSymbols = fc.uniqueArray(
  fc.integer({ min: 0, max: 99 }).map((i) => parseSymbol(`S${i}`)),
  { minLength: 1, maxLength: 20 },
);
const money = fc.bigInt(1n, 10n ** 9n * ONE);
const PLACES = { whole: 0, fractional: 8 };

/** Symbols with an equal share at each end, prices, what is held of them. */
const situation = fc.record({
  symbols: someSymbols,
  long: fc.double({ min: 0, max: 1, noNaN: true }),
  prices: fc.array(fc.bigInt(ONE / 10_000n, 100_000n * ONE), {
    minLength: 20,
    maxLength: 20,
  }),
  lotsHeld: fc.array(fc.bigInt(-10_000n, 10_000n), {
    minLength: 20,
    maxLength: 20,
  }),
  capital: money,
  maxPositionSize: money,
  lots: fc.constantFrom(...LOTS),
}).map(({ symbols, long, prices, lotsHeld, ...limits }) => {
  const topN = Math.round(long * symbols.length);
  const bottomN = Math.floor((symbols.length - topN) / 2);
  const lot = 10n ** BigInt(12 - PLACES[limits.lots]);
  const wanted = symbols.map((symbol, i): Wanted => ({
    symbol,
    weight: i < topN
      ? 1 / topN
      : i < symbols.length - bottomN
      ? 0
      : -1 / bottomN,
    price: prices[i]!,
  }));
  const holdings = new Map(
    symbols.map((symbol, i): [TradingSymbol, Holding] => [
      symbol,
      { qty: lotsHeld[i]! * lot, pending: 0n },
    ]),
  );
  return { wanted, holdings, limits };
});

const sizeOf = (value: Decimal) => value < 0n ? -value : value;
const signed = ({ trade }: Move) =>
  !trade ? 0n : trade.side === "buy" ? trade.qty : -trade.qty;

/** The last move of each symbol. */
const lastOf = (moves: readonly Move[]) =>
  moves.filter(({ symbol }, i) => moves[i + 1]?.symbol !== symbol);

function apply(
  holdings: ReadonlyMap<TradingSymbol, Holding>,
  moves: readonly Move[],
) {
  const after = new Map(holdings);
  for (const move of moves) {
    const { qty = 0n } = after.get(move.symbol) ?? {};
    after.set(move.symbol, { qty: qty + signed(move), pending: 0n });
  }
  return after;
}

Deno.test("property: the orders lead exactly to the targets, and then there are none", () => {
  fc.assert(
    fc.property(situation, ({ wanted, holdings, limits }) => {
      const moves = planMoves(wanted, holdings, limits);
      const after = apply(holdings, moves);
      for (const { symbol, target, trade, skip } of lastOf(moves)) {
        equal(after.get(symbol)!.qty, target);
        equal(trade === undefined, skip !== undefined);
      }
      for (const { trade } of moves) if (trade) ok(trade.qty > 0n);
      const again = planMoves(wanted, after, limits);
      deepEqual(again.filter(({ trade }) => trade), []);
      deepEqual(
        again.map(({ target }) => target),
        lastOf(moves).map(({ target }) => target),
      );
    }),
    { numRuns: 500 },
  );
});

Deno.test("property: no target goes beyond its limits, in whole lots, on its side", () => {
  fc.assert(
    fc.property(situation, ({ wanted, holdings, limits }) => {
      let gross = 0n;
      lastOf(planMoves(wanted, holdings, limits)).forEach(({ target }, i) => {
        const { weight, price } = wanted[i]!;
        const worth = sizeOf(target!) * price!;
        gross += worth;
        ok(worth <= limits.maxPositionSize * ONE);
        ok(worth <= limits.capital * ONE);
        equal(cutTo(target!, PLACES[limits.lots]), target);
        ok(weight === 0 ? target === 0n : weight > 0 ? target! >= 0n : true);
        ok(weight >= 0 || target! <= 0n);
        // One lot more would be too much, so that nothing is left lying.
        const lot = 10n ** BigInt(12 - PLACES[limits.lots]);
        const n = BigInt(Math.round(1 / Math.abs(weight || 1)));
        const share = limits.capital / n;
        const most = share < limits.maxPositionSize
          ? share
          : limits.maxPositionSize;
        if (weight !== 0) {
          ok((sizeOf(target!) + lot) * price! > most * ONE);
        }
      });
      ok(gross <= 2n * limits.capital * ONE);
    }),
    { numRuns: 500 },
  );
});

Deno.test("property: no order crosses zero, and what brings a position nearer to it only reduces", () => {
  fc.assert(
    fc.property(situation, ({ wanted, holdings, limits }) => {
      let after: ReadonlyMap<TradingSymbol, Holding> = holdings;
      for (const move of planMoves(wanted, holdings, limits)) {
        const { qty } = after.get(move.symbol)!;
        equal(move.held, qty);
        after = apply(after, [move]);
        const now = after.get(move.symbol)!.qty;
        ok(now * qty >= 0n, "no order crosses zero");
        equal(move.trade?.reduceOnly ?? false, sizeOf(now) < sizeOf(qty));
      }
    }),
    { numRuns: 500 },
  );
});
