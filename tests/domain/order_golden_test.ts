/**
 * An order as it was stored: new code must read it.
 *
 * @module
 */
import { parseDecimal } from "../../domain/decimal.ts";
import { parseObject } from "../../domain/json_value.ts";
import { printOrder, readOrder } from "../../domain/order/order_record.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseUserId } from "../../domain/user_id.ts";
import stored from "../golden/trading/order.json" with { type: "text" };
import { deepEqual, equal } from "../support/assert.ts";

const ANN = parseUserId("ann");
const ID = "R-5d1f0c6a29b84e7733a0c1f2";
const d = (text: string) => parseDecimal(text)!;

const ORDER = {
  user: ANN,
  id: ID,
  symbol: parseSymbol("AAPL"),
  side: "buy",
  qty: d("150.00000001"),
  kind: "stop_limit",
  limitPrice: d("101.25"),
  stopPrice: d("100.5"),
  timeInForce: "gtc",
  reduceOnly: true,
  strategyId: "alpha_baseline",
  runId: "639c9bf6-b8ba-8df5-89b8-274e52796cc1",
  status: "partially_filled",
  brokerId: "paper-1207",
  filledQty: d("50"),
  filledValue: d("5055.125"),
  commission: d("0.123456789012"),
  reason: "a part is filled",
  createdAt: 1767323045000,
  updatedAt: 1767323045250,
  heldBy: "host-1:a1b2",
  isCanceling: true,
} as const;

Deno.test("a stored order is read, and what is written of it is read as the same", () => {
  const record = readOrder(ANN, ID, parseObject(stored))!;
  const said: Record<string, unknown> = { ...record };
  for (const [name, value] of Object.entries(ORDER)) {
    equal(said[name], value, name);
  }
  deepEqual(readOrder(ANN, ID, parseObject(printOrder(record))), record);
});
