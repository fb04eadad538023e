/**
 * A paper run as lines for people.
 *
 * @module
 */
import { formatDecimal } from "../../../domain/decimal.ts";
import type { Performance } from "../../../domain/performance/performance.ts";
import {
  countByStatus,
  type Gap,
  isWhole,
  type PaperOrder,
  type PaperOutcome,
} from "./outcome.ts";
import {
  printGain,
  printMoney,
  printQty,
  printRatio,
  printShare,
} from "./words.ts";

/** Most lines of what could not be done. */
const MAX_FAULTS = 12;

/** A figure: what it is, its value, and what belongs to it. */
export type Figure = readonly [name: string, value: string, more: string];

/** The heads of the columns of `symbolRows`. */
export const SYMBOL_COLUMNS = [
  "Symbol",
  "Status",
  "Qty",
  "Avg entry",
  "Price",
  "Realized",
  "Unrealized",
  "Commission",
  "Trades",
] as const;

/** The run in a few words. */
export function titleOf(outcome: PaperOutcome): string {
  const { parameters: { strategyId, from, to }, performance } = outcome;
  const days = performance.curve.length;
  return `${strategyId} from ${from} to ${to}, ${days} trading days`;
}

/** Everything that people are told of a run. */
export function printSummary(outcome: PaperOutcome): string {
  const { performance, gaps, orders, runId } = outcome;
  const how = isWhole(outcome) ? "completed" : "partial";
  const rows = symbolRows(performance);
  const faults = [...gaps.map(printGap), ...faultsOf(orders)];
  return [
    `${titleOf(outcome)}: ${how} (${runId})`,
    "",
    ...aligned(figuresOf(outcome), ["left", "right", "left"]),
    "",
    ...rows.length === 0 ? ["Nothing was traded."] : aligned(
      [SYMBOL_COLUMNS, ...rows],
      SYMBOL_COLUMNS.map((_, i) => i < 2 ? "left" : "right"),
    ),
    ...faults.length === 0 ? [] : ["", "Not all of it could be done:"],
    ...faults.slice(0, MAX_FAULTS).map((fault) => `  ${fault}`),
    ...faults.length > MAX_FAULTS
      ? [`  and ${faults.length - MAX_FAULTS} more, see --json`]
      : [],
    "",
  ].join("\n");
}

/** The figures of a run, the most telling first. */
export function figuresOf({ parameters, performance, orders }: PaperOutcome) {
  const { drawdown, turnover, annualTurnover } = performance;
  const { realizedPnl, unrealizedPnl, commission } = performance;
  const figures: readonly Figure[] = [
    [
      "Total P&L",
      printGain(performance.totalPnl),
      `${printShare(performance.totalReturn)} of ${
        printMoney(parameters.capital)
      }`,
    ],
    ["Realized", printGain(realizedPnl), "closed positions included"],
    ["Unrealized", printGain(unrealizedPnl), "at the last close"],
    ["Commission", printMoney(commission), "part of what is realized"],
    [
      "Max drawdown",
      printMoney(drawdown.amount),
      `${printShare(drawdown.share)} at most`,
    ],
    ["Volatility", printShare(performance.volatility), "a year"],
    ["Sharpe", printRatio(performance.sharpe), "a year"],
    [
      "Turnover",
      printRatio(turnover),
      `${printRatio(annualTurnover)} a year, times the mean equity`,
    ],
    [
      "Hit rate",
      printShare(performance.hitRate),
      `of ${performance.closingCount} closing trades`,
    ],
    ["Orders", String(orders.length), printStatuses(orders)],
    [
      "Positions",
      String(performance.perSymbol.length),
      `${performance.openCount} open, ${performance.closedCount} closed`,
    ],
  ];
  return figures;
}

/** A row a symbol, by `SYMBOL_COLUMNS`. */
export function symbolRows({ perSymbol }: Performance) {
  return perSymbol.map((one): readonly string[] => [
    one.symbol,
    one.status,
    printQty(one.qty),
    printMoney(one.avgEntryPrice),
    printMoney(one.currentPrice),
    printGain(one.realizedPnl),
    printGain(one.unrealizedPnl),
    printMoney(one.commission),
    String(one.tradeCount),
  ]);
}

/** What was missing, of what and when. */
export function printGap({ symbol, reason, from, to, days }: Gap): string {
  const when = from === to ? from : `${days} days from ${from} to ${to}`;
  return `${symbol ?? "all symbols"}, ${when}: ${reason}`;
}

function printStatuses(orders: readonly PaperOrder[]): string {
  const counts = [...countByStatus(orders)].sort(([a], [b]) => a < b ? -1 : 1);
  return counts.map(([status, count]) =>
    `${count} ${status.replaceAll("_", " ")}`
  ).join(", ");
}

/** Why orders were not filled whole: how many of each reason, the most first. */
export function faultsOf(orders: readonly PaperOrder[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { order } of orders) {
    if (order.status === "filled") continue;
    const { status, filledQty, qty, reason = "no reason was given" } = order;
    const part = filledQty > 0n
      ? ` after ${formatDecimal(filledQty)} of ${formatDecimal(qty)}`
      : "";
    const what = `${status.replaceAll("_", " ")}${part}: ${reason}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)
    .map(([what, count]) => count === 1 ? what : `${count} × ${what}`);
}

function aligned(
  rows: readonly (readonly string[])[],
  sides: readonly ("left" | "right")[],
): readonly string[] {
  const widths = sides.map((_, i) =>
    Math.max(...rows.map((row) => row[i]!.length))
  );
  return rows.map((row) =>
    row.map((cell, i) =>
      sides[i] === "left" ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)
    ).join("  ").trimEnd()
  );
}
