/**
 * Reports that contradict the order they are of, as a broken venue might send.
 *
 * @module
 */
import { ONE } from "../../domain/decimal.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import type { BrokerReport } from "../../ports/broker.ts";

type Twist = (report: BrokerReport) => BrokerReport;

const TWISTS: readonly Twist[] = [
  (report) => ({
    ...report,
    order: { ...report.order, symbol: parseSymbol("NONSENSE") },
  }),
  ({ order, ...report }) => ({
    ...report,
    order: { ...order, side: order.side === "buy" ? "sell" : "buy" },
  }),
  ({ order, ...report }) => ({
    ...report,
    order: { ...order, id: "nonsense" },
  }),
  ({ order, ...report }) => ({
    ...report,
    order: { ...order, qty: order.qty + ONE },
  }),
  // More than everything is filled.
  ({ order, ...report }) => ({
    ...report,
    order,
    status: "filled",
    fills: [{
      id: `${order.id}.nonsense`,
      qty: order.qty + ONE,
      price: ONE,
      commission: 0n,
      at: 0,
    }],
  }),
  // Filled, and nothing is.
  (report) => ({ ...report, status: "filled", fills: [] }),
];

/**
 * A report that contradicts the order of `report`.
 *
 * @param chance From 0 up to, not including, 1: decides in which way.
 */
export function twistReport(
  report: BrokerReport,
  chance: number,
): BrokerReport {
  return TWISTS[Math.floor(chance * TWISTS.length)]!(report);
}
