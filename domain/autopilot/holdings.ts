/**
 * What a user holds, by mode and symbol.
 *
 * @module
 */
import type { TradingMode } from "../settings/field.ts";
import { type Decimal, times } from "../decimal.ts";
import { fill, FLAT, type Position } from "./position.ts";
import type { PositionFact } from "./trade_fact.ts";

/** A position as others see it. */
export interface HeldPosition extends Position {
  /** Of what. */
  readonly symbol: string;
  /** In which mode; `undefined` when in none of ours. */
  readonly mode: TradingMode | undefined;
}

/** What is held, by `{mode} {symbol}`, in the order in which it was entered. */
export type Holdings = Map<string, HeldPosition>;

/** What an event has done in one mode, or in none of ours. */
export interface Part {
  /** Units that were closed. */
  closed: Decimal;
  /** What the book makes of closing them. */
  earned: Decimal;
  /** Whether units were added. */
  isEntry: boolean;
}

/**
 * Changes what is held as an event says, and tells what became of each mode.
 *
 * A change belongs to the mode of the event. A reduction that names none goes
 * to what is held in none, then to the oldest position of any mode; so does one
 * that leaves nothing, and it closes all of the symbol.
 */
export function changeHoldings(
  held: Holdings,
  fact: PositionFact,
): ReadonlyMap<TradingMode | undefined, Part> {
  const { mode, symbol, price, after } = fact;
  const parts = new Map<TradingMode | undefined, Part>();
  const isElsewhere = held.values()
    .some((one) => one.symbol === symbol);

  function change(where: TradingMode | undefined, by: Decimal): void {
    const key = `${where ?? ""} ${symbol}`;
    const before = held.get(key) ??
      (isElsewhere ? FLAT : broughtIn(fact));
    const { position, closed, opened, earned } = fill(before, by, price);
    if (position.qty === 0n) held.delete(key);
    else held.set(key, { ...position, symbol, mode: where });
    const part = parts.getOrInsertComputed(
      where,
      () => ({ closed: 0n, earned: 0n, isEntry: false }),
    );
    part.closed += closed;
    part.earned += earned;
    part.isEntry ||= opened > 0n;
  }

  // What leaves nothing held opens nothing, and may be of any mode.
  const isAnyones = mode === undefined || after === 0n;
  const inModes = isAnyones ? reducible(held, fact) : [];
  let left = fact.change;
  for (const { mode: where, qty } of inModes) {
    const by = magnitude(qty) < magnitude(left) ? -qty : left;
    if (by !== 0n) change(where, by);
    left -= by;
  }
  const isOver = inModes.length > 0 && (left === 0n || after === 0n);
  if (!isOver) change(mode, left);
  if (after === 0n) {
    for (const { mode: where, qty } of heldOf(held, symbol)) {
      change(where, -qty);
    }
  }
  return parts;
}

/** What a reduction may reduce: its own, then the oldest first. */
function reducible(
  held: Holdings,
  { symbol, mode, change }: PositionFact,
): HeldPosition[] {
  if (change === 0n) return [];
  return heldOf(held, symbol)
    .filter(({ qty }) => (qty > 0n) !== (change > 0n))
    .sort((a, b) => Number(a.mode !== mode) - Number(b.mode !== mode));
}

function heldOf(held: Holdings, symbol: string): HeldPosition[] {
  return [...held.values()].filter((one) => one.symbol === symbol);
}

/**
 * What was held of a symbol that the book has not met. A position from before
 * the first event that was read shows when it is reduced: it counts as entered
 * at the price of that event, as nobody knows better.
 */
function broughtIn({ change, after, price }: PositionFact): Position {
  const qty = after - change;
  const isReduced = qty !== 0n && (qty > 0n) !== (change > 0n);
  if (!isReduced) return FLAT;
  return { qty, cost: times(magnitude(qty), price) };
}

function magnitude(qty: Decimal): Decimal {
  return qty < 0n ? -qty : qty;
}
