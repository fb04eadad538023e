/**
 * What is to be run, and what cannot be.
 *
 * @module
 */
import { type Decimal, formatDecimal, ONE } from "../../../domain/decimal.ts";
import { InvalidInput } from "../../../domain/invalid_input.ts";
import type { Limits } from "../../../domain/rebalance/moves.ts";
import {
  differencesOf,
  type Run,
  type RunTerms,
} from "../../../domain/rebalance/run.ts";
import type { TradingSymbol } from "../../../domain/symbol.ts";
import { PortError } from "../../../ports/port_error.ts";
import type { SignalRequest, SignalSet } from "../../../ports/signal_source.ts";
import type { NewestRun } from "./run_rows.ts";

/** Most symbols of a run. */
export const MAX_RUN_SYMBOLS = 1000;

/** Most that capital, or what one position may be worth, can be. */
const MAX_MONEY: Decimal = 1_000_000_000_000n * ONE;

/** Most characters of a value that a refusal names. */
const MAX_TEXT = 200;

/** What is to be run. */
export interface RunRequest extends Omit<SignalRequest, "publish"> {
  /** What weights are shares of; the default when absent. */
  readonly capital?: Decimal | undefined;
  /** What one position may be worth; the default when absent. */
  readonly maxPositionSize?: Decimal | undefined;
  /** Whether to tell only what would be done. */
  readonly isDryRun?: boolean | undefined;
  /** The strategy whose signals are meant; whichever scores when absent. */
  readonly strategyId?: string | undefined;
  /** Whether to refuse a date before one that was run already. */
  readonly isForwardOnly?: boolean | undefined;
}

/** The limits of a request, filled in from `defaults`. @throws {InvalidInput} */
export function readLimits(
  { capital, maxPositionSize }: RunRequest,
  defaults: Limits,
): Limits {
  return {
    lots: defaults.lots,
    capital: checkMoney("capital", capital ?? defaults.capital),
    maxPositionSize: checkMoney(
      "max_position_size",
      maxPositionSize ?? defaults.maxPositionSize,
    ),
  };
}

function checkMoney(path: string, value: Decimal): Decimal {
  if (value > 0n && value <= MAX_MONEY) return value;
  const message = `must be above 0 and at most ${
    formatDecimal(MAX_MONEY)
  }: current value is ${formatDecimal(value)}`;
  throw new InvalidInput(`Cannot run as ${path} ${message}`, [
    { path, message },
  ]);
}

/** @throws {InvalidInput} When nobody can rank `symbols`. */
export function checkSymbols(symbols: readonly TradingSymbol[]): void {
  const count = symbols.length;
  const isRight = count >= 1 && count <= MAX_RUN_SYMBOLS &&
    new Set(symbols).size === count;
  if (isRight) return;
  const message =
    `must be 1 to ${MAX_RUN_SYMBOLS}, each once: current value is a list of ${count}`;
  throw new InvalidInput(`Cannot run as symbols ${message}`, [
    { path: "symbols", message },
  ]);
}

/** @throws {InvalidInput} When more is to be chosen than there is. */
export function checkEnds(
  { symbols, topN = 0, bottomN = 0 }: RunRequest,
): void {
  const count = symbols.length;
  if (topN + bottomN <= count) return;
  const message =
    `must together be at most the number of symbols, ${count}: current value is ${topN} + ${bottomN}`;
  throw new InvalidInput(`Cannot run as top_n and bottom_n ${message}`, [
    { path: "top_n", message },
    { path: "bottom_n", message },
  ]);
}

/** Refuses signals that nobody can act on, or that are not those asked for. */
export function checkSignals(
  { signals, strategyId }: SignalSet,
  { strategyId: asked = strategyId }: RunRequest,
): void {
  if (asked !== strategyId) {
    throw new PortError(
      "invalid",
      `Cannot run ${asked} as another strategy scores: current value is ${strategyId}`,
    );
  }
  const wrong = signals.find(({ targetWeight }) =>
    !(Math.abs(targetWeight) <= 1)
  );
  if (!wrong) return;
  throw new PortError(
    "corrupt",
    `Cannot run ${strategyId} as the weight of ${wrong.symbol} must be from -1 to 1: current value is ${wrong.targetWeight}`,
  );
}

/** Refuses to take `run` for one of other terms; the facts name them, with what they were and are now. */
export function refuseOther(run: Run, terms: RunTerms): void {
  const others = differencesOf(run, terms);
  if (others.length === 0) return;
  const said = others.map(({ name, was, is }) =>
    `${name} (${shorten(was)}, now ${shorten(is)})`
  );
  throw new PortError(
    "conflict",
    `Cannot run ${run.strategyId} as of ${run.asOf} as it was run with another ${
      said.join(", ")
    }: see run ${run.id}`,
    {
      facts: {
        run_id: run.id,
        differences: others.map(({ name }) => name),
        was: others.map(({ was }) => shorten(was)),
        now: others.map(({ is }) => shorten(is)),
      },
    },
  );
}

function shorten(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}

/** Refuses signals of a date before one that was run. */
export function refuseEarlier(
  { strategyId, asOf }: SignalSet,
  newest: NewestRun | undefined,
): void {
  const latest = newest?.dates[strategyId];
  if (latest === undefined || latest <= asOf) return;
  throw new PortError(
    "conflict",
    `Cannot run ${strategyId} as of ${asOf} as it was run as of a later date: current value is ${latest}`,
  );
}
