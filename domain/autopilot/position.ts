/**
 * Positions at average cost.
 *
 * @module
 */
import { type Decimal, divideRounded, sizeOf, times } from "../decimal.ts";

/** What is held of one symbol. */
export interface Position {
  /** Units, fractions included; above 0 is long, below 0 is short. */
  readonly qty: Decimal;
  /** What all of it was entered at, together; never negative. */
  readonly cost: Decimal;
}

/** What became of a position. */
export interface Filled {
  /** The position afterwards. */
  readonly position: Position;
  /** Units of the position before that were closed. */
  readonly closed: Decimal;
  /** Units that were added, or opened on the other side. */
  readonly opened: Decimal;
  /** What closing them has earned, in USD; a loss is negative. */
  readonly earned: Decimal;
}

/** Nothing held. */
export const FLAT: Position = { qty: 0n, cost: 0n };

/**
 * Buys (`change` above 0) or sells units at `price`.
 *
 * Units against the position close it at its average cost, cost × closed /
 * held; what is left of them opens the other side. Costs that go out and those
 * that stay add up to what was there, and values of units to those of all of
 * them, so that rounding, to 10^-12 USD, never drifts.
 */
export function fill(
  { qty, cost }: Position,
  change: Decimal,
  price: Decimal,
): Filled {
  const after = qty + change;
  const isAgainst = qty !== 0n && (qty > 0n) !== (change > 0n);
  if (!isAgainst || change === 0n) {
    const opened = sizeOf(change);
    const position = { qty: after, cost: cost + times(opened, price) };
    return { position, closed: 0n, opened, earned: 0n };
  }
  const held = sizeOf(qty);
  const closed = sizeOf(change) < held ? sizeOf(change) : held;
  const out = divideRounded(cost * closed, held);
  const paid = times(closed, price);
  const gain = paid - out;
  const opened = sizeOf(change) - closed;
  return {
    position: {
      qty: after,
      cost: opened > 0n ? times(sizeOf(change), price) - paid : cost - out,
    },
    closed,
    opened,
    earned: qty > 0n ? gain : -gain,
  };
}
