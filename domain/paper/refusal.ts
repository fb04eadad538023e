/**
 * Which orders a paper venue does not take.
 *
 * @module
 */
import { type Decimal, formatDecimal } from "../decimal.ts";
import type { OrderTerms } from "../order/order.ts";
import { roomToReduce } from "./position.ts";

/**
 * Why the venue rejects an order, in one clause; `undefined` when it does not.
 *
 * @param held Units that the account holds of the symbol.
 */
export function findRefusal(
  terms: OrderTerms,
  held: Decimal,
): string | undefined {
  const { kind, qty, limitPrice, stopPrice, reduceOnly, side } = terms;
  if (qty <= 0n) {
    return `qty must be above 0: current value is ${formatDecimal(qty)}`;
  }
  const hasLimit = kind === "limit" || kind === "stop_limit";
  const hasStop = kind === "stop" || kind === "stop_limit";
  const wrong = findWrongPrice(kind, "limit price", hasLimit, limitPrice) ??
    findWrongPrice(kind, "stop price", hasStop, stopPrice);
  if (wrong !== undefined) return wrong;
  if (reduceOnly && roomToReduce(side, held) === 0n) {
    return `there is nothing for it to reduce: the position is ${
      formatDecimal(held)
    }`;
  }
  return undefined;
}

function findWrongPrice(
  kind: string,
  name: string,
  isNeeded: boolean,
  price: Decimal | undefined,
): string | undefined {
  if (!isNeeded) {
    return price === undefined ? undefined : `a ${kind} order has no ${name}`;
  }
  if (price === undefined) return `a ${kind} order needs a ${name}`;
  if (price > 0n) return undefined;
  return `its ${name} must be above 0: current value is ${
    formatDecimal(price)
  }`;
}
