/**
 * Which requests for orders can be sent at all.
 *
 * @module
 */
import { type Decimal, formatDecimal, ONE } from "../decimal.ts";
import { type InputFault, InvalidInput } from "../invalid_input.ts";
import {
  type Lots,
  ORDER_KINDS,
  type OrderRequest,
  SIDES,
  TIMES_IN_FORCE,
} from "./order.ts";
import { isRunOrderId, ORDER_ID_PATTERN } from "./order_intent.ts";

/** The most units that an order can be of, and the highest price: 10^9. */
export const MAX_ORDER_SIZE: Decimal = 1_000_000_000n * ONE;

/** Decimals that a quantity or a price may have. */
export const ORDER_PLACES = 8;

/** What strategies and runs are named like, as a regular expression source. */
export const TRADE_NAME_PATTERN = "^[A-Za-z0-9_.:@/-]{1,64}$";

const SMALLEST: Decimal = ONE / 10n ** BigInt(ORDER_PLACES);

const ID = new RegExp(ORDER_ID_PATTERN);
const NAME = new RegExp(TRADE_NAME_PATTERN);

/**
 * Checks a request for an order, and its id where it names one.
 *
 * @throws {InvalidInput} When it can never be sent, with every fault at the
 * name that its field has on the wire.
 */
export function checkOrder(
  request: OrderRequest & { readonly id?: string | undefined },
  lots: Lots,
): void {
  const faults = [
    ...choice("side", request.side, SIDES),
    ...choice("order_type", request.kind, ORDER_KINDS),
    ...choice("time_in_force", request.timeInForce, TIMES_IN_FORCE),
    ...amount("qty", request.qty),
    ...lotFault(request.qty, lots),
    ...priceFaults(request),
    ...forceFault(request),
    ...named("client_order_id", request.id, ID),
    ...runFault(request),
    ...named("strategy_id", request.strategyId, NAME),
    ...named("run_id", request.runId, NAME),
  ];
  const [first] = faults;
  if (!first) return;
  throw new InvalidInput(
    `Cannot take the order as ${first.path} ${first.message}`,
    faults,
  );
}

function priceFaults(request: OrderRequest): InputFault[] {
  const { kind, limitPrice, stopPrice } = request;
  const hasLimit = kind === "limit" || kind === "stop_limit";
  const hasStop = kind === "stop" || kind === "stop_limit";
  return [
    ...price("limit_price", limitPrice, hasLimit, kind),
    ...price("stop_price", stopPrice, hasStop, kind),
  ];
}

function price(
  path: string,
  value: Decimal | undefined,
  isNeeded: boolean,
  kind: string,
): InputFault[] {
  if (isNeeded && value === undefined) {
    return [{ path, message: `is required for a ${kind} order` }];
  }
  if (value === undefined) return [];
  if (isNeeded) return amount(path, value);
  const message = `must be left out of a ${kind} order: current value is ${
    formatDecimal(value)
  }`;
  return [{ path, message }];
}

function forceFault({ kind, timeInForce }: OrderRequest): InputFault[] {
  const isAtOnce = timeInForce === "ioc" || timeInForce === "fok";
  if (!isAtOnce || (kind !== "stop" && kind !== "stop_limit")) return [];
  return [{
    path: "time_in_force",
    message: `must be day or gtc for a ${kind} order, which waits for its ` +
      `price: current value is ${timeInForce}`,
  }];
}

function runFault(
  { id, runId }: Pick<OrderRequest, "runId"> & {
    readonly id?: string | undefined;
  },
): InputFault[] {
  if (id === undefined || runId !== undefined || !isRunOrderId(id)) return [];
  return [{
    path: "client_order_id",
    message: `must not be like those of runs where no run_id is given: ` +
      `current value is ${brief(id)}`,
  }];
}

function lotFault(qty: Decimal, lots: Lots): InputFault[] {
  if (lots === "fractional" || qty % ONE === 0n) return [];
  return [{
    path: "qty",
    message: `must be a whole number here: current value is ${
      formatDecimal(qty)
    }`,
  }];
}

function amount(path: string, value: Decimal): InputFault[] {
  const is = (be: string) => [{
    path,
    message: `must ${be}: current value is ${formatDecimal(value)}`,
  }];
  if (value <= 0n) return is("be above 0");
  if (value > MAX_ORDER_SIZE) {
    return is(`be at most ${formatDecimal(MAX_ORDER_SIZE)}`);
  }
  return value % SMALLEST === 0n
    ? []
    : is(`have at most ${ORDER_PLACES} decimals`);
}

function choice(
  path: string,
  value: string,
  all: readonly string[],
): InputFault[] {
  if (all.includes(value)) return [];
  const message = `must be one of ${all.join(", ")}: current value is ${
    brief(value)
  }`;
  return [{ path, message }];
}

function named(
  path: string,
  value: string | undefined,
  shape: RegExp,
): InputFault[] {
  if (value === undefined || shape.test(value)) return [];
  return [{ path, message: nameFault(shape.source, value) }];
}

/** Why `value` cannot be a name that matches `pattern`. */
export function nameFault(pattern: string, value: string): string {
  return `must match ${pattern}: current value is ${
    brief(value)
  } (length ${value.length})`;
}

function brief(value: string): string {
  return JSON.stringify(String(value).slice(0, 64));
}
