/**
 * How what a venue said of an account is written down, and read back.
 *
 * @module
 */
import { ORDER_KINDS, SIDES, TIMES_IN_FORCE } from "../domain/order/order.ts";
import type {
  ExchangePart,
  ExchangeRows,
  ExchangeSnapshot,
} from "./exchange_cache.ts";

/** Longer texts are not kept, and not believed. */
export const MAX_EXCHANGE_CHARS = 256 * 1024;

type Test = (value: unknown) => boolean;

const isText: Test = (value) => typeof value === "string";
const isDecimal: Test = (value) =>
  typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value);
const isPrice: Test = (value) => value === null || isDecimal(value);
const isOneOf = (values: readonly unknown[]): Test => (value) =>
  values.includes(value);

/** What every member of a row has to be. */
const SHAPES: {
  readonly [P in ExchangePart]: Readonly<
    Record<keyof ExchangeRows[P][number], Test>
  >;
} = {
  positions: { symbol: isText, qty: isDecimal, avg_entry_price: isDecimal },
  orders: {
    client_order_id: isText,
    broker_order_id: isText,
    symbol: isText,
    side: isOneOf(SIDES),
    order_type: isOneOf(ORDER_KINDS),
    qty: isDecimal,
    filled_qty: isDecimal,
    limit_price: isPrice,
    stop_price: isPrice,
    time_in_force: isOneOf(TIMES_IN_FORCE),
    reduce_only: isOneOf([true, false]),
  },
};

/** Writes an answer as other programs read it: `{positions: […], fetched_at}`. */
export function formatExchange<P extends ExchangePart>(
  part: P,
  { rows, fetchedAt }: Omit<ExchangeSnapshot<P>, "ageMs">,
): string {
  const fetched_at = new Date(fetchedAt).toISOString();
  return JSON.stringify({ [part]: rows, fetched_at });
}

/** Reads an answer back; `undefined` when `text` is none, in any respect. */
export function parseExchange<P extends ExchangePart>(
  part: P,
  text: string,
): Omit<ExchangeSnapshot<P>, "ageMs"> | undefined {
  const read = parseJson(text);
  if (!isObject(read)) return undefined;
  const rows = read[part];
  const fetchedAt = Date.parse(String(read["fetched_at"]));
  if (!Array.isArray(rows) || Number.isNaN(fetchedAt)) return undefined;
  const shape = Object.entries<Test>(SHAPES[part]);
  const isWhole = rows.every((row: unknown) =>
    isObject(row) && shape.every(([name, test]) => test(row[name]))
  );
  return isWhole ? { rows: rows as ExchangeRows[P], fetchedAt } : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
