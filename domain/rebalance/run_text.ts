/**
 * Runs as they are stored: one JSON text, whose numbers of money and units are
 * decimals in quotes.
 *
 * @module
 */
import { type Decimal, formatDecimal, parseDecimal } from "../decimal.ts";
import type { Lots, OrderStatus, Side } from "../order/order.ts";
import type { TradingSymbol } from "../symbol.ts";
import type { TradingDate } from "../trading_date.ts";
import type { SkipReason } from "./moves.ts";
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
  const text = JSON.parse(json) as RunText;
  if (text.form !== FORM) {
    throw new RangeError(
      `Cannot read a run as its form must be ${FORM}: current value is ${text.form}`,
    );
  }
  return {
    id: text.run_id,
    strategyId: text.strategy_id,
    asOf: text.as_of_date,
    terms: {
      symbols: text.symbols,
      capital: read(text.capital),
      maxPositionSize: read(text.max_position_size),
      lots: text.lots,
      topN: text.top_n,
      bottomN: text.bottom_n,
    },
    modelVersion: text.model_version,
    lines: text.lines.map(parseLine),
    startedAt: text.started_at,
    completedAt: text.completed_at,
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
    symbol: line.symbol,
    predictedReturn: line.predicted_return,
    rank: line.rank,
    targetWeight: line.target_weight,
    price: maybe(line.price),
    held: read(line.held),
    target: maybe(line.target),
    skip: line.skip,
    order: line.order && parseOrder(line.order),
    outcome: line.outcome && parseOutcome(line.outcome),
  };
}

function parseOrder({ id, side, qty, reduce_only }: OrderText): RunOrder {
  return { id, side, qty: read(qty), reduceOnly: reduce_only };
}

function parseOutcome(text: OutcomeText): Outcome {
  return {
    status: text.status,
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

function read(text: string): Decimal {
  const value = parseDecimal(text);
  if (value !== undefined) return value;
  throw new RangeError(
    `Cannot read a run as a number in it is no decimal: current value is ${text}`,
  );
}
