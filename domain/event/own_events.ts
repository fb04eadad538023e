/**
 * The events that Holdfast itself publishes, as `settings_event.ts` does for
 * settings.
 *
 * @module
 */
import type { FeatureScope } from "../feature.ts";
import { parseSymbol } from "../symbol.ts";
import { parseTradingDate } from "../trading_date.ts";
import { parseSequenceDay, type SequenceName } from "../sequence.ts";
import { parseUserId, type UserId } from "../user_id.ts";
import type { NewEvent } from "./event.ts";

/** What `signals.generated` tells. */
export interface SignalsGenerated {
  /** The strategy, such as `alpha_baseline`. */
  readonly strategyId: string;
  /** The symbols that were scored. */
  readonly symbols: readonly string[];
  /** As of the close of this date. */
  readonly asOfDate: string;
  /** How many signals came out. */
  readonly numSignals: number;
  /** The version of the model that scored. */
  readonly modelVersion: string;
  /** Symbols that are long. */
  readonly topN: number;
  /** Symbols that are short. */
  readonly bottomN: number;
  /** Who asked, where that is not the operator. */
  readonly user?: UserId | undefined;
}

/** Builds the `signals.generated` event. */
export function signalsGenerated(
  told: SignalsGenerated,
  id: string,
  atMs: number,
): NewEvent {
  return {
    id,
    channel: "signals.generated",
    key: told.strategyId,
    json: JSON.stringify({
      strategy_id: told.strategyId,
      symbols: told.symbols,
      num_signals: told.numSignals,
      as_of_date: told.asOfDate,
      model_version: told.modelVersion,
      top_n: told.topN,
      bottom_n: told.bottomN,
    }),
    meta: {
      ...from("signal-service", atMs),
      ...(told.user === undefined ? {} : { user: told.user }),
    },
  };
}

/** What `models.reloaded` tells. */
export interface ModelsReloaded {
  /** The strategy that the model serves. */
  readonly strategy: string;
  /** The version of the model that is active now. */
  readonly version: string;
  /** The version before it, where there was one. */
  readonly previousVersion?: string | undefined;
}

/** Builds the `models.reloaded` event. */
export function modelsReloaded(
  told: ModelsReloaded,
  id: string,
  atMs: number,
): NewEvent {
  return {
    id,
    channel: "models.reloaded",
    key: told.strategy,
    json: JSON.stringify({
      strategy: told.strategy,
      version: told.version,
      previous_version: told.previousVersion,
    }),
    meta: from("signal-service", atMs),
  };
}

/** What `features.invalidated` tells; without symbol and date it means all. */
export interface FeaturesInvalidated {
  /** Only this symbol. */
  readonly symbol?: string | undefined;
  /** Only this date. */
  readonly date?: string | undefined;
  /** Why, in a few words. */
  readonly reason: string;
  /** Who asked for it. */
  readonly actor: string;
}

/** Builds the `features.invalidated` event. */
export function featuresInvalidated(
  told: FeaturesInvalidated,
  id: string,
  atMs: number,
): NewEvent {
  const { symbol, date, reason, actor } = told;
  return {
    id,
    channel: "features.invalidated",
    ...(symbol === undefined ? {} : { key: symbol }),
    json: JSON.stringify({ symbol, date, reason, actor }),
    meta: from("feature-service", atMs),
  };
}

/** What a `features.invalidated` voids; all, when it cannot be understood. */
export function featureScopeOf(event: NewEvent): FeatureScope {
  try {
    const { symbol, date } = JSON.parse(event.json);
    return {
      ...(symbol === undefined ? {} : { symbol: parseSymbol(symbol) }),
      ...(date === undefined ? {} : { date: parseTradingDate(date) }),
    };
  } catch {
    return {};
  }
}

/** Builds the `sequence.fenced` event. */
export function sequenceFenced(
  { user, day }: SequenceName,
  id: string,
  atMs: number,
): NewEvent {
  return {
    id,
    channel: "sequence.fenced",
    key: user,
    json: JSON.stringify({ user, day }),
    meta: { ...from("sequence", atMs), user },
  };
}

/** The series that a `sequence.fenced` is about, where it can be understood. */
export function fencedSequenceOf(event: NewEvent): SequenceName | undefined {
  try {
    const { user, day } = JSON.parse(event.json);
    return { user: parseUserId(user), day: parseSequenceDay(day) };
  } catch {
    return undefined;
  }
}

function from(source: string, atMs: number): NewEvent["meta"] {
  return { timestamp: new Date(atMs).toISOString(), source };
}
