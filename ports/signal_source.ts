/**
 * The signal source port: the signal service, as those see it who act on its
 * signals: in this process or in another one.
 *
 * @module
 */
import type { Signal } from "../domain/signal.ts";
import type { TradingSymbol } from "../domain/symbol.ts";
import type { TradingDate } from "../domain/trading_date.ts";
import type { UserId } from "../domain/user_id.ts";

/** What to generate signals for. */
export interface SignalRequest {
  /** The symbols to be ranked against each other, each once. */
  readonly symbols: readonly TradingSymbol[];
  /** As of the close of this date; the newest that any of the symbols has when absent. */
  readonly asOf?: TradingDate | undefined;
  /** Symbols to be long; the default, or as many as fit, when absent. */
  readonly topN?: number | undefined;
  /** Symbols to be short; the default, or as many as fit, when absent. */
  readonly bottomN?: number | undefined;
  /** Whether the log is told of them; it is when absent. */
  readonly publish?: boolean | undefined;
  /** Who asked, where that is not the operator: the event is his then. */
  readonly user?: UserId | undefined;
}

/** Signals, and what they follow from. */
export interface SignalSet {
  /** The signals, highest first. */
  readonly signals: readonly Signal[];
  /** As of the close of this date. */
  readonly asOf: TradingDate;
  /** The strategy of the model that scored. */
  readonly strategyId: string;
  /** The version of that model. */
  readonly modelVersion: string;
  /** Symbols that are long. */
  readonly topN: number;
  /** Symbols that are short. */
  readonly bottomN: number;
}

/** Scores symbols. */
export interface SignalSource {
  /**
   * Ranks the symbols of a request.
   *
   * @throws {InvalidInput} When more symbols are asked for at the ends than
   * there are.
   * @throws {PortError} `unavailable` without a model; `not_found` when a
   * symbol has no bars of that date, `quarantined`, `corrupt`.
   */
  signals(request: SignalRequest, signal?: AbortSignal): Promise<SignalSet>;
}
