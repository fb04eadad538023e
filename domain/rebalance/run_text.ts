/**
 * Runs as they are stored: one JSON text, whose numbers of money and units are
 * decimals in quotes.
 *
 * @module
 */
import { type Decimal, formatDecimal, parseDecimal } from "../decimal.ts";
import {
  LOTS,
  type Lots,
  ORDER_STATUSES,
  type OrderStatus,
  type Side,
  SIDES,
} from "../order/order.ts";
import { parseSymbol, type TradingSymbol } from "../symbol.ts";
import { parseTradingDate, type TradingDate } from "../trading_date.ts";
import { SKIP_REASONS, type SkipReason } from "./moves.ts";
import type { Outcome, Run, RunLine, RunOrder } from "./run.ts";

/** Tells this form from later ones. */
const FORM = 1;

/** Writes a run. */
export function formatRun(run: Run): string {
  const { terms } = run;
  const text: RunText = {
    form: FORM,
    run_id: run.id,
    strategy_id: run.strategyId,
    as_of_date: run.asOf,
    symbols: terms.symbols,
    capital: formatDecimal(terms.capital),
    max_position_size: formatDecimal(terms.maxPositionSize),
    lots: terms.lots,
    top_n: terms.topN,
    bottom_n: terms.bottomN,
    model_version: run.modelVersion,
    attempt: run.attempt === 1 ? undefined : run.attempt,
    lines: run.lines.map(formatLine),
    started_at: run.startedAt,
    completed_at: run.completedAt,
  };
  return JSON.stringify(text);
}

/**
 * Reads what `formatRun` has written.
 *
 * @throws {RangeError} When it is of another form or no run at all.
 */
export function parseRun(json: string): Run {
  try {
    return runOf(JSON.parse(json));
  } catch (cause) {
    if (cause instanceof RangeError) throw cause;
    // Parts that are missing make it a TypeError, wrong dates an InvalidInput.
    throw new RangeError("Cannot read a run as its text is damaged", { cause });
  }
}

function runOf(text: RunText): Run {
  if (text.form !== FORM) {
    throw new RangeError(
      `Cannot read a run as its form must be ${FORM}: current value is ${text.form}`,
    );
  }
  return {
    id: textOf(text.run_id),
    strategyId: textOf(text.strategy_id),
    asOf: parseTradingDate(text.as_of_date),
    terms: {
      symbols: text.symbols.map(parseSymbol),
      capital: read(text.capital),
      maxPositionSize: read(text.max_position_size),
      lots: oneOf(LOTS, text.lots),
      topN: numberOf(text.top_n),
      bottomN: numberOf(text.bottom_n),
    },
    modelVersion: textOf(text.model_version),
    attempt: text.attempt === undefined ? 1 : numberOf(text.attempt),
    lines: text.lines.map(parseLine),
    startedAt: numberOf(text.started_at),
    completedAt: text.completed_at === undefined
      ? undefined
      : numberOf(text.completed_at),
    isDryRun: false,
  };
}

interface RunText {
  readonly form: number;
  readonly run_id: string;
  readonly strategy_id: string;
  readonly as_of_date: TradingDate;
  readonly symbols: readonly TradingSymbol[];
  readonly capital: string;
  readonly max_position_size: string;
  readonly lots: Lots;
  readonly top_n: number;
  readonly bottom_n: number;
  readonly model_version: string;
  /** Absent for the first. */
  readonly attempt: number | undefined;
  readonly lines: readonly LineText[];
  readonly started_at: number;
  readonly completed_at: number | undefined;
}

interface LineText {
  readonly symbol: TradingSymbol;
  readonly predicted_return: number;
  readonly rank: number;
  readonly target_weight: number;
  readonly price: string | undefined;
  readonly held: string;
  readonly target: string | undefined;
  readonly skip: SkipReason | undefined;
  readonly order: OrderText | undefined;
  readonly outcome: OutcomeText | undefined;
}

interface OrderText {
  readonly id: string;
  readonly side: Side;
  readonly qty: string;
  readonly reduce_only: boolean;
}

interface OutcomeText {
  readonly status: OrderStatus;
  readonly broker_id: string | undefined;
  readonly filled_qty: string;
  readonly filled_value: string;
  readonly reason: string | undefined;
}

function formatLine(line: RunLine): LineText {
  const { order, outcome } = line;
  return {
    symbol: line.symbol,
    predicted_return: line.predictedReturn,
    rank: line.rank,
    target_weight: line.targetWeight,
    price: write(line.price),
    held: formatDecimal(line.held),
    target: write(line.target),
    skip: line.skip,
    order: order && {
      id: order.id,
      side: order.side,
      qty: formatDecimal(order.qty),
      reduce_only: order.reduceOnly,
    },
    outcome: outcome && {
      status: outcome.status,
      broker_id: outcome.brokerId,
      filled_qty: formatDecimal(outcome.filledQty),
      filled_value: formatDecimal(outcome.filledValue),
      reason: outcome.reason,
    },
  };
}

function parseLine(line: LineText): RunLine {
  return {
    symbol: parseSymbol(line.symbol),
    predictedReturn: numberOf(line.predicted_return),
    rank: numberOf(line.rank),
    targetWeight: numberOf(line.target_weight),
    price: maybe(line.price),
    held: read(line.held),
    target: maybe(line.target),
    skip: line.skip && oneOf(SKIP_REASONS, line.skip),
    order: line.order && parseOrder(line.order),
    outcome: line.outcome && parseOutcome(line.outcome),
  };
}

function parseOrder({ id, side, qty, reduce_only }: OrderText): RunOrder {
  return {
    id: textOf(id),
    side: oneOf(SIDES, side),
    qty: read(qty),
    reduceOnly: oneOf([true, false], reduce_only),
  };
}

function parseOutcome(text: OutcomeText): Outcome {
  return {
    status: oneOf(ORDER_STATUSES, text.status),
    brokerId: text.broker_id,
    filledQty: read(text.filled_qty),
    filledValue: read(text.filled_value),
    reason: text.reason,
  };
}

function write(value: Decimal | undefined): string | undefined {
  return value === undefined ? undefined : formatDecimal(value);
}

function maybe(text: string | undefined): Decimal | undefined {
  return text === undefined ? undefined : read(text);
}

function textOf(value: string): string {
  if (typeof value === "string") return value;
  throw damaged("a text in it is none", value);
}

function numberOf(value: number): number {
  if (Number.isFinite(value)) return value;
  throw damaged("a number in it is none", value);
}

function oneOf<T>(known: readonly T[], value: T): T {
  if (known.includes(value)) return value;
  throw damaged(`a word in it must be one of ${known.join(", ")}`, value);
}

function damaged(why: string, value: unknown): RangeError {
  return new RangeError(
    `Cannot read a run as ${why}: current value is ${value}`,
  );
}

function read(text: string): Decimal {
  const value = typeof text === "string" ? parseDecimal(text) : undefined;
  if (value !== undefined) return value;
  throw damaged("a number in it is no decimal in quotes", text);
}
