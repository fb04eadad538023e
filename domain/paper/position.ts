/**
 * What an account holds at a paper venue: the venue's own bookkeeping, which
 * knows nothing of ours, so that the two can be held against each other.
 *
 * @module
 */
import { type Decimal, divideRounded } from "../decimal.ts";

/** What is held of a symbol. */
export interface PaperPosition {
  /** Units; below 0 when short. */
  readonly qty: Decimal;
  /** What a unit was entered at, on average; 0 when nothing is held. */
  readonly avgEntryPrice: Decimal;
}

/** Nothing held. */
export const FLAT: PaperPosition = { qty: 0n, avgEntryPrice: 0n };

/**
 * The position after a fill. Adding averages the entry (rounded to 12 places),
 * reducing keeps it, and what goes through 0 is entered anew at `price`.
 *
 * @param change Units; below 0 for a sale.
 */
export function afterFill(
  { qty, avgEntryPrice }: PaperPosition,
  change: Decimal,
  price: Decimal,
): PaperPosition {
  const total = qty + change;
  if (total === 0n) return FLAT;
  if (qty === 0n || (total < 0n) !== (qty < 0n)) {
    return { qty: total, avgEntryPrice: price };
  }
  if ((change < 0n) !== (qty < 0n)) return { qty: total, avgEntryPrice };
  const value = qty * avgEntryPrice + change * price;
  return { qty: total, avgEntryPrice: divideRounded(value, total) };
}

/** Units that an order of `side` may be filled before it would turn or add to a position of `held`. */
export function roomToReduce(side: "buy" | "sell", held: Decimal): Decimal {
  const room = side === "buy" ? -held : held;
  return room > 0n ? room : 0n;
}
